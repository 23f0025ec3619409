// A damaged manifest: whatever it holds, one repair makes it agree with the journal, a second finds
// nothing to do, and no whole line goes that stood before the damage.
#include "runner/store/manifest.hpp"
#include "runner/store/journal.hpp"
#include "runner/store/manifest_line.hpp"
#include "tests/fuzz/support.hpp"
#include "tests/store/store_fixture.hpp"

#include <algorithm>
#include <cstdlib>

using namespace darkroom;
using namespace darkroom::fuzz;
using namespace darkroom::store;
namespace fs = std::filesystem;

namespace {

constexpr int images = 3;

/// A directory in memory, away when the program ends.
std::string const& place() {
    static std::string const path = [] {
        auto const base =
            fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
        auto pattern = (base / "darkroom-fuzz-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("no temporary directory");
        return pattern;
    }();
    return path;
}

/// A run of a few images, made once. Never destroyed: its directory is removed at the end.
struct Stage : test::LoopFixture {
    Stage() {
        std::atexit([] { fs::remove_all(place()); });
        for (int step = 1; step <= images; ++step) {
            journal->note(test::submitted(step));
            journal->note(test::finished(step));
            test::must(run(journal->append(test::saved(step, std::to_string(step) + ".png"))));
        }
        repair("");
        for (auto const& line : told) whole += line + '\n';
    }

    /// Puts `text` in the manifest's place and repairs it; `told` are the lines it tells of.
    Repair repair(std::string const& text) {
        test::put_content(folder.manifest(), text);
        return repair_again();
    }
    Repair repair_again() {
        told.clear();
        auto const keep = [this](ImageRecord const&, std::string const& line) -> Result<> {
            told.push_back(line);
            return {};
        };
        return test::must(repair_manifest(folder, journal->reader(), keep));
    }

    RunFolder folder = test::must(RunFolder::open(place()));
    std::unique_ptr<SqliteJournal> journal =
        test::must(SqliteJournal::open(executor(), folder.journal()));
    std::vector<std::string> told;
    std::string whole;
};

std::vector<std::string> lines_of(std::string const& text) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        auto const end = std::min(text.find('\n', at), text.size() - 1) + 1;
        lines.push_back(text.substr(at, end - at));
        at = end;
    }
    return lines;
}

/// Damage said in four bytes: what, where (two), and with what. It begins with the whole manifest.
std::string damaged(std::string text, std::string_view program) {
    auto const number = [&program](std::size_t at) {
        return static_cast<std::size_t>(static_cast<unsigned char>(program[at]));
    };
    for (; program.size() >= 4; program.remove_prefix(4)) {
        auto const at = (number(1) << 8 | number(2)) % (text.size() + 1);
        auto const amount = std::min(number(3), text.size() - at);
        auto const begin = text.rfind('\n', at == 0 ? 0 : at - 1) + 1; // npos + 1 is 0
        auto const end = std::min(text.find('\n', at), text.size() - 1) + 1;
        switch (number(0) % 6) {
        case 0: text.resize(at); break;
        case 1: text.erase(at, amount); break;
        case 2: text.replace(at, amount, amount, '\0'); break; // a hole after a power cut
        case 3: text.insert(at, 1, program[3]); break;
        case 4: text += text.substr(begin, end - std::min(begin, end)); break;
        case 5: text.erase(begin, end - std::min(begin, end)); break;
        }
        if (text.size() > 1u << 16) text.resize(1u << 16);
    }
    return text;
}

void check(Stage& stage, std::string const& text) {
    auto const repair = stage.repair(text);
    auto const told = stage.told.size();
    auto const after = test::content_of(stage.folder.manifest());
    require(repair.needed() == (after != text), "a repair says whether it changed anything");
    require(told == (repair.rebuilt ? images : repair.added), "each new line is told of");
    if (repair.rebuilt) require(after == stage.whole, "made anew, it is as the journal has it");
    auto const lines = lines_of(after);
    auto const expected = lines_of(stage.whole);
    require(lines.size() == images && lines.back() == expected.back(), "a line for each image");
    auto const same = static_cast<std::size_t>(
        std::mismatch(text.begin(), text.end(), stage.whole.begin(), stage.whole.end()).first -
        text.begin());
    std::size_t before = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        require(key_of_line(lines[i].substr(0, lines[i].size() - 1)) ==
                    to_hex(test::step_number(static_cast<int>(i) + 1)),
                "each image has its line, in the journal's order");
        before += expected[i].size();
        if (before <= same) require(lines[i] == expected[i], "a line before the damage stays");
    }
    if (same == text.size()) {
        require(!repair.rebuilt && after == stage.whole, "a torn end is mended in its place");
        require(repair.cut < expected.back().size() * 2, "and no whole line is cut for it");
    }
    require(!stage.repair_again().needed(), "one repair is enough");
}

} // namespace

/// After 'E' the bytes say what happened to a whole manifest, else they are the manifest.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static auto& stage = *new Stage;
    auto const text = text_of(data, size);
    check(stage, text.starts_with('E') ? damaged(stage.whole, text.substr(1)) : std::string(text));
    return 0;
}
