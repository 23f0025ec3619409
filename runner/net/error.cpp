#include "runner/net/error.hpp"

#include "runner/base/out_of_files.hpp"

#include <boost/asio/error.hpp>

#include <array>

namespace darkroom::net {

namespace {

struct Row {
    Errc code;
    std::string_view word;
    char const* message;
};

constexpr std::array rows = {
    Row{Errc::bad_url, "bad_url", "not a usable http or https URL"},
    Row{Errc::no_address, "no_address", "the host name has no address"},
    Row{Errc::timed_out, "timed_out", "took too long"},
    Row{Errc::closed, "connection_closed", "the connection was closed too early"},
    Row{Errc::tls_handshake, "tls_handshake", "TLS could not be agreed"},
    Row{Errc::tls_untrusted, "tls_untrusted", "the certificate is not trusted"},
    Row{Errc::tls_broken, "tls_broken", "the TLS connection was damaged"},
    Row{Errc::bad_answer, "bad_answer", "the answer is not valid HTTP"},
    Row{Errc::head_too_large, "head_too_large", "the headers of the answer are too large"},
    Row{Errc::body_too_large, "body_too_large", "the answer is too large"},
    Row{Errc::line_too_long, "line_too_long", "a line of the answer is too long"},
    Row{Errc::too_many_redirects, "too_many_redirects", "redirected too often"},
    Row{Errc::bad_redirect, "bad_redirect", "redirected to where this program does not go"},
    Row{Errc::bad_range, "bad_range", "the partial answer does not fit what was asked"},
    Row{Errc::bad_ca_file, "bad_ca_file", "the certificate file cannot be used"},
    Row{Errc::bad_proxy, "bad_proxy", "the proxy cannot be used"},
    Row{Errc::proxy_refused, "proxy_refused", "the proxy refused the connection"},
    Row{Errc::bad_coding, "bad_coding", "the content coding of the answer cannot be undone"},
    Row{Errc::request_refused, "request_refused", "the server did not take the request"},
    Row{Errc::held_back, "held_back", "the request was held back, since its leave had expired"},
    Row{Errc::no_http2, "no_http2", "the server does not speak HTTP/2"},
    Row{Errc::http2_lost, "http2_lost", "the server no longer speaks HTTP/2"},
};

Row const* row_of(int value) {
    for (auto const& row : rows) {
        if (static_cast<int>(row.code) == value) return &row;
    }
    return nullptr;
}

std::string wording(int value) {
    auto const* row = row_of(value);
    return row == nullptr ? "unnamed network error" : row->message;
}

RoomCategory const& category() {
    static RoomCategory const one("net", wording);
    return one;
}

} // namespace

error_code make_error_code(Errc code) { return {static_cast<int>(code), category()}; }

std::string_view word_for(error_code const& code) {
    namespace asio_error = boost::asio::error;
    if (code.category() == category()) {
        auto const* row = row_of(code.value());
        return row == nullptr ? "network_error" : row->word;
    }
    if (is_out_of_files(code)) return "too_many_open_files";
    if (code == asio_error::connection_refused) return "connection_refused";
    if (code == asio_error::connection_reset || code == asio_error::broken_pipe)
        return "connection_reset";
    if (code == asio_error::timed_out) return "timed_out";
    if (code == asio_error::host_unreachable || code == asio_error::network_unreachable)
        return "unreachable";
    return "network_error";
}

} // namespace darkroom::net
