// Rows read back from the lines of a manifest.
#include "runner/store/manifest_reader.hpp"

#include "runner/base/json.hpp"
#include "runner/store/error.hpp"
#include "runner/store/manifest_line.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;

namespace {

std::string line_with(std::string const& text) {
    engine::StepState state;
    state.apply(submitted(1));
    state.apply(finished(1));
    state.info.job = text;
    state.info.variables = {{"subject", text}, {"style", "ink"}};
    state.info.prompt = text;
    auto const event = saved(1, "images/1.png", 2);
    state.apply(event);
    return manifest_line(event, state);
}

struct ReaderFixture {
    TempDirectory directory;
    std::string path = directory / "manifest.jsonl";
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(manifest_reader, ReaderFixture)

BOOST_AUTO_TEST_CASE(a_row_has_all_that_its_line_says) {
    for (std::string const text : {"plain", "", "a \"quoted\"\n\\ text", "雨"}) {
        auto const line = line_with(text);
        auto const row = manifest_row_in(line);
        BOOST_REQUIRE_MESSAGE(row, line);
        BOOST_TEST(json::write(to_json(*row)) == line);
    }
}

BOOST_AUTO_TEST_CASE(what_pictures_are_chosen_by_is_read_as_in_the_whole_row) {
    for (std::string const text : {"plain", "a \"quoted\"\n\\ text"}) {
        auto const line = line_with(text);
        auto const columns = LineColumns::split(line);
        BOOST_REQUIRE(columns);
        engine::ManifestRow row;
        BOOST_REQUIRE(read_manifest_row(*columns, row));
        engine::ManifestRow chosen_by;
        chosen_by.url = "as before";
        BOOST_REQUIRE(read_chosen_by(*columns, chosen_by));
        BOOST_TEST(chosen_by.url == "as before");
        BOOST_TEST(!row.url.empty());
        row.prompt = row.mode = row.task_id = row.trace_id = row.same_as = row.account = "";
        row.url = chosen_by.url;
        row.width = row.height = row.attempts = 0;
        row.cost = 0;
        row.submitted_at = row.generated_at = row.downloaded_at = {};
        row.drawn = {};
        BOOST_TEST(json::write(to_json(chosen_by)) == json::write(to_json(row)));
    }
}

BOOST_AUTO_TEST_CASE(a_text_that_is_no_line_gives_no_row) {
    auto line = line_with("plain");
    BOOST_TEST(!manifest_row_in(""));
    BOOST_TEST(!manifest_row_in("{}"));
    BOOST_TEST(!manifest_row_in(line.substr(0, line.size() - 1)));
    auto const key = line.find(R"("key":")") + 7;
    BOOST_TEST(!manifest_row_in(line.replace(key, 1, "x")));
}

BOOST_AUTO_TEST_CASE(rows_come_in_the_order_of_the_lines_without_a_line_that_is_being_written) {
    put_content(path, line_with("a") + "\n" + line_with("b") + "\n" + line_with("c").substr(0, 50));
    std::string jobs;
    auto const read = for_each_manifest_row(path, [&](auto const& row) -> Result<> {
        jobs += row.job;
        return {};
    });
    BOOST_TEST(read.has_value());
    BOOST_TEST(jobs == "ab");
}

BOOST_AUTO_TEST_CASE(an_error_ends_the_walk) {
    put_content(path, line_with("a") + "\n" + line_with("b") + "\n{}\n" + line_with("c") + "\n");
    int count = 0;
    auto const damaged = for_each_manifest_row(path, [&](auto const&) -> Result<> {
        ++count;
        return {};
    });
    BOOST_REQUIRE(damaged.has_error());
    BOOST_TEST(damaged.error().code == make_error_code(Errc::damaged_manifest));
    BOOST_TEST(damaged.error().message().find("line 3") != std::string::npos);
    BOOST_TEST(count == 2);

    auto const ended = for_each_manifest_row(
        path, [&](auto const&) -> Result<> { return Error(Errc::not_ours, "enough"); });
    BOOST_REQUIRE(ended.has_error());
    BOOST_TEST(ended.error().code == make_error_code(Errc::not_ours));
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_an_error_of_the_disk) {
    BOOST_TEST(for_each_manifest_row(path, [](auto const&) { return Result<>(); }).has_error());
}

BOOST_AUTO_TEST_SUITE_END()
