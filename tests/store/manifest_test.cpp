#include "runner/store/manifest.hpp"

#include "runner/store/journal.hpp"
#include "runner/store/manifest_line.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;
namespace fs = std::filesystem;

namespace {

Result<> no_sidecars(ImageRecord const&, std::string const&) { return {}; }

/// A run of five images; `whole` is their manifest.
struct ManifestFixture : LoopFixture {
    ManifestFixture() {
        for (int step = 1; step <= 5; ++step) add(step);
        must(rebuild_manifest(folder, journal->reader(), no_sidecars));
        whole = content_of(folder.manifest());
        last_line = whole.rfind('\n', whole.size() - 2) + 1;
    }

    void add(int step) {
        journal->note(submitted(step));
        journal->note(finished(step));
        must(run(journal->append(saved(step, "images/" + std::to_string(step) + ".png"))));
    }

    Repair repair() { return must(repair_manifest(folder, journal->reader(), no_sidecars)); }

    TempDirectory directory;
    RunFolder folder = must(RunFolder::open(directory / "run"));
    std::unique_ptr<SqliteJournal> journal =
        must(SqliteJournal::open(executor(), folder.journal()));
    std::string whole;
    std::size_t last_line = 0;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(manifest, ManifestFixture)

BOOST_AUTO_TEST_CASE(a_text_is_listed_with_its_result_and_without_a_file) {
    engine::StepState state;
    state.info.action = "describe";
    state.answer.text = "a\nb";
    auto const line = manifest_line(event_of(1, engine::ImageSaved{}), state);
    for (auto const* part :
         {R"("kind":"text","tile":null,"result":"a\nb")", R"("mode":null)",
          R"("picked":null,"url":null,"file":null,"same_as":null,"width":null,"height":null,)",
          R"("format":null,"bytes":null,)", R"("sha256":null)"})
        BOOST_TEST_CONTEXT(part) { BOOST_TEST(line.find(part) != line.npos); }
}

BOOST_AUTO_TEST_CASE(a_line_has_every_key_in_its_place) {
    auto const line = whole.substr(0, whole.find('\n'));
    auto const key = to_hex(step_number(1));
    auto const sha = to_hex(sha256("images/1.png"));
    BOOST_TEST(
        line ==
        R"({"schema":1,"key":")" + key +
            R"(","job":"cars","item":1,"repeat":0,"path":"","kind":"image",)"
            R"("tile":null,"result":null,"variables":{"car":"Ferrari"},)"
            R"("drawn":{},"prompt":"a car, number 1",)"
            R"("root_prompt":"a car, number 1","action":"generate","mode":"fast",)"
            R"("parent_image_id":null,"task_id":"task-1","trace_id":null,)"
            R"("image_id":"1300000000000001","actions":["upscale1","upscale2"],"picked":null,)"
            R"("url":"https://cdn.example.org/1.png","file":"images/1.png","same_as":null,)"
            R"("width":640,"height":480,"format":"png","bytes":1234,"sha256":")" +
            sha +
            R"(","account":"main","attempts":1,"cost":0.026,)"
            R"("submitted_at":"2026-03-01T00:00:00.125Z",)"
            R"("generated_at":"2026-03-01T00:00:00.125Z",)"
            R"("downloaded_at":"2026-03-01T00:00:00.125Z"})");
}

BOOST_AUTO_TEST_CASE(a_failed_line_says_what_is_needed_to_understand_it) {
    engine::StepState state;
    state.apply(submitted(3));
    auto const event = failed(3, engine::Verdict::rejected, true);
    state.apply(event);
    auto const line = failed_line(engine::failed_row_of(event.step, state, event.at));
    BOOST_TEST(line ==
               R"({"schema":1,"key":")" + to_hex(step_number(3)) +
                   R"(","job":"cars","item":3,"repeat":0,"path":"","action":"generate",)"
                   R"("prompt":"a car, number 3","class":"rejected","code":"some_code",)"
                   R"("message":"what was wrong","trace_id":"trace","task_id":null,)"
                   R"("url":null,"file":null,"attempts":1,"at":"2026-03-01T00:00:00.125Z"})");
}

