// What is wrong with a job file, collected while it is read.
#pragma once

#include "jobs/yaml/finding.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace darkroom::jobs {

/// A place in one of the texts a job file is made of. Lines and columns are counted only for
/// places that are shown: a line may be megabytes long.
struct Where {
    int source = 0;         ///< From Findings::add_source.
    std::size_t offset = 0; ///< In bytes, from the beginning of the source.
};

/// All findings of one load. The same finding at the same place is kept once, so that what is wrong
/// with the defaults is not said again for every job.
class Findings {
public:
    /// A text with a name to show: a path, or "--set limits.rate", which has no lines worth
    /// counting. `text` must outlive this.
    int add_source(std::string name, std::string_view text, bool has_lines);
    /// A file of which only the lines are known: a place in it has its line as the offset.
    int add_table(std::string name);
    /// From 1; 0 in a source without lines.
    int line_of(Where const& where) const;
    /// The place of a byte of a scalar's value, or the scalar's own when that can't be told (the
    /// value may have been folded or unescaped).
    Where inside(Where const& scalar, std::string_view value, std::size_t offset) const;

    void error(Where const& where, std::string text);
    void warning(Where const& where, std::string text);
    /// Different numbers before and after: an error was added in between.
    std::size_t errors() const { return errors_; }
    /// How many there are, of any kind.
    std::size_t size() const { return entries_.size(); }
    /// Enough errors have been found: what would only find more may stop.
    bool is_full() const;
    /// In the order of the sources and of the places in them.
    std::vector<Finding> sorted() const;

private:
    struct Source {
        std::string name;
        std::string_view text;
        bool has_lines = true;
        bool is_table = false;
        std::vector<std::size_t> lines; ///< Where each begins.
    };
    using Entry = std::tuple<int, std::size_t, int, std::string>; // source offset level text

    void add(Finding::Level level, Where const& where, std::string text);

    std::vector<Source> sources_;
    std::set<Entry> entries_;
    std::size_t errors_ = 0;
};

} // namespace darkroom::jobs
