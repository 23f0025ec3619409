// The names below a directory that some file systems would take for the same.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace darkroom::store {

/// Keeps two files from names that differ only in case or in the normal form of their letters: a
/// copy of the run directory on another system would have one of them. Reads each directory once,
/// in which a name is sought. Takes memory only for names with capital letters and the like.
class FoldedNames {
public:
    explicit FoldedNames(std::string root) : root_(std::move(root)) {}

    /// Returns true if there is a name that differs from this one only in such a way. Names are
    /// relative to the root.
    bool has_other(std::string const& name);
    /// Takes note of a name before there is such a file.
    void add(std::string const& name);
    /// Takes the note back.
    void forget(std::string const& name);

private:
    using Hashes =
        std::pair<std::uint64_t, std::uint64_t>; ///< Those of the folded name and the name.

    static Hashes hashes_of(std::string const& folded, std::string const& name);
    void read(std::string const& folded_way);
    void read_names(std::string const& way);

    std::string root_;
    std::set<std::string> ways_; ///< Folded directories that were read.
    // Names that differ from their folded form; the others are sought on the disk.
    std::vector<Hashes> read_; ///< Ascending.
    std::set<Hashes> added_;
};

} // namespace darkroom::store
