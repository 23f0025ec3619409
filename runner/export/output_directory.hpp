// The directory of an export.
#pragma once

#include "runner/export/options.hpp"
#include "runner/export/picture_file.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

namespace darkroom::exports {

/// Says how a picture came into the export. `wrong`: its bytes are not those of the manifest, and
/// nothing was placed.
enum class Placed { linked, copied, kept, wrong };

/// Writes files by descriptor, without following links below the directory, each under another
/// name first. A name that an export has not made is never touched: this directory keeps a list of
/// what it makes, and what an earlier start of the same export has made is kept or replaced.
class OutputDirectory {
public:
    /// Opens the directory, or makes it, and holds it against other exports. `marker` says what is
    /// exported and how. Errors: not_ours, other_options, busy, of the disk.
    static Result<OutputDirectory> open(std::string const& path, json::Value const& marker);

    /// Says which files come next, so that the list of what is ours is written for many at once.
    Result<> announce_next(std::vector<std::string> const& names);
    /// Does what place() need not do itself: makes the copy, or compares the bytes. Any thread may
    /// call it, beside everything else. `number`: one of its own for each picture.
    Result<> prepare(std::string const& name, std::size_t number, PictureFile& picture,
                     Options const& how) const;
    /// Brings a picture in under a name relative to the directory. Errors: not_ours, cannot_link,
    /// of the disk.
    Result<Placed> place(std::string const& name, PictureFile const& picture, Options const& how);
    /// Writes a small file.
    Result<> write(std::string const& name, std::string_view bytes);
    /// Begins a file; commit() gives it its name.
    Result<OutputFile> create();
    Result<Digest> commit(OutputFile file, std::string const& name);
    /// Takes a file of an earlier start over, if its bytes are these.
    Result<bool> keep(std::string const& name, std::uint64_t bytes, std::string const& sha256);
    /// Reads a small file; "" where there is none.
    Result<std::string> read(std::string const& name);
    /// Writes a file that has no line in SHA256SUMS: the signature, or a note of the export to
    /// itself, whose name begins with .darkroom-export.
    Result<> note(std::string const& name, std::string_view bytes);

    /// Removes what an earlier start has made and this one has not, and writes SHA256SUMS, over
    /// all files that were placed, written, committed or kept, durably.
    Result<> finish();

    std::string const& path() const { return path_; }

private:
    static constexpr auto part_name = ".darkroom-export.part";
    struct Way {
        int directory = -1;
        std::string name;
    };
    Result<> check_marker(json::Value const& marker);
    Result<> read_names();
    std::string next_part();
    Result<Way> way_of(std::string const& name);
    Result<> announce(std::string const& name);
    /// Makes room for a file that is about to get this name.
    Result<> clear(Way const& way, std::string const& name);
    Result<> add_sum(std::string const& name, std::string_view sha256);
    Result<> remove_leftovers();
    Result<bool> is_kept(Way const& way, PictureFile const& picture, Options const& how);
    Result<> link(Way const& way, std::string const& name, int file);
    Result<Placed> take_copy(Way const& way, std::string const& name, PictureFile const& picture,
                             PictureCopy& copy);
    Result<PictureCopy> copy(PictureFile const& picture, std::string part) const;
    Result<> name_copy(Way const& way, std::string const& name, OutputFile const& file);
    bool will_copy(PictureFile const& picture, Options const& how) const;

    std::string path_;
    std::unique_ptr<Descriptor> top_; ///< Its number stays when this is moved.
    std::map<std::string, Descriptor> below_;
    std::set<std::string> earlier_;          ///< Names that an earlier start has made.
    std::unordered_set<std::uint64_t> used_; ///< Hashes of the names of this one.
    std::unordered_set<std::uint64_t> next_; ///< Hashes of names that the list has already.
    /// The disk whose files cannot be linked from here, once that is known.
    std::unique_ptr<std::atomic<std::uint64_t>> other_disk_ =
        std::make_unique<std::atomic<std::uint64_t>>(0);
    Descriptor list_;
    OutputFile sums_;
    std::string earlier_sums_; ///< The digest of an earlier SHA256SUMS.
    unsigned parts_ = 0;
    std::uint64_t files_ = 0;
    bool needs_sync_ = false; ///< Files were copied or written that are not on the disk yet.
};

} // namespace darkroom::exports
