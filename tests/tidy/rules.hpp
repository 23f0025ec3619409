// The rules of the house, each a function from a file to what is wrong with it.
#pragma once

#include "tests/tidy/source.hpp"

#include <span>
#include <string>
#include <vector>

namespace darkroom::tidy {

/// "path:line: what is wrong; use X"
using Findings = std::vector<std::string>;

// Form: lengths, and what is never written.
Findings check_file_length(SourceFile const& file);
Findings check_function_length(SourceFile const& file);
Findings check_columns(SourceFile const& file);
Findings check_bans(SourceFile const& file);
Findings check_catch_all(SourceFile const& file);
/// Unfinished work, machine paths and tool names, in any text file.
Findings check_words(SourceFile const& file);

// Rooms: who may include what.
Findings check_arrows(SourceFile const& file);
Findings check_doors(SourceFile const& file);
Findings check_include_count(SourceFile const& file);

// Coroutines: docs/coroutines.md, rules R1 and R2.
Findings check_awaits(SourceFile const& file);
Findings check_coroutine_parameters(SourceFile const& file);

// The tree as a whole.
/// Beast is slow to compile: three .cpp files at most may see it, through headers or not.
Findings check_beast_files(std::span<SourceFile const> tree);
/// docs/architecture.md names every room.
Findings check_rooms_are_documented(std::span<SourceFile const> tree);

/// One line of a report.
std::string finding(SourceFile const& file, std::size_t line, std::string_view what);
/// Whether code[at, at + word.size()) is `word` and no part of a longer one.
bool is_word_at(std::string_view code, std::size_t at, std::string_view word);

} // namespace darkroom::tidy
