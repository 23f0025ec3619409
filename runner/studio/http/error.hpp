// Errors of the service itself, and its answers to wrong requests.
#pragma once

#include "runner/base/error.hpp"

#include <string>

namespace darkroom::studio {

/// Reasons why the service could not be set up or could not do its part.
enum class Errc {
    bad_fault_script = 1,
    bad_tls_files, ///< The file of --ca.
    input_image,
    bad_settings,  ///< A file of accounts or tokens.
    bad_archive,   ///< The folder of kept tasks can't be used.
    bad_recording, ///< The file of --replay is not a recording.
    clip_encoder,  ///< No MP4 can be made here.
};
error_code make_error_code(Errc code);

/// An error in the form of the API: `{"error": {"code", "message"}, "trace_id"}` under `status`.
struct ApiError {
    int status = 400;
    std::string code = "bad_request";
    std::string message;
};

/// A value, or the error to answer with.
template <class T>
using Checked = boost::system::result<T, ApiError>;

/// Throws for `Checked::value()` without a value; only code that has checked `has_value()` calls
/// it.
[[noreturn]] void throw_exception_from_error(ApiError const& error,
                                             boost::source_location const& where);

/// Returns 400 `bad_request` with this message.
ApiError bad_request(std::string message);

} // namespace darkroom::studio

template <>
struct boost::system::is_error_code_enum<darkroom::studio::Errc> : std::true_type {};
