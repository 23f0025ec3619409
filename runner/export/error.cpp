#include "runner/export/error.hpp"

#include <fmt/format.h>

#include <cerrno>

namespace darkroom::exports {

namespace {

std::string wording(int value) {
    switch (static_cast<Errc>(value)) {
    case Errc::not_ours: return "not made by an export";
    case Errc::other_options: return "an export with other options is there";
    case Errc::busy: return "another process writes this export";
    case Errc::cannot_link: return "no hard link is possible there";
    case Errc::not_built: return "the program was built without it";
    case Errc::bad_sums: return "not as SHA256SUMS says";
    case Errc::bad_key: return "no key of the right kind";
    }
    return "unnamed export error";
}

} // namespace

error_code make_error_code(Errc code) {
    static RoomCategory const category("export", wording);
    return {static_cast<int>(code), category};
}

Error file_error(char const* verb, std::string const& path) {
    return system_error_of(errno, fmt::format("cannot {} {}", verb, path));
}

} // namespace darkroom::exports
