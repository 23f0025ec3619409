// Errors and warnings of a job file, collected while it is read.
#pragma once

#include "jobs/yaml/finding.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
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

/// All findings of one load. The same finding at the same place is kept once, so that an error in
/// the defaults is not repeated for every job.
class Findings {
public:
    /// Adds a text with a name to show: a path, or "--set limits.rate", which has no lines worth
    /// counting. `text` must outlive this.
    int add_source(std::string name, std::string_view text, bool has_lines);
    /// Adds a file of which only the lines are known: a place in it has its line as the offset.
    int add_table(std::string name);
    /// Returns the line from 1; 0 in a source without lines.
    int line_of(Where const& where) const;
    /// Returns the place of a byte of a scalar's value, or the scalar's own when that is not known
    /// (the value may have been folded or unescaped).
    Where inside(Where const& scalar, std::string_view value, std::size_t offset) const;

    /// Returns an error without a text at this place, for what is found after the load.
    Finding place_of(Where const& where) const;

    void error(Where const& where, std::string text);
    void warning(Where const& where, std::string text);
    /// Makes every warning so far an error.
    void refuse_warnings();
    /// The number of errors so far. A difference shows that an error was added in between.
    std::size_t errors() const { return errors_; }
    /// Returns the number of findings of any kind.
    std::size_t size() const { return entries_.size(); }
    bool has_text(std::string_view text) const;
    /// Keeps very many findings instead of a list that fits on a page.
    void list_all();
    bool lists_all() const { return lists_all_; }
    /// Returns true when there are enough errors: checks that would only add more may stop.
    bool is_full() const;
    /// Returns the findings in the order of the sources and of the places in them.
    std::vector<Finding> sorted() const;

private:
    struct Source {
        std::string name;
        std::string_view text;
        bool has_lines = true;
        bool is_table = false;
        std::vector<std::size_t> lines; ///< The beginning of each line.
    };
    using Entry = std::tuple<int, std::size_t, int, std::string>; // source offset level text

    void add(Finding::Level level, Where const& where, std::string text);
    std::size_t most() const;

    std::vector<Source> sources_;
    std::set<Entry> entries_;
    std::size_t errors_ = 0;
    std::size_t dropped_ = 0; ///< Findings beyond the limit.
    bool lists_all_ = false;
};

/// Adds the warnings of the first ten odd lines of a file, and then how many more there are. Ten
/// lines of each kind of warning are shown: many of one kind do not hide another.
class CappedWarnings {
public:
    /// `lines` is what they are called: "row". The findings must outlive this.
    CappedWarnings(Findings& findings, std::string_view lines);

    /// `lint(where, findings)` looks at one line.
    template <class Lint>
    void look(Where const& where, Lint lint) {
        if (findings_.lists_all()) return lint(where, findings_);
        lint(Where{0, where.offset}, found_);
        if (found_.size() > 0) take(where);
    }
    /// Says how many lines are not shown. Call it last.
    void close();

private:
    void take(Where const& where);
    void forget();

    Findings& findings_;
    Findings found_; ///< Those of the line at hand.
    std::string_view lines_;
    std::map<std::string, int> shown_; ///< Lines by the kind of warning.
    std::uint64_t unshown_ = 0;        ///< Lines with a warning that is not shown.
    Where first_unshown_;
};

} // namespace darkroom::jobs
