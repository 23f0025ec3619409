// The errors of an export, apart from those of the disk.
#pragma once

#include "runner/base/error.hpp"

namespace darkroom::exports {

/// Failed system calls carry errno in the system category instead.
enum class Errc {
    not_ours = 1,  ///< The place of the export has something that no export has made.
    other_options, ///< An export with other options is there.
    busy,          ///< Another process writes this export.
    cannot_link,   ///< Hard links were asked for, and the disk has none.
    not_built,     ///< The program was built without a library that this needs.
    bad_sums,      ///< A file of an export is not as its sums say.
    bad_key,       ///< No key, or not of the kind that is needed.
};
error_code make_error_code(Errc code);

/// Returns the errno of the last failed call, with "cannot VERB PATH".
Error file_error(char const* verb, std::string const& path);

} // namespace darkroom::exports

template <>
struct boost::system::is_error_code_enum<darkroom::exports::Errc> : std::true_type {};
