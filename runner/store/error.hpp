// The errors of a run directory and of an image, apart from those of the disk itself.
#pragma once

#include "runner/base/error.hpp"

namespace darkroom::store {

/// Failed system calls carry errno in the system category instead, failed SQLite calls SQLite's own
/// code; see is_disk_error().
enum class Errc {
    locked = 1,       ///< Another process holds the run directory.
    foreign_journal,  ///< journal.db was made by another program.
    newer_journal,    ///< journal.db was made by a newer version of this one.
    damaged_journal,  ///< A row that this program cannot have written.
    journal_closed,   ///< An append after close(), or after a commit failed.
    bad_layout,       ///< output.layout cannot name files.
    not_an_image,     ///< The content type or the first bytes are of something else.
    bad_structure,    ///< An image that is damaged or not complete.
    wrong_length,     ///< Not as many bytes as announced.
    wrong_size,       ///< Not the width and height that were ordered.
    wrong_range,      ///< A resumed download that continues at another byte than requested.
    too_large,        ///< More bytes than allowed.
    went_back,        ///< The journal is older than the files beside it.
    damaged_marks,    ///< A file of marks that this program cannot have written.
    damaged_manifest, ///< A line that this program cannot have written.
    not_ours,         ///< Something that this program did not make has the name of its file.
};
error_code make_error_code(Errc code);

/// Returns true when the machine is at fault (disk full, not writable, broken) rather than the
/// data. A retry then fails until somebody has made room.
bool is_disk_error(error_code const& code);

} // namespace darkroom::store

template <>
struct boost::system::is_error_code_enum<darkroom::store::Errc> : std::true_type {};
