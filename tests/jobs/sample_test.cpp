// Draws are the same everywhere, without repetition, and a larger sample contains the smaller one.
#include "jobs/plan/combinations.hpp"
#include "jobs/plan/sample.hpp"
#include "tests/jobs/folder.hpp"
#include "tests/jobs/support.hpp"

#include <algorithm>
#include <map>
#include <set>

using namespace darkroom::jobs;
using namespace darkroom::jobs::test;

namespace {

Template read(std::string_view text) {
    std::vector<TextProblem> problems;
    return Template::parse(text, problems);
}

JobSpec sampled_job(std::string_view prompt, std::uint64_t count, std::uint64_t seed = 7) {
    JobSpec spec;
    spec.id = "j";
    spec.prompt = read(prompt);
    spec.sample = Sample{count, seed};
    return spec;
}

/// Returns the drawn numbers in their order, which is that of the draw, or sorted.
std::string numbers(JobSpec const& spec, bool sorted = false) {
    std::string text;
    auto drawn = draw_sample(spec);
    if (sorted) std::sort(drawn.begin(), drawn.end());
    for (auto const number : drawn) text += (text.empty() ? "" : " ") + std::to_string(number);
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(samples)

// A change of these figures would draw every sample of every user again, and charge for it.
BOOST_AUTO_TEST_CASE(a_seed_draws_these_numbers_for_ever) {
    auto spec = sampled_job("{a, b, c, d, e, f, g, h, i, j} {1, 2, 3, 4, 5, 6, 7, 8, 9, 0}", 5);
    BOOST_TEST(numbers(spec, true) == "2 23 44 51 96");
    BOOST_TEST(numbers(spec) == "51 23 2 44 96"); // in the order of the draw
    spec.sample->seed = 8;
    BOOST_TEST(numbers(spec, true) == "8 28 33 50 57");
    spec.rows = 1'000'000;
    BOOST_TEST(numbers(spec, true) == "5127757 35443508 35762250 76420528 88180233");
    BOOST_TEST(numbers(sampled_job("{0.01::a | b | {c | d}} {2$$1|2|3}", 4), true) == "3 6 8 10");
}

BOOST_AUTO_TEST_CASE(a_larger_sample_keeps_what_the_smaller_has_drawn) {
    for (auto const* prompt :
         {"{a, b, c} {1, 2, 3, 4}", "{0.001::a | b} {c | 9::d} {3$$e|f|g|h}"}) {
        auto spec = sampled_job(prompt, 0);
        spec.rows = 40;
        spec.matrix = {{"x", {"1", "2", "3"}}, {"y", {"1", "2"}}};
        spec.exclude = {{{"x", "1"}, {"y", "2"}}};
        auto const all = count_texts(spec);
        std::vector<std::uint64_t> smaller;
        for (std::uint64_t count :
             {1ull, 10ull, 100ull, 500ull, all - 1ull, all + 0ull, all + 9ull}) {
            spec.sample->count = count;
            auto const drawn = draw_sample(spec);
            BOOST_TEST(drawn.size() == std::min(count, all));
            BOOST_TEST(*std::max_element(drawn.begin(), drawn.end()) < all);
            BOOST_TEST(std::set<std::uint64_t>(drawn.begin(), drawn.end()).size() == drawn.size());
            BOOST_TEST(std::equal(smaller.begin(), smaller.end(), drawn.begin()));
            smaller = drawn;
        }
    }
}

BOOST_AUTO_TEST_CASE(the_first_of_a_sample_are_a_fair_sample) {
    auto spec = sampled_job("{a, b}", 20'000);
    spec.rows = 1'000'000;
    auto const drawn = draw_sample(spec);
    double sum = 0;
    for (std::size_t i = 0; i < 500; ++i) sum += static_cast<double>(drawn[i]);
    auto const mean = sum / 500 / 2e6; // of numbers from 0 to 1, with a deviation of 0.013
    BOOST_TEST(mean > 0.44);
    BOOST_TEST(mean < 0.56);
}

BOOST_AUTO_TEST_CASE(few_of_very_many_are_drawn_without_making_them) {
    std::string text;
    for (int i = 0; i < 17; ++i) text += "{a, b, c, d, e, f, g, h, i, j} ";
    auto const spec = sampled_job(text, 1000);
    BOOST_TEST(count_texts(spec) == 100'000'000'000'000'000u);
    BOOST_TEST(draw_sample(spec).size() == 1000u);
    BOOST_TEST(count_items(spec) == 1000u);
}

BOOST_AUTO_TEST_CASE(combinations_can_be_had_by_number) {
    JobSpec spec;
    spec.matrix = {{"a", {"1", "2", "3"}}, {"b", {"1", "2"}}, {"c", {"1", "2", "3", "4"}}};
    for (auto const& exclude : {std::vector<Variables>{},
                                std::vector<Variables>{{{"a", "2"}}, {{"b", "1"}, {"c", "4"}}}}) {
        spec.exclude = exclude;
        Combinations combinations(spec);
        std::vector<std::size_t> before;
        for (std::uint64_t number = 0; number < combinations.count(); ++number) {
            auto const chosen = combinations.at(number);
            BOOST_TEST((before.empty() || before < chosen));
            BOOST_TEST(!is_excluded(spec, chosen));
            before = chosen;
        }
        BOOST_TEST(combinations.count() == (exclude.empty() ? 24u : 14u));
    }
}

BOOST_AUTO_TEST_CASE(nothing_excluded_is_drawn_however_many_there_are) {
    auto spec = sampled_job("p", 1000);
    std::vector<std::string> const ten{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    for (auto const* name : {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"})
        spec.matrix.push_back({name, ten});
    spec.exclude = {{{"a", "0"}}, {{"b", "1"}, {"j", "2"}}};
    BOOST_TEST(count_texts(spec) == 8'910'000'000u);
    Combinations combinations(spec);
    std::size_t drawn = 0;
    for (auto const number : draw_sample(spec)) {
        BOOST_TEST_REQUIRE(!is_excluded(spec, combinations.at(number)));
        ++drawn;
    }
    BOOST_TEST(drawn == 1000u);
}

BOOST_AUTO_TEST_CASE(the_drawn_items_are_those_of_the_whole_with_their_numbers) {
    Folder const folder;
    std::string rows = "n\n";
    for (int i = 0; i < 500; ++i) rows += "r" + std::to_string(i) + "\n";
    folder.write("t.csv", rows);
    auto const text = [](std::string const& sample) {
        return "version: 1\njobs:\n- prompts: {file: t.csv, prompt: '{{n}} {a, b} {{m}}'}\n"
               "  matrix: {m: [x, y]}\n  repeat: 2\n" +
               sample;
    };
    auto const path = folder.path("a.yaml");
    auto const all = items(*load_job_text(text(""), path, {}).file);
    auto const drawn = load_job_text(text("  sample: {count: 50, seed: 3}\n"), path, {});
    BOOST_TEST(lines_of(drawn) == "");
    auto const some = items(*drawn.file);
    BOOST_TEST(all.size() == 4000u);
    BOOST_TEST(some.size() == 100u);
    BOOST_TEST(count_items(*drawn.file, {}) == 100u);
    for (auto const& item : some) {
        auto const& same = all.at(item.index * 2 + static_cast<std::uint64_t>(item.repeat));
        BOOST_TEST(item.request.prompt() == same.request.prompt());
        BOOST_TEST(item.repeat == same.repeat);
    }
}

BOOST_AUTO_TEST_CASE(shards_share_the_items_out_and_an_edit_moves_none) {
    auto const keys_of = [](JobFile const& file, std::uint64_t index) {
        PlanOptions options;
        options.shard = Shard{index, 3};
        std::set<std::string> keys;
        Plan plan(file, options);
        for (auto item = plan.next().value(); item; item = plan.next().value())
            keys.insert(darkroom::to_hex(first_step(item).key));
        BOOST_TEST(keys.size() == count_items(file, options));
        return keys;
    };
    auto const few = load(one_job("prompt: '{{a}} {{b}}'\nmatrix: {a: [1, 2, 3, 4, 5, 6], "
                                  "b: [1, 2, 3, 4, 5, 6, 7, 8, 9]}"));
    auto const more = load(one_job("prompt: '{{a}} {{b}}'\nmatrix: {a: [0, 1, 2, 3, 4, 5, 6], "
                                   "b: [1, 2, 3, 4, 5, 6, 7, 8, 9]}"));
    std::size_t sum = 0;
    for (std::uint64_t index : {1u, 2u, 3u}) {
        auto const before = keys_of(few, index);
        auto const after = keys_of(more, index);
        BOOST_TEST(before.size() > 8u);
        BOOST_TEST(std::includes(after.begin(), after.end(), before.begin(), before.end()));
        sum += before.size();
    }
    BOOST_TEST(sum == 54u);
}

BOOST_AUTO_TEST_CASE(repeats_of_a_request_share_a_shard_but_not_in_directories_of_0_1) {
    auto const file =
        load(one_job("prompt: '{{a}}'\nmatrix: {a: [1, 2, 3, 4, 5, 6, 7]}\nrepeat: 5"));
    for (auto const rule : {ShardRule::by_request, ShardRule::by_step}) {
        std::map<std::string, std::set<std::uint64_t>> shards_of;
        std::size_t items = 0;
        for (std::uint64_t index : {1u, 2u, 3u}) {
            PlanOptions options;
            options.shard = Shard{index, 3, rule};
            Plan plan(file, options);
            for (auto item = plan.next().value(); item; item = plan.next().value()) {
                shards_of[item->request.prompt()].insert(index);
                ++items;
            }
        }
        BOOST_TEST(items == 35u);
        BOOST_TEST(shards_of.size() == 7u);
        std::size_t places = 0;
        for (auto const& [prompt, shards] : shards_of) places += shards.size();
        BOOST_TEST((places == 7u) == (rule == ShardRule::by_request));
    }
}

BOOST_AUTO_TEST_SUITE_END()
