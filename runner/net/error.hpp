// Network failures beyond those that the system reports.
#pragma once

#include "runner/base/error.hpp"

#include <string_view>

namespace darkroom::net {

enum class Errc {
    bad_url = 1,        ///< Not an http or https URL that this program can use.
    no_address,         ///< The name has no address, or it could not be looked up.
    timed_out,          ///< A deadline passed; the detail names it.
    closed,             ///< The peer closed before the answer was whole.
    tls_handshake,      ///< The TLS handshake failed.
    tls_untrusted,      ///< The certificate is not trusted, or is for another host.
    tls_broken,         ///< A record was damaged after the handshake.
    bad_answer,         ///< The answer is not HTTP/1.1.
    head_too_large,     ///< Status line and headers exceed 64 KiB.
    body_too_large,     ///< The body exceeds the caller's limit.
    line_too_long,      ///< One line of a stream exceeds 8 MiB.
    too_many_redirects, ///< More than five.
    bad_redirect,       ///< Without a target, or from https to http.
    bad_range,          ///< A partial answer that does not continue what was asked for.
    bad_ca_file,        ///< The file of additional authorities cannot be read.
    bad_proxy,          ///< The proxy's URL cannot be used.
    proxy_refused,      ///< The proxy refused the connection or failed to open it.
    bad_coding,         ///< The content coding of an answer is not known, or damaged.
    request_refused,    ///< HTTP/2: the server has not taken the request, and will not.
    held_back,          ///< The caller has forbidden it before the first byte left.
    no_http2,           ///< The server has to speak HTTP/2 and never did: the detail is its origin.
    http2_lost,         ///< The same of one that has spoken it before.
};
error_code make_error_code(Errc code);

/// Returns a short word for programs to compare, such as "connection_reset" or "timed_out";
/// "network_error" for codes without a word of their own.
std::string_view word_for(error_code const& code);

} // namespace darkroom::net

template <>
struct boost::system::is_error_code_enum<darkroom::net::Errc> : std::true_type {};
