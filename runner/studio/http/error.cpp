#include "runner/studio/http/error.hpp"

#include <stdexcept>

namespace darkroom::studio {

namespace {

std::string wording(int value) {
    switch (static_cast<Errc>(value)) {
    case Errc::bad_fault_script: return "not a fault script";
    case Errc::bad_tls_files: return "cannot use the TLS certificate";
    case Errc::input_image: return "input image cannot be used";
    case Errc::bad_settings: return "not a list of accounts or tokens";
    case Errc::bad_archive: return "cannot keep tasks there";
    case Errc::bad_recording: return "not a recording that can be played";
    case Errc::clip_encoder: return "no MP4 can be made";
    }
    return "unnamed studio error";
}

} // namespace

error_code make_error_code(Errc code) {
    static RoomCategory const category("studio", wording);
    return {static_cast<int>(code), category};
}

void throw_exception_from_error(ApiError const& error, boost::source_location const& where) {
    throw std::logic_error(error.message + " (unchecked at " + where.to_string() + ")");
}

ApiError bad_request(std::string message) { return {400, "bad_request", std::move(message)}; }

} // namespace darkroom::studio
