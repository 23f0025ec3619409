// Captions and lines next to pictures.
#include "runner/store/sidecars.hpp"

#include "runner/store/manifest_line.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;
using jobs::Captions;
namespace fs = std::filesystem;

namespace {

struct SidecarFixture {
    /// Returns the line of an image of a follow-up.
    static std::string line_of(std::string const& prompt, std::string const& root,
                               std::string const& action = "upscale1") {
        engine::StepState state;
        state.apply(submitted(1));
        state.apply(finished(1));
        state.info.path = action;
        state.info.action = action;
        state.info.prompt = prompt;
        state.info.root_prompt = root;
        auto const event = saved(1, "images/1.png");
        state.apply(event);
        return manifest_line(event, state);
    }

    /// Writes the files of a line; returns not_ours if one name is another file's.
    SidecarOutcome write(std::string const& line, Sidecars const& wanted) {
        auto outcome = SidecarOutcome::is_there;
        for (auto const& sidecar : sidecars_of(LineColumns::split(line).value(), wanted)) {
            auto const part = folder.parts() + "/part";
            auto const written = must(write_sidecar(folder, sidecar, part, Durable::at_once));
            if (written == SidecarOutcome::not_ours) outcome = written;
        }
        return outcome;
    }

    std::string path(std::string const& name) const { return folder.path() + "/images/" + name; }

    TempDirectory directory;
    RunFolder folder = must(RunFolder::open(directory / "run"));
    bool made = fs::create_directories(folder.path() + "/images");
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(sidecars, SidecarFixture)

BOOST_AUTO_TEST_CASE(a_follow_up_has_the_first_prompt_or_its_own) {
    struct Row {
        std::string prompt, root, action;
        Captions kind;
        std::string caption; ///< "": none.
    };
    Row const rows[] = {
        {"", "a fox --v 6", "upscale1", Captions::text, "a fox\n"},
        {"", "a fox --v 6", "upscale1", Captions::prompt, "a fox --v 6\n"},
        {"it runs --fast", "a fox --v 6", "variation1", Captions::prompt, "it runs --fast\n"},
        {"it runs --fast", "a fox --v 6", "variation1", Captions::text, "a fox\n"},
        {"", "a fox", "upscale1", Captions::none, ""},
        {"", "", "upscale1", Captions::prompt, ""},
        {"", "a fox", "describe", Captions::text, ""},
    };
    for (auto const& row : rows) {
        auto const line = line_of(row.prompt, row.root, row.action);
        auto const files = sidecars_of(LineColumns::split(line).value(), {row.kind, false});
        BOOST_REQUIRE(files.size() == (row.caption.empty() ? 0u : 1u));
        if (!files.empty()) BOOST_TEST(files.front().text == row.caption);
    }
}

BOOST_AUTO_TEST_CASE(what_an_earlier_run_has_written_is_replaced) {
    auto const line = line_of("", "a fox --v 6");
    for (std::string const earlier : {"\n", "", "a fox\n", "a fox --v 6\n"}) {
        put_content(path("1.txt"), earlier);
        BOOST_TEST((write(line, {Captions::text, false}) == SidecarOutcome::is_there));
        BOOST_TEST(content_of(path("1.txt")) == "a fox\n");
    }
    put_content(path("1.json"), line_of("", "another") + '\n');
    BOOST_TEST((write(line, {Captions::none, true}) == SidecarOutcome::is_there));
    BOOST_TEST(content_of(path("1.json")) == line + '\n');
}

BOOST_AUTO_TEST_CASE(other_files_stay_as_they_are) {
    auto const line = line_of("", "a fox --v 6");
    for (auto const* name : {"1.txt", "1.json"}) {
        for (std::string const text :
             {"my own words\n", "a fox", "{}\n", R"({"schema":1,"key":"x"})"}) {
            put_content(path(name), text);
            BOOST_TEST((write(line, {Captions::text, true}) == SidecarOutcome::not_ours));
            BOOST_TEST(content_of(path(name)) == text);
        }
        fs::remove(path(name));
        BOOST_TEST((write(line, {Captions::text, true}) == SidecarOutcome::is_there));
    }
}

BOOST_AUTO_TEST_CASE(all_lines_get_their_files_later) {
    put_content(path("1.png"), "a picture");
    auto const lines = line_of("", "a fox") + '\n';
    put_content(folder.manifest(), lines);
    std::atomic<bool> stop = false;
    Sidecars const wanted{Captions::text, true};
    BOOST_TEST(must(write_all_sidecars(folder, lines.size(), wanted, stop)) == 0u);
    BOOST_TEST(content_of(path("1.txt")) == "a fox\n");
    BOOST_TEST(content_of(path("1.json")) == lines);
    put_content(path("1.txt"), "mine");
    BOOST_TEST(must(write_all_sidecars(folder, lines.size(), wanted, stop)) == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
