// --shard: typed, or read from a SLURM array or an indexed Kubernetes job.
#include "runner/cli/shard.hpp"

#include "tests/cli/cli_fixture.hpp"

#include <map>
#include <string>

using namespace darkroom;
using namespace darkroom::cli;
using namespace darkroom::test;

namespace {

using Variables = std::map<std::string, std::string>;

/// "2/8", "" for none, or "exit 64" when the shard is refused. The fixture has cleared all
/// variables.
std::string shard_in(Variables const& variables, std::string const& text) {
    Environment environment;
    for (auto const& [name, value] : variables) environment.set(name, value);
    std::string found;
    auto const end = end_of([&] {
        auto const shard = shard_of(text);
        found = shard ? text_of(*shard) : "";
    });
    if (end.code == ExitCode::ok) return found;
    BOOST_TEST(end.text.starts_with("--shard "), end.text);
    return "exit " + std::to_string(static_cast<int>(end.code));
}

/// The variables of one task of a SLURM array.
Variables slurm(std::string const& id, std::string const& count, std::string const& least,
                std::string const& most, std::string const& step = "1") {
    return {{"SLURM_ARRAY_TASK_ID", id},
            {"SLURM_ARRAY_TASK_COUNT", count},
            {"SLURM_ARRAY_TASK_MIN", least},
            {"SLURM_ARRAY_TASK_MAX", most},
            {"SLURM_ARRAY_TASK_STEP", step}};
}

struct Row {
    Variables variables;
    std::string text;
    std::string expected;
};

void check(std::vector<Row> const& rows) {
    for (auto const& row : rows)
        BOOST_TEST(shard_in(row.variables, row.text) == row.expected, "--shard " << row.text);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(shard, CliFixture)

BOOST_AUTO_TEST_CASE(a_typed_shard_is_a_part_of_a_count) {
    check({{{}, "", ""},
           {{}, "1/1", "1/1"},
           {{}, "2/8", "2/8"},
           {{}, "1000000/1000000", "1000000/1000000"}});
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused) {
    for (auto const* text :
         {"2", "/", "2/", "/8", "0/8", "9/8", "-1/8", "+1/8", " 1/8", "1/8 ", "1/8/2", "a/8", "1/a",
          "1/1000001", "1/0", "1.5/8", "Auto", "18446744073709551616/18446744073709551616"})
        BOOST_TEST(shard_in({}, text) == "exit 64", text);
}

BOOST_AUTO_TEST_CASE(a_slurm_array_counts_from_its_smallest_number) {
    check({{slurm("0", "10", "0", "9"), "auto", "1/10"},
           {slurm("9", "10", "0", "9"), "auto", "10/10"},
           {slurm("1", "10", "1", "10"), "auto", "1/10"},
           {slurm("4", "10", "0", "18", "2"), "auto", "3/10"},
           {slurm("4", "10", "0", "9"), "auto/10", "5/10"},
           {{{"SLURM_ARRAY_TASK_ID", "2"}, {"SLURM_ARRAY_TASK_COUNT", "4"}}, "auto", "3/4"}});
}

BOOST_AUTO_TEST_CASE(an_array_with_gaps_or_another_size_is_refused) {
    check({{slurm("7", "2", "3", "7"), "auto", "exit 64"},        // tasks 3 and 7 alone
           {slurm("3", "2", "3", "4"), "auto/10", "exit 64"},     // two of ten, started again
           {slurm("2", "10", "3", "12"), "auto", "exit 64"},      // below the smallest
           {slurm("3", "10", "0", "18", "2"), "auto", "exit 64"}, // between two steps
           {slurm("0", "10", "0", "9", "0"), "auto", "exit 64"},  // a step of 0
           {slurm("one", "10", "0", "9"), "auto", "exit 64"},     // not a number
           {{{"SLURM_ARRAY_TASK_ID", "2"}}, "auto", "exit 64"}}); // no count
}

BOOST_AUTO_TEST_CASE(an_indexed_kubernetes_job_counts_from_zero) {
    check({{{{"JOB_COMPLETION_INDEX", "0"}}, "auto/8", "1/8"},
           {{{"JOB_COMPLETION_INDEX", "7"}}, "auto/8", "8/8"},
           {{{"JOB_COMPLETION_INDEX", "2"}, {"JOB_COMPLETION_COUNT", "5"}}, "auto", "3/5"},
           {{{"JOB_COMPLETION_INDEX", "2"}}, "auto", "exit 64"},
           {{{"JOB_COMPLETION_INDEX", "8"}}, "auto/8", "exit 64"},
           {{{"JOB_COMPLETION_INDEX", "x"}}, "auto/8", "exit 64"}});
}

BOOST_AUTO_TEST_CASE(auto_without_either_is_refused) {
    BOOST_TEST(shard_in({}, "auto") == "exit 64");
    BOOST_TEST(shard_in({}, "auto/8") == "exit 64");
}

BOOST_AUTO_TEST_SUITE_END()
