#include "jobs/services/picture_file.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace darkroom::jobs {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t mask_bytes_max = 1u << 20;

bool is_picture(std::string_view bytes) {
    using namespace std::string_view_literals;
    return bytes.starts_with("\x89PNG\r\n\x1a\n"sv) || bytes.starts_with("\xff\xd8\xff"sv) ||
           (bytes.starts_with("RIFF"sv) && bytes.substr(0, 12).ends_with("WEBP"sv));
}

} // namespace

std::string read_picture_file(std::string const& folder, std::string const& name,
                              std::string& problem) {
    auto const path = fs::path(folder) / name;
    std::error_code failure;
    auto const size = fs::file_size(path, failure);
    if (failure) return problem = "cannot be read: " + failure.message(), std::string();
    if (size > mask_bytes_max)
        return problem = fmt::format("has {} bytes, a mask at most {}", size, mask_bytes_max),
               std::string();
    std::ifstream file(path, std::ios::binary);
    std::string bytes(size, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(size));
    if (!file) return problem = "cannot be read", std::string();
    if (!is_picture(bytes)) return problem = "is not a PNG, JPEG or WebP", std::string();
    return bytes;
}

} // namespace darkroom::jobs
