// Texts made to break the reader. They are refused quickly, with bounded memory, and never with a
// crash.
#include "tests/jobs/support.hpp"

#include <sys/resource.h>

#include <chrono>

using namespace darkroom::jobs;
using darkroom::jobs::test::findings;

namespace {

std::string many(std::string_view piece, std::size_t count) {
    std::string text;
    text.reserve(piece.size() * count);
    for (std::size_t i = 0; i < count; ++i) text += piece;
    return text;
}

std::string staircase(int levels, std::string_view step) {
    std::string text;
    for (int i = 0; i < levels; ++i) text += std::string(static_cast<std::size_t>(i), ' ') += step;
    return text;
}

/// Aliases of aliases: nine to the power of `levels` values in a few lines.
std::string bomb(int levels) {
    std::string text = "version: 1\na0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < levels; ++i) {
        auto const below = "*a" + std::to_string(i - 1);
        text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + below;
        for (int k = 1; k < 9; ++k) text += ", " + below;
        text += "]\n";
    }
    return text;
}

/// 26 keys of two values, and rules that each name three of them.
std::string entangled_rules() {
    std::string text = "matrix:\n";
    for (char c = 'a'; c <= 'z'; ++c) text += std::string("  ") + c + ": [x, y]\n";
    std::uint32_t seed = 7;
    auto const random = [&seed](std::uint32_t below) {
        seed = seed * 1664525u + 1013904223u;
        return (seed >> 16) % below;
    };
    text += "exclude: [";
    for (int rule = 0; rule < 400; ++rule) {
        auto const first = random(8);
        text += '{';
        for (std::uint32_t key : {first, first + 8, first + 16})
            text += std::string(1, static_cast<char>('a' + (key + random(2)))) + ": " +
                    (random(2) ? "x, " : "y, ");
        text += "}, ";
    }
    return text + "]";
}

/// One rule that names as many keys as there are.
std::string rule_by_many_keys() {
    std::string axes = "matrix:\n";
    std::string rule;
    for (int i = 0; i < 20'000; ++i) {
        auto const key = "k" + std::to_string(i);
        axes += "  " + key + ": [x]\n";
        rule += key + ": x, ";
    }
    return axes + "exclude: [{" + rule + "}]";
}

