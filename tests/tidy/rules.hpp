// The rules of style, each a function from a file to its findings.
#pragma once

#include "tests/tidy/source.hpp"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace darkroom::tidy {

/// Each is "path:line: problem; use X".
using Findings = std::vector<std::string>;

// Form: lengths and banned words.
Findings check_file_length(SourceFile const& file);
Findings check_function_length(SourceFile const& file);
Findings check_columns(SourceFile const& file);
Findings check_bans(SourceFile const& file);
Findings check_catch_all(SourceFile const& file);
/// Finds unfinished work, machine paths and tool names, in any text file.
Findings check_words(SourceFile const& file);

// Rooms: the includes that are allowed.
Findings check_arrows(SourceFile const& file);
/// Inside a room that has floors, an include leads to a lower floor.
Findings check_floors(SourceFile const& file);
Findings check_doors(SourceFile const& file);
Findings check_include_count(SourceFile const& file);

// Coroutines: docs/coroutines.md, rules R1 and R2.
Findings check_awaits(SourceFile const& file);
Findings check_coroutine_parameters(SourceFile const& file);

// Comments: sentences, and neither too few nor too many.
/// Finds doc comments that begin with What, Whether, How, Of, By or That.
Findings check_fragments(SourceFile const& file);

// The tree as a whole.
/// A count that may only get better, by room.
struct Ratchet {
    Findings worse;
    Findings improved; ///< A hint to lower a limit; no failure.
};
/// Counts check_fragments() by room; a room that `most` does not name may have none.
Ratchet check_fragment_counts(std::span<SourceFile const> tree,
                              std::map<std::string, std::size_t> const& most);
/// Checks the share of comment lines in each larger room of the program.
Findings check_comment_share(std::span<SourceFile const> tree);

/// The loops that are still allowed. The last step is to allow none.
struct LoopLimits {
    std::size_t largest = 0; ///< Units in one loop.
    std::size_t units = 0;   ///< Units in all loops together.
};
/// Finds units of the program that include each other in a loop. A .cpp and its .hpp are one unit.
/// Reports all of them once a limit is exceeded.
Findings check_loops(std::span<SourceFile const> tree, LoopLimits limits);
/// Beast is slow to compile: only one .cpp file may include it, directly or through headers.
Findings check_beast_files(std::span<SourceFile const> tree);
/// Checks that each limit in docs/architecture.md is the value of the constant that it names.
Findings check_limits(std::span<SourceFile const> tree);
/// Checks that docs/architecture.md names every room.
Findings check_rooms_are_documented(std::span<SourceFile const> tree);

/// Returns one finding as a line of text.
std::string finding(SourceFile const& file, std::size_t line, std::string_view what);
/// True when `word` stands at code[at] and is not part of a longer word.
bool is_word_at(std::string_view code, std::size_t at, std::string_view word);

} // namespace darkroom::tidy
