// A row of the journal: whatever stands in it, a fact is read or refused, what is read has limits
// and is written as it was read, and every walk over the journal comes to its end.
#include "runner/base/relative_path.hpp"
#include "runner/engine/answer_limits.hpp"
#include "runner/store/journal.hpp"
#include "runner/store/journal_sql.hpp"
#include "tests/fuzz/support.hpp"
#include "tests/store/store_fixture.hpp"

#include <algorithm>
#include <cstdlib>

using namespace darkroom;
using namespace darkroom::fuzz;
using namespace darkroom::store;
namespace fs = std::filesystem;

namespace {

/// A row as an input describes it: the kind, the time, and behind the second line end the body.
struct Row {
    std::string kind;
    std::int64_t at = 0;
    std::string body;
};

Row row_of(std::string_view text) {
    Row row;
    auto const kind_end = std::min(text.find('\n'), text.size());
    row.kind = text.substr(0, kind_end);
    text.remove_prefix(std::min(kind_end + 1, text.size()));
    auto const time_end = std::min(text.find('\n'), text.size());
    row.at = std::strtoll(std::string(text.substr(0, time_end)).c_str(), nullptr, 10);
    text.remove_prefix(std::min(time_end + 1, text.size()));
    row.body = text;
    return row;
}

void check_answer(engine::Answer const& answer) {
    require(answer.sub_urls.size() <= engine::links_max, "the links of an answer have a limit");
    require(answer.actions.size() <= engine::actions_max, "so have the actions");
}

void check_fact(Row const& row) {
    auto const value = json::read(row.body);
    if (!value) return;
    auto const fact = engine::fact_from_json(row.kind, *value);
    if (!fact) {
        require(!fact.error().message().empty(), "a fact that is refused has a reason");
        return;
    }
    require(engine::kind_of(*fact) == row.kind, "a fact is of the kind that it was stored as");
    auto const written = engine::to_json(*fact);
    auto const again = engine::fact_from_json(row.kind, written);
    require(again && engine::to_json(*again) == written, "a fact is written as it was read");
    if (auto const* image = std::get_if<engine::ImageSaved>(&*fact))
        require(image->image.file.empty() || stays_below(image->image.file),
                "a file is below the run directory");
    if (auto const* finished = std::get_if<engine::Finished>(&*fact))
        check_answer(finished->answer);
}

/// A journal of one step, whose second fact is replaced by each input. Never destroyed; its
/// directory is removed at the end.
struct Fixture : test::LoopFixture {
    static std::string const& directory() {
        static std::string const path = [] {
            auto const base =
                fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
            auto pattern = (base / "darkroom-rows-XXXXXX").string();
            if (::mkdtemp(pattern.data()) == nullptr) std::abort();
            return pattern;
        }();
        return path;
    }

    Fixture() {
        auto const path = directory() + "/journal.db"; // made first, so that it ends last
        std::atexit([] { fs::remove_all(directory()); });
        {
            auto const journal = test::must(SqliteJournal::open(executor(), path));
            journal->note(test::submitted(1));
            journal->note(test::finished(1));
            test::must(run(journal->append(test::saved(1, "1.png"))));
        }
        database = test::must(Database::open(path, Database::Mode::create));
        test::must(database.execute("PRAGMA synchronous = OFF"));
        update = test::must(
            database.prepare("UPDATE facts SET kind = ?, at = ?, body = ? WHERE seq = 2"));
        reader = test::must(JournalReader::open(path));
    }

    Database database;
    Statement update;
    JournalReader reader;
};

void check_journal(Fixture& fixture, Row const& row) {
    fixture.update.bind(1, row.kind).bind(2, row.at).bind(3, row.body);
    test::must(fixture.update.run());
    auto const step = test::step_number(1);
    auto& reader = fixture.reader;
    auto const record = reader.find(step);
    if (record) check_answer(record->state.answer);
    int facts = 0;
    auto const count = [&facts](std::int64_t, engine::Event const&) -> Result<> {
        ++facts;
        return {};
    };
    auto const walked = reader.for_each_fact(0, count);
    require(walked.has_value() == record.has_value(), "a fact is read wherever it is asked for");
    require(facts == (record ? 3 : 1), "the facts before the one that is refused are read");
    auto const ignore = [](auto const&...) -> Result<> { return {}; };
    require(reader.for_each_image(0, ignore).has_value() == record.has_value(),
            "an image needs its step's facts");
    require(reader.counts().has_value(), "the counts need no facts");
    require(reader.for_each_unsettled(ignore).has_value(), "a settled step is not read");
    require(reader.for_each_given_up(ignore).has_value(), "nor is it when it was not given up");
    require(reader.recent_tasks(10).has_value(), "nor for the tasks that were named last");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static auto& fixture = *new Fixture;
    auto const row = row_of(text_of(data, size));
    check_fact(row);
    check_journal(fixture, row);
    return 0;
}
