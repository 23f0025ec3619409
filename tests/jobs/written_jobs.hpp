// Random job files that can be written in many ways. Their meaning is known without reading them,
// so that the loader and the plan can be compared with it.
#pragma once

#include "jobs/language/dice.hpp"
#include "tests/jobs/folder.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace darkroom::jobs::test {

/// A word, a variable's name, or the options of a choice.
struct Segment {
    enum class Kind { word, variable, choice } kind = Kind::word;
    std::vector<std::string> texts;
};

struct Axis {
    std::string name;
    std::vector<std::string> values;
};

/// The meaning of a job.
struct Meant {
    std::vector<Segment> prompt;
    std::vector<Axis> matrix;
    bool leaves_out = false; ///< The first value of the first axis, which has another then.
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows; ///< Rows of the table; empty: there is no table.
    std::vector<std::pair<std::string, std::string>> params;
    std::string mode = "fast";
    int repeat = 1;
    std::vector<std::string> chain;
};

using MeantFile = std::vector<Meant>;

/// Returns some jobs, small enough to list every item.
MeantFile random_file(Dice& dice);

/// Makes one change after which other steps follow.
void edit(MeantFile& file, Dice& dice);

/// Returns the number of items, each repeat counted.
std::uint64_t meant_items(MeantFile const& file);

/// Returns every step by its identity: two entries are equal if and only if they are one step.
std::set<std::string> meant_steps(MeantFile const& file);

/// Writes the jobs and their tables in a random way: order, names, quotes, forms and everything
/// that has no part in a key differ each time. Returns the path of the job file.
std::string write_somehow(MeantFile const& file, Folder const& folder, Dice& dice);

} // namespace darkroom::jobs::test
