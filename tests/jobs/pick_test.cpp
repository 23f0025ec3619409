// Picks: the candidates, the steps that follow once a person has picked, and their cost.
#include "jobs/plan/estimate.hpp"
#include "jobs/plan/picks.hpp"
#include "tests/jobs/support.hpp"

using namespace darkroom;
using namespace darkroom::jobs;
using namespace darkroom::jobs::test;

namespace {

std::vector<std::string> const grid_offers{"upscale1", "upscale2",   "upscale3",  "upscale4",
                                           "reroll",   "variation1", "variation2"};

Step root_of(std::string const& then) {
    auto const file = load(one_job("prompt: a\nthen:\n" + then));
    return first_step(std::make_shared<Item const>(items(file).at(0)));
}

Picks picked(Step const& step, std::vector<std::string> actions) {
    Picks picks;
    picks.by_image[step.key] = std::move(actions);
    return picks;
}

std::string summary(Below const& below) {
    std::string text;
    for (auto const& step : below.steps) text += step.path + ' ';
    return text + "waiting " + std::to_string(below.waiting);
}

std::string span_text(Span const& span) {
    return std::to_string(span.least) + ".." + std::to_string(span.expected) + ".." +
           std::to_string(span.most);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_branch_goes_on_with_as_many_picks_as_are_to_be_made) {
    struct Row {
        std::string then;
        std::vector<std::string> picks;
        std::string follows;
    };
    std::string const one_or_two = "  - pick: {from: upscale*, count: 1..2}";
    Row const rows[] = {
        {one_or_two, {}, "waiting 1"},
        {one_or_two, {"upscale2"}, "upscale2 waiting 0"},
        {one_or_two, {"upscale3", "upscale1"}, "upscale1 upscale3 waiting 0"},
        {one_or_two, {"upscale1", "upscale2", "upscale3"}, "waiting 1"},
        {one_or_two, {"reroll", "zoom_out_2x"}, "waiting 1"},
        {"  - pick: {from: upscale*}\n  - reroll", {}, "reroll waiting 1"},
        {"  - pick: {from: upscale*}\n  - upscale2", {"upscale2"}, "upscale2 waiting 1"},
        {"  - pick: {from: [variation1, variation4], count: 2}",
         {"variation1"},
         "variation1 waiting 0"}, // this image offers one of the two
        {"  - pick: {from: variation4}", {}, "waiting 0"},
        {"  - pick: {from: upscale*}\n  - pick: {from: variation*}",
         {"variation1"},
         "variation1 waiting 1"},
    };
    for (auto const& row : rows) {
        auto const root = root_of(row.then);
        BOOST_TEST(summary(below(root, grid_offers, picked(root, row.picks))) == row.follows);
    }
}

BOOST_AUTO_TEST_CASE(a_picked_step_has_the_key_of_one_that_is_listed) {
    auto const root = root_of("  - pick: {from: upscale*}\n    then: [upscale_2x]");
    auto const listed = root_of("  - action: upscale3\n    then: [upscale_2x]");
    auto const chosen = below(root, grid_offers, picked(root, {"upscale3"})).steps.at(0);
    BOOST_TEST((chosen.key == steps_below(listed).at(0).key));
    BOOST_TEST((steps_below(chosen).at(0).key == steps_below(steps_below(listed).at(0)).at(0).key));
}

BOOST_AUTO_TEST_CASE(planning_counts_all_that_could_be_picked_and_a_failure_skips_none_of_it) {
    auto const root = root_of("  - pick: {from: upscale*}\n  - reroll");
    BOOST_TEST(steps_below(root).size() == 5u);
    BOOST_TEST(summary(below(root, std::nullopt, Picks())) == "reroll waiting 1");
}

BOOST_AUTO_TEST_CASE(a_pick_costs_between_the_cheapest_few_and_the_dearest_many) {
    auto const file = load("version: 1\nprices: {generate: 0.03, upscale: 0.01, reroll: 0.05, "
                           "default: 0.02}\njobs:\n  - id: a\n    prompt: '{x, y}'\n    then:\n"
                           "      - pick: {from: [upscale1, upscale2, reroll], count: 1..2}\n");
    auto const sum = estimate(file, {});
    BOOST_REQUIRE(sum.rows.size() == 2u);
    BOOST_TEST(sum.rows[1].action == "pick upscale1,upscale2,reroll");
    BOOST_TEST(span_text(sum.rows[1].steps) == "2..3..4");
    BOOST_TEST(span_text(sum.rows[1].cost) == "20000..70000..120000");
    BOOST_TEST(span_text(sum.images) == "4..5..6");
}

BOOST_AUTO_TEST_CASE(leaves_keep_what_a_person_has_to_see) {
    auto const file = load("version: 1\noutput: {images: leaves}\njobs: [{prompt: a, then: [{pick: "
                           "{from: upscale*}}]}]\n");
    BOOST_TEST(items(file).at(0).download);
    BOOST_TEST(span_text(estimate(file, {}).images) == "2..2..2");
}

BOOST_AUTO_TEST_CASE(a_pick_of_what_is_not_kept_is_warned_of) {
    BOOST_TEST(findings(one_job("prompt: a\ndownload: false\nthen:\n  - pick: {from: upscale*}")) ==
               "a.yaml:6:5: warning: a pick from an image with 'download: false': its page has no "
               "picture to choose by\n");
}

BOOST_AUTO_TEST_CASE(picks_are_read_as_they_are_written) {
    Picks picks;
    picks.by_image[sha256("a")] = {"upscale1", "upscale3"};
    picks.by_image[sha256("b")] = {"reroll"};
    picks.by_image[sha256("c")] = {};
    auto const again = read_picks(write_picks(picks));
    BOOST_REQUIRE(again.has_value());
    picks.by_image.erase(sha256("c"));
    BOOST_TEST((again->by_image == picks.by_image));
    BOOST_TEST(read_picks(write_picks(Picks())).value().by_image.empty());
}

BOOST_AUTO_TEST_CASE(what_was_said_of_pictures_is_read_as_it_is_written) {
    Picks picks;
    picks.marks["aa"] = {true, 5, "the best"};
    picks.marks["bb"] = {false, 3, ""};
    picks.marks["cc"] = {false, 0, ""}; // says nothing
    auto const text = write_picks(picks);
    auto const again = read_picks(text).value();
    picks.marks.erase("cc");
    BOOST_TEST((again.marks == picks.marks), text);
    auto const odd = read_picks(R"({"version":1,"images":{"dd":{"picked":true,"stars":99},)"
                                R"("ee":{"picked":"yes","stars":-1},"ff":7}})")
                         .value();
    BOOST_TEST(odd.marks.size() == 1u);
    BOOST_TEST(odd.marks.at("dd").stars == 5);
    auto long_note = Picks();
    long_note.marks["gg"].note = std::string(pick_note_bytes_max - 1, 'x') + "雨雨";
    auto const cut = read_picks(write_picks(long_note)).value().marks.at("gg").note;
    BOOST_TEST(cut == std::string(pick_note_bytes_max - 1, 'x'));
}

BOOST_AUTO_TEST_CASE(newer_picks_replace_those_of_the_same_image) {
    Picks old;
    old.by_image[sha256("a")] = {"upscale1"};
    old.by_image[sha256("b")] = {"reroll"};
    old.marks["aa"] = {true, 1, ""};
    Picks newer;
    newer.by_image[sha256("a")] = {"upscale2"};
    newer.marks["aa"] = {false, 4, ""};
    newer.marks["bb"] = {true, 0, ""};
    old.take(newer);
    BOOST_TEST(old.has(sha256("a"), "upscale2"));
    BOOST_TEST(!old.has(sha256("a"), "upscale1"));
    BOOST_TEST(old.has(sha256("b"), "reroll"));
    BOOST_TEST(!old.has_picked("aa", sha256("a"), 0));
    BOOST_TEST(old.has_picked("bb", sha256("a"), 0));
    old.marks[to_hex(sha256("c")) + "/2"].is_picked = true;
    BOOST_TEST(old.has_picked("unknown", sha256("c"), 2));
    BOOST_TEST(!old.has_picked("unknown", sha256("c"), 1));
}

BOOST_AUTO_TEST_CASE(what_is_no_file_of_picks_is_refused_with_the_reason) {
    std::string const key(64, 'a');
    struct Row {
        std::string text, why;
    };
    Row const rows[] = {
        {"", "byte"},
        {"[]", "'version' is not 1"},
        {R"({"version":2,"picks":{}})", "'version' is not 1"},
        {R"({"version":1})", "'picks' is not an object"},
        {R"({"version":1,"picks":{"abc":["reroll"]}})", "'abc' in 'picks' is no key"},
        {R"({"version":1,"picks":{")" + key + R"(":"reroll"}})", "no list of actions"},
        {R"({"version":1,"picks":{")" + key + R"(":[7]}})", "no list of actions"},
    };
    for (auto const& row : rows) {
        auto const read = read_picks(row.text);
        BOOST_REQUIRE(read.has_error());
        BOOST_TEST_CONTEXT(row.text)
        BOOST_TEST(read.error().message().find(row.why) != std::string::npos,
                   read.error().message());
    }
}
