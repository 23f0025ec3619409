// Random job files that can be written in many ways: what they stand for is known without reading
// them, so that the loader and the plan can be held to it.
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

/// A job as it is meant.
struct Meant {
    std::vector<Segment> prompt;
    std::vector<Axis> matrix;
    bool leaves_out = false; ///< The first value of the first axis, which has another then.
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows; ///< Of the table; empty: there is none.
    std::vector<std::pair<std::string, std::string>> params;
    std::string mode = "fast";
    int repeat = 1;
    std::vector<std::string> chain;
};

using MeantFile = std::vector<Meant>;

/// Some jobs, small enough to be made one by one.
MeantFile random_file(Dice& dice);

/// Changes one thing, so that other steps are meant.
void edit(MeantFile& file, Dice& dice);

/// The number of items, each repeat counted.
std::uint64_t meant_items(MeantFile const& file);

/// Every step by what makes it what it is: two are the same if and only if they are one step.
std::set<std::string> meant_steps(MeantFile const& file);

/// Writes the jobs and their tables in some way: order, names, quotes, forms and what has no part
/// in a key differ from one time to the next. Gives the path of the job file.
std::string write_somehow(MeantFile const& file, Folder const& folder, Dice& dice);

} // namespace darkroom::jobs::test