double processor_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto const seconds = [](timeval const& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

long memory_kb() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

// Instrumented code is much slower and keeps what it has freed.
#if defined(__has_feature)
#define DARKROOM_HAS(feature) __has_feature(feature)
#else
#define DARKROOM_HAS(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
    DARKROOM_HAS(address_sanitizer) || DARKROOM_HAS(thread_sanitizer)
constexpr bool is_instrumented = true;
#else
constexpr bool is_instrumented = false;
#endif
#if defined(__OPTIMIZE__)
constexpr double patience = is_instrumented ? 30 : 5;
#else
constexpr double patience = is_instrumented ? 30 : 10;
#endif
constexpr long memory_kb_max = is_instrumented ? 4'000'000 : 400'000;

struct Row {
    std::string_view name;
    std::string text;
};

/// Texts that are hard for the YAML reader.
std::vector<Row> bad_yaml() {
    return {
        {"20,000 lists", many("[", 20'000)},
        {"20,000 closed lists", many("[", 20'000) + many("]", 20'000)},
        {"a million lists", many("[", 1'000'000)},
        {"20,000 mappings", many("{a: ", 20'000)},
        {"20,000 both", many("{a: [", 20'000)},
        {"20,000 dashes", many("- ", 20'000)},
        {"20,000 question marks", many("? ", 20'000)},
        {"20,000 colons", many(": ", 20'000)},
        {"2,000 indented keys", staircase(2'000, "a:\n")},
        {"2,000 indented dashes", staircase(2'000, "-\n")},
        {"alias bomb", bomb(30)},
        {"merge bomb", "version: 1\na: &a {x: 1}\n" + many("b: &a {<<: [*a, *a, *a, *a]}\n", 5000)},
        {"alias of itself", "a: &a [*a, *a]\n"},
        {"merge of itself", "a: &a {<<: *a}\n"},
        {"a million values", "version: 1\njobs: [" + many("a,", 1'000'000) + "]\n"},
        {"a million lines", many("- a\n", 1'000'000)},
        {"a million anchors", many("- &a b\n", 300'000)},
        {"a million tags", many("!", 1'000'000)},
        {"a million documents", many("---\n", 1'000'000)},
        {"the same key 300,000 times", many("a: 1\n", 300'000)},
        {"100,000 unknown keys",
         [] {
             std::string text;
             for (int i = 0; i < 100'000; ++i) text += "k" + std::to_string(i) + ": 1\n";
             return text;
         }()},
        {"broken UTF-8", many("a", 1'000'000) + "\xC3\x28" + many("b", 1'000'000)},
        {"overlong UTF-8", "version: \xC0\x80\n"},
        {"a surrogate", "version: \xED\xA0\x80\n"},
        {"UTF-16", std::string("\xFF\xFEv\0e\0", 6)},
        {"a zero byte", std::string("version: 1\0\n", 12)},
        {"zero bytes", std::string(4'000'000, '\0')},
        {"17 MiB", std::string(std::size_t{17} << 20, 'a')},
        {"4 MiB of one word", "version: " + std::string((std::size_t{4} << 20) - 100, 'a')},
        {"4 MiB of quoted lines", "version: \"" + many("\n", 4'000'000)},
        {"4 MiB of lines", many("abc\n", 1'000'000)},
        {"4 MiB of blanks", std::string(4'000'000, ' ') + ": x"},
        {"4 MiB of tabs", std::string(4'000'000, '\t') + "a: 1"},
    };
}

/// Texts that are hard for the loader.
std::vector<Row> bad_jobs() {
    return {
        {"a number out of range", "version: 1\nlimits: {concurrency: 1" + many("0", 400) + "}\n"},
        {"a duration out of range", "version: 1\nretry: {base: 1" + many("0", 400) + "h}\n"},
        {"a rate out of range", "version: 1\nlimits: {rate: 1" + many("0", 400) + "/s}\n"},
        {"an amount out of range", "version: 1\nbudget: {cost: 1" + many("0", 400) + "}\n"},
        {"20,000 braces", test::one_job("prompt: '" + many("{", 20'000) + "'")},
        {"20,000 variables", test::one_job("prompt: '" + many("{{a}}", 20'000) + "'")},
        {"permutations beyond counting", test::one_job("prompt: '" + many("{a, b}", 200) + "'")},
        {"20,000 exclusions of a big matrix",
         test::one_job("prompt: p\nmatrix:\n" +
                       [] {
                           std::string axes;
                           for (char c = 'a'; c < 'u'; ++c)
                               axes += std::string("  ") + c + ": [x, y]\n";
                           return axes;
                       }() +
                       "exclude: [" + many("{a: x, t: y}, ", 20'000) + "{z: 1}]")},
        {"exclusions that cannot be counted", test::one_job("prompt: p\n" + entangled_rules())},
        {"exclusions by 20,000 keys", test::one_job("prompt: p\n" + rule_by_many_keys())},
        {"1,000 variables", test::one_job("prompt: p\nvars:\n" +
                                          [] {
                                              std::string vars;
                                              for (int i = 0; i < 1'000; ++i)
                                                  vars += "  v" + std::to_string(i) + ": x\n";
                                              return vars;
                                          }())},
        {"60,000 jobs", "version: 1\njobs:\n" + many("- {prompt: a}\n", 60'000)},
        {"10,000 jobs with big defaults", "version: 1\ndefaults: {then: [" +
                                              many("{action: upscale1, prompt: a},", 1'000) +
                                              "]}\njobs:\n" + many("- {prompt: a}\n", 10'000)},
        {"10,000 faulty jobs", "version: 1\njobs:\n" + many("- {promt: a}\n", 10'000)},
        {"10,000 wrong follow-ups",
         test::one_job("prompt: p\nthen: [" + many("pan_left, ", 10'000) + "]")},
        {"follow-ups of follow-ups",
         test::one_job("prompt: p\nthen:\n" +
                       [] {
                           std::string tree;
                           for (std::size_t i = 0; i < 28; ++i)
                               tree += std::string(2 + 4 * i, ' ') + "- action: '*'\n" +
                                       std::string(4 + 4 * i, ' ') + "then:\n";
                           return tree + std::string(116, ' ') + "- reroll";
                       }())},
    };
}

/// Each text is refused, in time, and with a list that can be read.
void check_refusal(std::vector<Row> const& rows) {
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            auto const began = processor_seconds();
            auto const loaded = load_job_text(row.text, "a.yaml", {});
            auto const took = processor_seconds() - began;
            BOOST_TEST_MESSAGE(row.name << ": " << took << " s");
            BOOST_TEST(took < patience);
            BOOST_TEST(!loaded.file.has_value());
            BOOST_TEST(loaded.findings.size() >= 1u);
            BOOST_TEST(loaded.findings.size() <= 201u);
        }
    }
}

} // namespace

BOOST_AUTO_TEST_CASE(hostile_yaml_ends_in_an_error_within_a_second) { check_refusal(bad_yaml()); }

BOOST_AUTO_TEST_CASE(hostile_jobs_end_in_an_error_within_a_second) { check_refusal(bad_jobs()); }

BOOST_AUTO_TEST_CASE(hostile_texts_do_not_fill_the_memory) { // runs after the tests above
    BOOST_TEST(memory_kb() < memory_kb_max);
}
