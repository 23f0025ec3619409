// Equal items are counted by marks, which must agree with the step keys.
#include "jobs/model/job_spec.hpp"
#include "jobs/plan/request_marks.hpp"
#include "runner/base/number_set.hpp"
#include "runner/base/quick_hash.hpp"
#include "tests/jobs/support.hpp"
#include "tests/jobs/written_jobs.hpp"

#include <map>
#include <set>

using namespace darkroom;
using namespace darkroom::jobs;
using namespace darkroom::jobs::test;

namespace {

/// The keys of first steps and their marks, each way.
struct MarkedKeys {
    std::map<std::uint64_t, Digest> by_mark;
    std::map<Digest, std::uint64_t> by_key;
    int repeats = 0;

    void add(Item const& item, std::uint64_t mark) {
        auto const key = step_key(item.request, std::nullopt, item.repeat);
        bool const is_new = by_key.emplace(key, mark).second;
        repeats += is_new ? 0 : 1;
        BOOST_TEST_REQUIRE((by_mark.emplace(mark, key).first->second == key));
        BOOST_TEST_REQUIRE(by_key[key] == mark);
        BOOST_TEST_REQUIRE(mark_of(item.request, item.repeat) == mark);
    }
};

/// Compares the marks of all items with their keys; `all` may have those of other files.
void compare(JobFile const& file, MarkedKeys& all) {
    Plan marked(file);
    auto const list = items(file);
    for (auto const& item : list) {
        auto const mark = marked.next_mark().value();
        BOOST_TEST_REQUIRE(mark.has_value());
        BOOST_TEST_REQUIRE(mark->job->id == item.job);
        BOOST_TEST_REQUIRE(marked.item()->index == item.index);
        all.add(item, mark->mark);
    }
    BOOST_TEST(!marked.next_mark().value().has_value());
}

std::string const table = "word,mode,face,times\n"
                          "a lamp,fast,https://example.org/a.png,1\n"
                          "a lamp,relax,https://example.org/a.png,2\n"
                          "a lamp,fast,https://example.org/b.png,1\n"
                          "a lamp,,https://example.org/a.png,3\n"
                          " a lamp ,,https://example.org/a.png,1\n"
                          "\"a \"\"lamp\"\"\",fast,https://example.org/a.png,1\n"
                          "\"{a lamp, a door}\",fast,https://example.org/a.png,1\n";

/// Jobs that ask for the same in many ways, and for nearly the same.
std::string const jobs_with_repeats = R"(version: 1
jobs:
  - {id: words, prompts: rows.csv, prompt: "{{word}}"}
  - {id: again, prompts: rows.csv, prompt: "{{word}}", mode: fast}
  - {id: modes, prompts: rows.csv, prompt: "{{word}}", mode: "{{mode|fast}}"}
  - {id: relaxed, prompts: rows.csv, prompt: "{{word}}", mode: relax}
  - {id: times, prompts: rows.csv, prompt: "{{word}}", repeat: "{{times}}"}
  - {id: read, prompts: rows.csv, prompt: "{{word}}", expand: true}
  - {id: faces, prompts: rows.csv, prompt: "{{word}}", images: ["{{face}}"]}
  - {id: pasted, prompts: rows.csv, prompt: "{{face}} {{word}}"}
  - {id: plain, prompt: a lamp, repeat: 3}
  - {id: options, prompt: "a {lamp, door, lamp}", params: {ar: "16:9"}}
  - {id: written, prompt: "a {lamp | door} --ar 16:9"}
  - {id: axes, prompt: "{{what}}", matrix: {what: [a lamp, a door, " a lamp"]}}
  - {id: named, prompt: "{{what}}", vars: {what: a lamp}}
  - {id: drawn, prompt: "a {lamp, door, tree, house}", sample: {count: 3, seed: 4}}
  - {id: drawn_rows, prompts: rows.csv, prompt: "{{word}}", sample: {count: 3, seed: 4}}
  - {id: edited, kind: edit, images: ["{{face}}"], prompts: rows.csv, prompt: "{{word}}"}
  - {id: one_edit, kind: edit, images: ["https://example.org/a.png"], prompt: a lamp}
  - {id: described, kind: describe, images: ["{{face}}"], prompts: rows.csv}
)";

} // namespace

BOOST_AUTO_TEST_CASE(marks_agree_with_the_keys_of_random_files) {
    Dice dice(7);
    MarkedKeys all;
    for (int round = 0; round < 150; ++round) {
        auto const meant = random_file(dice);
        BOOST_TEST_CONTEXT("round " << round) {
            Folder const folder;
            auto const loaded = load_job_file(write_somehow(meant, folder, dice), {}).value();
            BOOST_TEST_REQUIRE(loaded.file.has_value(), lines_of(loaded));
            compare(*loaded.file, all);
        }
    }
    BOOST_TEST(all.by_key.size() > 1000u);
}

BOOST_AUTO_TEST_CASE(marks_agree_with_keys_whatever_makes_requests_equal) {
    Folder const folder;
    folder.write("rows.csv", table);
    auto const loaded = load_job_file(folder.write("jobs.yaml", jobs_with_repeats), {}).value();
    BOOST_TEST_REQUIRE(loaded.file.has_value(), lines_of(loaded));
    MarkedKeys all;
    compare(*loaded.file, all);
    BOOST_TEST(all.by_key.size() > 20u);
    BOOST_TEST(all.repeats > 20);
}

BOOST_AUTO_TEST_CASE(a_quick_hash_depends_on_each_byte_on_the_length_and_on_the_seed) {
    std::set<std::uint64_t> hashes;
    std::size_t different = 0;
    for (std::size_t size = 0; size < 70; ++size) {
        std::string text(size, '\0');
        for (std::uint64_t seed = 0; seed < 3; ++seed, ++different)
            hashes.insert(quick_hash(text, seed));
        for (auto& byte : text) {
            for (char const value : {'\1', '\x7f'}) {
                byte = value;
                hashes.insert(quick_hash(text, 0));
                ++different;
            }
            byte = '\0';
        }
    }
    BOOST_TEST(hashes.size() == different);
}

BOOST_AUTO_TEST_CASE(a_set_of_numbers_knows_each_of_them_and_no_other) {
    Dice dice(1);
    NumberSet set;
    std::set<std::uint64_t> known;
    BOOST_TEST(set.empty());
    for (auto const number : {std::uint64_t{0}, UINT64_MAX, UINT64_MAX - 1}) {
        BOOST_TEST(!set.contains(number));
        BOOST_TEST(set.insert(number));
        BOOST_TEST(!set.insert(number));
        known.insert(number);
    }
    BOOST_TEST(!set.empty());
    for (int i = 0; i < 5000; ++i) {
        auto const number = dice.below(9000);
        BOOST_TEST_REQUIRE(set.insert(number) == known.insert(number).second);
    }
    for (std::uint64_t number = 0; number < 9000; ++number)
        BOOST_TEST_REQUIRE(set.contains(number) == known.contains(number));
}