BOOST_AUTO_TEST_CASE(a_whole_manifest_needs_no_repair) {
    auto const repaired = repair();
    BOOST_TEST(!repaired.needed());
    BOOST_TEST(repaired.text() == "");
    BOOST_TEST(content_of(folder.manifest()) == whole);
}

BOOST_AUTO_TEST_CASE(a_last_line_cut_at_any_byte_is_made_whole) {
    for (std::size_t size = last_line; size < whole.size(); ++size) {
        put_content(folder.manifest(), whole.substr(0, size));
        auto const repaired = repair();
        BOOST_TEST(content_of(folder.manifest()) == whole, "cut to " << size);
        BOOST_TEST(repaired.cut == size - last_line);
        BOOST_TEST(repaired.added == 1u);
        BOOST_TEST(!repaired.rebuilt);
    }
}

BOOST_AUTO_TEST_CASE(missing_lines_are_added) {
    for (auto size = whole.find('\n') + 1; size != 0; size = whole.find('\n', size) + 1) {
        put_content(folder.manifest(), whole.substr(0, size));
        BOOST_TEST(repair().cut == 0u);
        BOOST_TEST(content_of(folder.manifest()) == whole);
    }
    fs::remove(folder.manifest());
    BOOST_TEST(repair().text() == "added 5 lines");
    BOOST_TEST(content_of(folder.manifest()) == whole);
}

BOOST_AUTO_TEST_CASE(a_manifest_that_disagrees_with_the_journal_is_rewritten) {
    auto const line = [this](int number) {
        std::size_t from = 0;
        for (int i = 1; i < number; ++i) from = whole.find('\n', from) + 1;
        return whole.substr(from, whole.find('\n', from) + 1 - from);
    };
    auto changed_last = whole;
    changed_last[whole.size() - 20] ^= 1;
    auto changed_key = whole;
    changed_key[30] = changed_key[30] == 'a' ? 'b' : 'a';
    std::string const forged[] = {
        line(2) + line(1) + line(3),                                // another order
        line(1) + line(3),                                          // one left out
        line(1) + line(1) + line(2),                                // one twice
        whole + line(5),                                            // one too many
        changed_last,                                               // the last line is different
        changed_key,                                                // another step
        "\n" + whole,                                               // an empty line
        "what is this\n",                                           // something else
        std::string(9u << 20, 'x'),                                 // and without an end
        line(1) + std::string(100, '\0') + "\n" + line(2) + "{}\n", // holes after a power cut
    };
    for (auto const& text : forged) {
        put_content(folder.manifest(), text);
        BOOST_TEST(repair().rebuilt, text.substr(0, 100));
        BOOST_TEST(content_of(folder.manifest()) == whole);
    }
}

BOOST_AUTO_TEST_CASE(any_forged_byte_of_the_last_line_is_noticed) {
    // Every byte of the key and of the end; the middle in steps: each is rewritten and synced.
    for (std::size_t at = last_line; at < whole.size(); at += at - last_line < 100 ? 1 : 7) {
        auto forged = whole;
        forged[at] ^= 1;
        put_content(folder.manifest(), forged);
        BOOST_TEST(repair().needed(), "byte " << at);
        BOOST_TEST(content_of(folder.manifest()) == whole);
    }
}

BOOST_AUTO_TEST_CASE(an_image_saved_again_is_listed_once_at_its_new_place) {
    must(run(journal->append(saved(2, "images/2-again.png"))));
    auto const repaired = repair();
    BOOST_TEST(repaired.rebuilt);
    auto const text = content_of(folder.manifest());
    BOOST_TEST(std::count(text.begin(), text.end(), '\n') == 5);
    BOOST_TEST(text.find("images/2.png") == std::string::npos);
    BOOST_TEST(text.find("images/2-again.png") > text.find("images/5.png"));
    BOOST_TEST(!repair().needed());
}

BOOST_AUTO_TEST_CASE(tiles_have_lines_of_their_own) {
    must(run(journal->append(saved(5, "images/5-tile1.png", 1))));
    BOOST_TEST(repair().added == 1u);
    BOOST_TEST(content_of(folder.manifest()).find(R"("tile":1,)") != std::string::npos);
    BOOST_TEST(!repair().needed());
}

BOOST_AUTO_TEST_SUITE_END()
