#include "runner/cli/dashboard_files.hpp"

#include "runner/base/sha256.hpp"
#include "runner/base/try.hpp"
#include "runner/store/directory.hpp"
#include "runner/store/error.hpp"
#include "runner/store/thumbnail.hpp"

#include <array>
#include <fcntl.h>
#include <utility>

namespace darkroom::cli {

namespace {

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Returns the bytes that percent-encoded text stands for; "" when it is malformed.
std::string decoded(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            bytes += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return {};
        int const high = digit_of(text[i + 1]);
        int const low = digit_of(text[i + 2]);
        if (high < 0 || low < 0) return {};
        bytes += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return bytes;
}

bool is_name(std::string_view part) {
    return !part.empty() && part.front() != '.' && part.find('\0') == part.npos;
}

} // namespace

std::string_view media_type_of(std::string_view path) {
    using Type = std::pair<std::string_view, std::string_view>;
    constexpr std::array<Type, 6> types{{{".png", "image/png"},
                                         {".jpg", "image/jpeg"},
                                         {".jpeg", "image/jpeg"},
                                         {".webp", "image/webp"},
                                         {".mp4", "video/mp4"},
                                         {".txt", "text/plain; charset=utf-8"}}};
    for (auto const& [end, type] : types)
        if (path.ends_with(end)) return type;
    return {};
}

std::string relative_path_of(std::string_view encoded) {
    auto path = decoded(encoded);
    std::string_view rest = path;
    while (true) {
        auto const slash = rest.find('/');
        if (!is_name(rest.substr(0, slash))) return {};
        if (slash == rest.npos) return path;
        rest.remove_prefix(slash + 1);
    }
}

Result<std::string> read_picture(std::string const& directory, std::string const& file) {
    TRY_ASSIGN(auto const opened, store::own_file_below(directory, file, O_RDONLY));
    TRY_ASSIGN(auto const size, opened.size());
    if (size > sent_bytes_max) return Error(store::Errc::too_large, file);
    std::string bytes;
    bytes.reserve(size);
    TRY(opened.read(size, [&bytes](std::string_view piece) -> Result<> {
        bytes += piece;
        return {};
    }));
    return bytes;
}

Result<std::string> read_thumbnail(std::string const& directory, std::string const& file,
                                   std::string const& sha256) {
    Digest digest{};
    if (from_hex(sha256, digest)) {
        auto kept = read_picture(directory, "thumbs/" + sha256 + ".webp");
        if (kept.has_value()) return kept;
    }
    TRY_ASSIGN(auto const picture, read_picture(directory, file));
    TRY_ASSIGN(auto made, store::make_thumbnail(picture));
    return std::move(made.webp);
}

} // namespace darkroom::cli
