// A damaged manifest: whatever it holds, one repair makes it agree with the journal, a second one
// changes nothing, and every whole line before the damage stays.
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

/// Returns a directory in memory that is removed when the program ends.
std::string const& directory() {
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

/// A run of a few images, made once and never destroyed; its directory is removed at the end.
struct Fixture : test::LoopFixture {
    Fixture() {
        std::atexit([] { fs::remove_all(directory()); });
        for (int step = 1; step <= images; ++step) {
            journal->note(test::submitted(step));
            journal->note(test::finished(step));
            test::must(run(journal->append(test::saved(step, std::to_string(step) + ".png"))));
        }
        repair("");
        for (auto const& line : reported) whole += line + '\n';
    }

    /// Writes `text` as the manifest and repairs it; `reported` holds the lines that it reports.
    Repair repair(std::string const& text) {
        test::put_content(folder.manifest(), text);
        return repair_again();
    }
    Repair repair_again() {
        reported.clear();
        auto const keep = [this](ImageRecord const&, std::string const& line) -> Result<> {
            reported.push_back(line);
            return {};
        };
        return test::must(repair_manifest(folder, journal->reader(), keep));
    }

    RunFolder folder = test::must(RunFolder::open(directory()));
    std::unique_ptr<SqliteJournal> journal =
        test::must(SqliteJournal::open(executor(), folder.journal()));
    std::vector<std::string> reported;
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

/// Damages a text as a program says: four bytes are a kind, a position (two) and an amount.
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

void check(Fixture& fixture, std::string const& text) {
    auto const repair = fixture.repair(text);
    auto const reported = fixture.reported.size();
    auto const after = test::content_of(fixture.folder.manifest());
    require(repair.needed() == (after != text), "a repair says whether it changed anything");
    require(reported == (repair.rebuilt ? images : repair.added), "each new line is reported");
    if (repair.rebuilt)
        require(after == fixture.whole, "a rebuilt manifest agrees with the journal");
    auto const lines = lines_of(after);
    auto const expected = lines_of(fixture.whole);
    require(lines.size() == images && lines.back() == expected.back(), "a line for each image");
    auto const same = static_cast<std::size_t>(
        std::mismatch(text.begin(), text.end(), fixture.whole.begin(), fixture.whole.end()).first -
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
        require(!repair.rebuilt && after == fixture.whole, "a torn end is mended in its place");
        require(repair.cut < expected.back().size() * 2, "and no whole line is cut for it");
    }
    require(!fixture.repair_again().needed(), "one repair is enough");
}

} // namespace

/// Bytes after 'E' are a program for damaged(); other bytes are the manifest itself.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static auto& fixture = *new Fixture;
    auto const text = text_of(data, size);
    check(fixture,
          text.starts_with('E') ? damaged(fixture.whole, text.substr(1)) : std::string(text));
    return 0;
}
