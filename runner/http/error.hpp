// Errors of the server.
#pragma once

#include "runner/base/error.hpp"

namespace darkroom::http {

enum class Errc {
    bad_listen_address = 1,
    bad_tls_files,
    peer_gone, ///< The connection is broken or closed; nothing more can be sent.
};
error_code make_error_code(Errc code);

} // namespace darkroom::http

template <>
struct boost::system::is_error_code_enum<darkroom::http::Errc> : std::true_type {};
