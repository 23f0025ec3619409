// A file of the source tree as the rules see it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::tidy {

/// One file. The views have the same length as the text, so that an offset is good for all.
struct SourceFile {
    SourceFile(std::string file_path, std::string file_text);

    std::string path;                ///< From the root of the project: "runner/base/json.cpp".
    std::string text;                ///< As it is on disk.
    std::string code;                ///< Comments and the insides of literals are blanks.
    std::vector<std::size_t> starts; ///< Where each line begins.

    bool is_code() const; ///< .cpp or .hpp
    bool is_under(std::string_view prefix) const { return path.starts_with(prefix); }
    /// 1-based line of an offset.
    std::size_t line_of(std::size_t offset) const;
    /// Line `number` (1-based) of the text, without its end.
    std::string_view line(std::size_t number) const;
};

/// What an #include names, and where.
struct Include {
    std::string name;
    bool quoted;
    std::size_t line;
};
std::vector<Include> includes_of(SourceFile const& file);

/// Every text file of the project below `root`: what git would track, without asking git.
std::vector<SourceFile> read_tree(std::filesystem::path const& root);

} // namespace darkroom::tidy
