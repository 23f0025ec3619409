// What may change in a file without a step changing its key, and what may not.
#include "jobs/plan/estimate.hpp"
#include "tests/jobs/support.hpp"
#include "tests/jobs/written_jobs.hpp"

#include <set>

using namespace darkroom;
using namespace darkroom::jobs;
using namespace darkroom::jobs::test;

namespace {

void add_keys(Step const& step, std::multiset<std::string>& keys) {
    keys.insert(to_hex(step.key));
    for (auto const& below : steps_below(step)) add_keys(below, keys);
}

std::multiset<std::string> keys_of(std::string const& text) {
    auto const file = load(text);
    std::multiset<std::string> keys;
    for (auto const& item : items(file))
        add_keys(first_step(std::make_shared<Item const>(item)), keys);
    return keys;
}

std::string const original = R"(version: 1
name: first
jobs:
  - id: a
    prompt: "{{car}} in fog, {dawn, dusk}"
    matrix: {car: [Fiat, Ferrari]}
    params: {ar: "16:9", tile: true}
    repeat: 2
    chain: [variation2, upscale4]
  - id: b
    prompt: a road
    mode: relax
    then: ["upscale*"]
)";

/// Returns the keys of all steps of a file that was written at random, and compares them with its
/// meaning.
std::set<std::string> keys_of_written(MeantFile const& meant, Folder const& folder, Dice& dice) {
    auto const loaded = load_job_file(write_somehow(meant, folder, dice), {}).value();
    BOOST_TEST_REQUIRE(loaded.file.has_value(), lines_of(loaded));
    auto const count = count_items(*loaded.file, {});
    BOOST_TEST_REQUIRE(count == meant_items(meant));
    BOOST_TEST_REQUIRE(estimate(*loaded.file, {}).items == count);
    std::multiset<std::string> all;
    std::uint64_t made = 0;
    for (auto const& item : items(*loaded.file)) {
        ++made;
        add_keys(first_step(std::make_shared<Item const>(item)), all);
    }
    BOOST_TEST_REQUIRE(made == count);
    std::set<std::string> keys(all.begin(), all.end());
    BOOST_TEST_REQUIRE(keys.size() == meant_steps(meant).size());
    return keys;
}

template <class T>
std::size_t shared(std::set<T> const& a, std::set<T> const& b) {
    return static_cast<std::size_t>(
        std::count_if(a.begin(), a.end(), [&b](T const& one) { return b.contains(one); }));
}

} // namespace

BOOST_AUTO_TEST_CASE(however_jobs_are_written_they_are_as_many_with_the_same_keys) {
    Dice dice(5);
    for (int round = 0; round < 120; ++round) {
        auto const meant = random_file(dice);
        BOOST_TEST_CONTEXT("round " << round) {
            Folder const folder;
            auto const keys = keys_of_written(meant, folder, dice);
            for (int again = 0; again < 2; ++again)
                BOOST_TEST_REQUIRE((keys_of_written(meant, folder, dice) == keys));
        }
    }
}

BOOST_AUTO_TEST_CASE(whatever_is_edited_exactly_the_keys_of_the_steps_that_stay_are_kept) {
    Dice dice(6);
    int with_losses = 0;
    for (int round = 0; round < 250; ++round) {
        auto const before = random_file(dice);
        auto after = before;
        edit(after, dice);
        BOOST_TEST_CONTEXT("round " << round) {
            Folder const folder;
            auto const kept =
                shared(keys_of_written(before, folder, dice), keys_of_written(after, folder, dice));
            auto const meant = meant_steps(before);
            BOOST_TEST_REQUIRE(kept == shared(meant, meant_steps(after)));
            with_losses += kept < meant.size() ? 1 : 0;
        }
    }
    BOOST_TEST(with_losses > 120);
}

BOOST_AUTO_TEST_CASE(a_rewritten_file_keeps_its_keys) {
    auto const keys = keys_of(original);
    BOOST_TEST(keys.size() == 2u * 2 * 2 * 3 + 1 + 4);
    BOOST_TEST(std::set<std::string>(keys.begin(), keys.end()).size() == keys.size());
    // Renamed, reordered, requoted, with other limits, merged from an anchor and from the defaults.
    BOOST_TEST((keys == keys_of(R"(
version: 1
name: second
limits: {concurrency: 2, rate: 10/min}
output: {directory: elsewhere}
retry: {attempts: 1}
defaults: {mode: fast, params: {ar: 16:9, tile: any}}
jobs:
  - &road
    id: renamed
    params: {ar: false, tile: false}
    prompt: >-
      a
      road
    mode: relax
    then: [upscale1, {action: [upscale3, upscale2]}, upscale4]
  - id: 'other'
    params: {tile: true}
    matrix:
      "car":
        - 'Fiat'
        - "Ferrari"
    prompt: '{{car}} in fog, { dawn,dusk }'
    repeat: 2
    then:
      - action: variation2
        then:
          - action: [upscale4]
            download: false
)")));
}

BOOST_AUTO_TEST_CASE(an_edit_changes_exactly_the_keys_it_should) {
    auto const before = keys_of(original);
    auto const kept_after = [&](std::string const& from, std::string const& to) {
        auto text = original;
        text.replace(text.find(from), from.size(), to);
        std::size_t kept = 0;
        for (auto const& key : keys_of(text)) kept += before.count(key);
        return kept;
    };
    BOOST_TEST(kept_after("repeat: 2", "repeat: 3") == before.size());
    BOOST_TEST(kept_after("repeat: 2", "repeat: 1") == 12u + 5);
    BOOST_TEST(kept_after("Fiat, ", "Fiat, Saab, ") == before.size());
    BOOST_TEST(kept_after("upscale4]", "upscale3]") == 16u + 5);
    BOOST_TEST(kept_after("variation2", "variation1") == 8u + 5);
    BOOST_TEST(kept_after("a road", "a street") == 24u);
    BOOST_TEST(kept_after("relax", "turbo") == 24u);
    BOOST_TEST(kept_after("16:9", "3:2") == 5u);
}
