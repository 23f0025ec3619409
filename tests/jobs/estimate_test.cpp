// Figures of a plan: counted, not run.
#include "jobs/plan/estimate.hpp"
#include "jobs/services/midjourney/model.hpp"
#include "tests/jobs/support.hpp"

using namespace darkroom;
using namespace darkroom::jobs;
using namespace darkroom::jobs::test;
using namespace std::chrono_literals;

namespace {

std::string text(Span const& span) {
    return std::to_string(span.least) + ".." + std::to_string(span.expected) + ".." +
           std::to_string(span.most);
}

std::string rows(Estimate const& sum) {
    std::string lines;
    for (auto const& row : sum.rows)
        lines += row.job + ' ' + row.action + ' ' + text(row.steps) + ' ' + text(row.cost) + '\n';
    return lines;
}

void count_steps(Step const& step, std::uint64_t& count) {
    ++count;
    for (auto const& below : steps_below(step)) count_steps(below, count);
}

} // namespace

BOOST_AUTO_TEST_CASE(a_chain_is_counted_exactly) {
    auto const file = load(R"(version: 1
prices: {generate: 0.03, upscale: 0.01, default: 0.02}
jobs:
  - {id: a, prompt: "{x, y} car", repeat: 100, chain: [variation2, upscale4]}
)");
    auto const sum = estimate(file, {});
    BOOST_TEST(sum.items == 200u);
    BOOST_TEST(rows(sum) == "a generate 200..200..200 6000000..6000000..6000000\n"
                            "a variation2 200..200..200 4000000..4000000..4000000\n"
                            "a upscale4 200..200..200 2000000..2000000..2000000\n");
    BOOST_TEST(text(sum.steps) == "600..600..600");
    BOOST_TEST(text(sum.images) == "600..600..600");
    BOOST_TEST(text(sum.cost) == "12000000..12000000..12000000");
    BOOST_TEST(sum.bytes.most == 200u * (2 * 4'750'000 + 1'110'000));
    // 600 steps of a minute, five at a time, take two hours; the rate alone would take ten minutes.
    BOOST_TEST((sum.time == 120min));
}

BOOST_AUTO_TEST_CASE(a_glob_gives_a_span) {
    auto const file = load(one_job(R"(prompt: a
then:
  - upscale1
  - action: variation*
    then: [upscale2]
  - action: upscale3
    then: ["upscale_*"])"));
    auto const sum = estimate(file, {});
    BOOST_TEST(text(sum.steps) == "3..13..15");
    std::uint64_t steps = 0;
    count_steps(first_step(std::make_shared<Item const>(items(file).at(0))), steps);
    BOOST_TEST(sum.steps.most == steps);
}

BOOST_AUTO_TEST_CASE(images_that_are_not_kept_are_not_counted) {
    std::string const job = "jobs: [{prompt: a, then: [{action: variation1, download: false, then: "
                            "[upscale1]}, upscale2]}]\n";
    BOOST_TEST(estimate(load("version: 1\n" + job), {}).images.expected == 3u);
    BOOST_TEST(estimate(load("version: 1\noutput: {images: leaves}\n" + job), {}).images.expected ==
               2u);
    BOOST_TEST(
        estimate(load("version: 1\noutput: {split_grids: true}\n" + job), {}).images.expected ==
        7u);
    BOOST_TEST(estimate(load(one_job("prompt: a\nsplit_images: true")), {}).images.expected == 5u);
}

BOOST_AUTO_TEST_CASE(an_estimate_can_be_narrowed) {
    auto const file = load("version: 1\njobs: [{id: a, prompt: '{1, 2, 3}'}, {id: b, prompt: '4', "
                           "repeat: 4}]\n");
    BOOST_TEST(estimate(file, {}).items == 7u);
    BOOST_TEST(estimate(file, {{"b"}, std::nullopt}).items == 4u);
    BOOST_TEST(rows(estimate(file, {{}, 4})) == "a generate 3..3..3 78000..78000..78000\n"
                                                "b generate 1..1..1 26000..26000..26000\n");
    BOOST_TEST(estimate(file, {{}, 0}).rows.size() == 0u);
}

BOOST_AUTO_TEST_CASE(the_time_is_that_of_the_tightest_limit) {
    auto const time = [](std::string const& limits, std::string const& repeat) {
        return estimate(load("version: 1\nlimits: " + limits + "\njobs: [{prompt: a, repeat: " +
                             repeat + ", chain: [variation1, upscale1]}]\n"),
                        {}, {20s})
            .time;
    };
    BOOST_TEST((time("{concurrency: 1000, rate: 1/s}", "100") == 299s + 20s));
    BOOST_TEST((time("{concurrency: 3, rate: 1000/s}", "100") == 2000s));
    BOOST_TEST((time("{concurrency: 1000, rate: 1000/s}", "1") == 60s));
    auto const usual = [](std::string const& lines) {
        return estimate(load("version: 1\n" + lines + "jobs: [{prompt: a}]\n"), {}).time;
    };
    BOOST_TEST((usual("") == 60s));
    BOOST_TEST((usual("service: {url: local}\n") == 1s)); // the program's own is faster
}

BOOST_AUTO_TEST_CASE(bytes_are_assumed_by_the_size_of_the_picture) {
    BOOST_TEST(midjourney::model.assumed_bytes("generate") == 4'750'000u);
    BOOST_TEST(midjourney::model.assumed_bytes("pan_left") == 4'750'000u);
    BOOST_TEST(midjourney::model.assumed_bytes("upscale3") == 1'110'000u);
    BOOST_TEST(midjourney::model.assumed_bytes("upscale_subtle") == 4'750'000u);
    BOOST_TEST(midjourney::model.assumed_bytes("redo_upscale_4x") == 19'000'000u);
}
