// Items in order, and the tree of steps below each.
#include "jobs/plan/plan.hpp"

#include "jobs/plan/combinations.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::jobs;

namespace {

JobSpec job(std::string id, std::string_view prompt) {
    std::vector<TextProblem> problems;
    JobSpec spec;
    spec.id = std::move(id);
    spec.prompt = Template::parse(prompt, problems);
    BOOST_TEST(problems.empty());
    return spec;
}

JobFile file_of(std::vector<JobSpec> jobs) {
    JobFile file;
    for (auto& spec : jobs) file.jobs.push_back(std::make_shared<JobSpec const>(std::move(spec)));
    return file;
}

/// "job/index/repeat prompt" a line.
std::string listing(JobFile const& file, PlanOptions const& options = PlanOptions()) {
    Plan plan(file, options);
    std::string lines;
    for (auto item = plan.next().value(); item; item = plan.next().value()) {
        lines += item->job + '/' + std::to_string(item->index) + '/' +
                 std::to_string(item->repeat) + ' ' + item->request.prompt() + '\n';
    }
    return lines;
}

std::uint64_t lines_in(std::string const& text) {
    return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

Branch branch(std::vector<std::string> actions, std::vector<Branch> then = {}) {
    Branch made;
    made.actions = std::move(actions);
    made.then = std::move(then);
    return made;
}

Step root_with(std::vector<Branch> then) {
    auto item = std::make_shared<Item>();
    item->request.body.set("prompt", "a");
    item->variables = {{"face", "calm"}};
    item->then = std::make_shared<std::vector<Branch>>(std::move(then));
    return first_step(item);
}

std::string paths(std::vector<Step> const& steps) {
    std::string text;
    for (auto const& step : steps) text += (text.empty() ? "" : " ") + step.path;
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(plans)

BOOST_AUTO_TEST_CASE(the_last_axis_turns_fastest_then_permutations_then_repeats) {
    auto cars = job("cars", "{{car}} on {{place}} at {dawn, dusk}");
    cars.matrix = {{"car", {"F", "L"}}, {"place", {"moon", "sea"}}};
    cars.exclude = {{{"car", "F"}, {"place", "moon"}}, {{"car", "L"}, {"place", "sea"}}};
    cars.repeat = 2;
    auto const file = file_of({cars, job("fog", "fog")});
    BOOST_TEST(listing(file) == "cars/0/0 F on sea at dawn\ncars/0/1 F on sea at dawn\n"
                                "cars/1/0 F on sea at dusk\ncars/1/1 F on sea at dusk\n"
                                "cars/2/0 L on moon at dawn\ncars/2/1 L on moon at dawn\n"
                                "cars/3/0 L on moon at dusk\ncars/3/1 L on moon at dusk\n"
                                "fog/0/0 fog\n");
    BOOST_TEST(count_items(file, {}) == 9u);
}

BOOST_AUTO_TEST_CASE(a_plan_can_be_narrowed) {
    auto const file = file_of({job("a", "{1, 2, 3}"), job("b", "{4, 5}"), job("c", "6")});
    BOOST_TEST(listing(file, {{"b", "c"}, std::nullopt}) == "b/0/0 4\nb/1/0 5\nc/0/0 6\n");
    BOOST_TEST(listing(file, {{}, 2}) == "a/0/0 1\na/1/0 2\n");
    BOOST_TEST(listing(file, {{}, 0}) == "");
    BOOST_TEST(count_items(file, {{"b", "c"}, std::nullopt}) == 3u);
    BOOST_TEST(count_items(file, {{}, 2}) == 2u);
}

BOOST_AUTO_TEST_CASE(the_count_is_the_number_of_items) {
    std::uint32_t seed = 12345;
    auto const random = [&seed](std::uint32_t below) {
        seed = seed * 1664525u + 1013904223u;
        return (seed >> 16) % below;
    };
    char const* const names[] = {"a", "b", "c", "d"};
    for (int round = 0; round < 300; ++round) {
        auto spec = job("j", random(2) ? "{x, {y, z}} p" : "p");
        for (std::uint32_t axis = 0; axis < random(5); ++axis) {
            std::vector<std::string> values;
            for (std::uint32_t v = 0; v <= random(4); ++v) values.push_back(std::to_string(v));
            spec.matrix.push_back({names[axis], values});
        }
        for (std::uint32_t rule = 0; rule < random(4) && !spec.matrix.empty(); ++rule) {
            Variables left_out;
            for (auto const& axis : spec.matrix) {
                if (random(2)) left_out.emplace_back(axis.name, std::to_string(random(4)));
            }
            if (!left_out.empty()) spec.exclude.push_back(left_out);
        }
        spec.repeat = 1 + static_cast<int>(random(3));
        auto const file = file_of({spec});
        BOOST_TEST_REQUIRE(count_items(file, {}) == lines_in(listing(file)));
    }
}

BOOST_AUTO_TEST_CASE(counting_does_not_walk_through_the_combinations) {
    auto spec = job("big", "p");
    std::vector<std::string> hundred;
    for (int i = 0; i < 100; ++i) hundred.push_back(std::to_string(i));
    spec.matrix = {{"a", hundred}, {"b", hundred}, {"c", hundred}, {"d", hundred}};
    spec.exclude = {{{"d", "7"}}, {{"a", "1"}, {"c", "2"}}};
    BOOST_TEST(count_items(spec) == 100'000'000u - 1'000'000u - 10'000u + 100u);
    spec.exclude = {{{"a", "1"}}, {{"a", "1"}}, {{"a", "1"}, {"d", "2"}}}; // one covers all
    BOOST_TEST(count_items(spec) == 99'000'000u);
    spec.exclude.clear();
    spec.repeat = 10'000;
    for (auto name : {"e", "f", "g", "h"}) spec.matrix.push_back({name, hundred});
    BOOST_TEST(count_items(spec) == UINT64_MAX);
}

BOOST_AUTO_TEST_CASE(an_item_carries_images_fields_and_variables) {
    auto spec = job("blend", "two in one --iw 2");
    spec.images = {"http://h/{{who}}.png", "http://h/b.png"};
    spec.vars = {{"who", "bear"}};
    spec.matrix = {{"n", {"1"}}};
    spec.fields.set("mode", "relax");
    spec.fields.set("split_images", true);
    auto const file = file_of({spec});
    auto const item = Plan(file).next().value();
    BOOST_TEST(item->request.prompt() == "http://h/bear.png http://h/b.png two in one --iw 2");
    BOOST_TEST(item->request.mode() == "relax");
    BOOST_TEST(item->request.body.boolean("split_images").value());
    BOOST_TEST((item->variables == Variables{{"who", "bear"}, {"n", "1"}}));
}

BOOST_AUTO_TEST_CASE(steps_follow_the_names_and_globs_below_an_image) {
    struct Row {
        std::vector<Branch> then;
        std::string_view planned;
        std::vector<std::string> offered;
        std::string_view actual;
    };
    Row const rows[] = {
        {{}, "", {"upscale1"}, ""},
        {{branch({"upscale4"})}, "upscale4", {}, "upscale4"},
        {{branch({"upscale3", "upscale1"})}, "upscale3 upscale1", {}, "upscale3 upscale1"},
        {{branch({"variation*"})},
         "variation1 variation2 variation3 variation4",
         {"variation2", "upscale1", "variation9"},
         "variation2"},
        {{branch({"colorize"})}, "colorize", {"upscale1"}, "colorize"},
        {{branch({"upscale*"}), branch({"upscale2"}, {branch({"zoom_out_2x"})})},
         "upscale1 upscale2 upscale3 upscale4",
         {"upscale2", "upscale1"},
         "upscale1 upscale2"},
    };
    for (auto const& row : rows) {
        auto const root = root_with(row.then);
        BOOST_TEST(paths(steps_below(root)) == row.planned);
        BOOST_TEST(paths(steps_below(root, row.offered)) == row.actual);
    }
}

BOOST_AUTO_TEST_CASE(a_name_beats_a_glob_that_matches_it) {
    auto const root =
        root_with({branch({"upscale*"}), branch({"upscale2"}, {branch({"zoom_out_2x"})})});
    auto const steps = steps_below(root);
    BOOST_TEST(steps[0].then->size() == 0u);
    BOOST_TEST(steps[1].then->size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_follow_up_knows_its_place) {
    auto const root = root_with({branch({"variation2"}, {branch({"upscale4"})})});
    auto const variation = steps_below(root).at(0);
    auto const upscale = steps_below(variation).at(0);
    BOOST_TEST(root.depth() == 0);
    BOOST_TEST(variation.depth() == 1);
    BOOST_TEST(upscale.depth() == 2);
    BOOST_TEST(upscale.path == "variation2/upscale4");
    BOOST_TEST((upscale.parent == variation.key));
    BOOST_TEST((root.kind() == ResultKind::grid));
    BOOST_TEST((upscale.kind() == ResultKind::single));
    BOOST_TEST(upscale.request.prompt() == "");
}

BOOST_AUTO_TEST_CASE(a_follow_up_has_its_own_fields_and_the_mode_of_its_image) {
    auto region = branch({"variation_region"});
    region.fields.set("prompt", "a {{face}} face");
    region.fields.set("mask", "aGVsbG8=");
    auto quick = branch({"reroll"});
    quick.fields.set("mode", "turbo");
    auto item = std::make_shared<Item>();
    item->variables = {{"face", "calm"}};
    item->request.body.set("mode", "relax");
    item->then = std::make_shared<std::vector<Branch>>(std::vector{region, quick});
    auto const steps = steps_below(first_step(item));
    BOOST_TEST(steps[0].request.prompt() == "a calm face");
    BOOST_TEST(steps[0].request.mode() == "relax");
    BOOST_TEST(steps[1].request.mode() == "turbo");
}

BOOST_AUTO_TEST_CASE(a_repeat_has_keys_of_its_own_all_the_way_down) {
    auto spec = job("j", "p");
    spec.repeat = 2;
    spec.then = std::make_shared<std::vector<Branch>>(std::vector{branch({"upscale1"})});
    auto const file = file_of({spec});
    Plan plan(file);
    auto const first = first_step(plan.next().value());
    auto const second = first_step(plan.next().value());
    BOOST_TEST((first.key != second.key));
    BOOST_TEST((steps_below(first)[0].key != steps_below(second)[0].key));
}

BOOST_AUTO_TEST_SUITE_END()
