// Files of the source tree, prepared for the rules.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::tidy {

/// One file. Text and code have the same length, so that an offset fits both.
struct SourceFile {
    SourceFile(std::string file_path, std::string file_text);

    std::string path;                ///< Relative to the project: "runner/base/json.cpp".
    std::string text;                ///< The contents.
    std::string code;                ///< The text with blanks for comments and literals.
    std::vector<std::size_t> starts; ///< Offsets of the lines.

    bool is_code() const; ///< .cpp or .hpp
    bool is_under(std::string_view prefix) const { return path.starts_with(prefix); }
    /// Returns the number of the line at an offset, from 1.
    std::size_t line_of(std::size_t offset) const;
    /// Returns line `number` of the text, from 1, without its line end.
    std::string_view line(std::size_t number) const;
};

/// The name and line of an #include.
struct Include {
    std::string name;
    bool quoted;
    std::size_t line;
};
std::vector<Include> includes_of(SourceFile const& file);

/// Returns every text file of the project below `root`, except build and package directories.
std::vector<SourceFile> read_tree(std::filesystem::path const& root);

} // namespace darkroom::tidy
