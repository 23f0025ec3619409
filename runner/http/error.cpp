#include "runner/http/error.hpp"

namespace darkroom::http {

namespace {

std::string wording(int value) {
    switch (static_cast<Errc>(value)) {
    case Errc::bad_listen_address: return "cannot listen there";
    case Errc::bad_tls_files: return "cannot use the TLS certificate and key";
    case Errc::peer_gone: return "the client is gone";
    }
    return "unnamed error of the HTTP server";
}

} // namespace

error_code make_error_code(Errc code) {
    static RoomCategory const category("http", wording);
    return {static_cast<int>(code), category};
}

} // namespace darkroom::http
