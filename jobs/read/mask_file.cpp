#include "jobs/read/mask_file.hpp"

#include "jobs/services/addresses.hpp"
#include "jobs/yaml/node_change.hpp"
#include "runner/base/base64.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <fstream>

namespace darkroom::jobs {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t mask_bytes_max = 1u << 20;

bool is_picture(std::string_view bytes) {
    using namespace std::string_view_literals;
    return bytes.starts_with("\x89PNG\r\n\x1a\n"sv) || bytes.starts_with("\xff\xd8\xff"sv) ||
           (bytes.starts_with("RIFF"sv) && bytes.substr(0, 12).ends_with("WEBP"sv));
}

/// Returns the bytes of a mask. On failure it returns none, and `problem` continues "the mask
/// 'NAME' ".
std::string read_mask(fs::path const& path, std::string& problem) {
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

} // namespace

NodePtr with_mask_files(NodePtr const& job, std::function<NodePtr(NodePtr const&)> const& change) {
    auto const mask = [&change](NodePtr const& text) {
        return text->is_text() && is_mask_file(text->text) ? change(text) : text;
    };
    auto const entry = [&change](NodePtr const& branch) { return with_mask_files(branch, change); };
    auto const then = [&entry](NodePtr const& list) {
        return list->is_list() ? each_changed(list, entry) : list;
    };
    return changed(changed(job, "mask", mask), "then", then);
}

NodePtr with_masks_read(NodePtr const& root, std::string const& folder, Findings& findings) {
    auto const read = [&](NodePtr const& name) -> NodePtr {
        std::string problem;
        bool const varies = name->text.find("{{") != std::string::npos;
        if (varies) problem = "is a file, which is read once: variables are for addresses";
        auto const bytes =
            varies ? std::string() : read_mask(fs::path(folder) / name->text, problem);
        if (!problem.empty()) {
            findings.error(name->where, fmt::format("the mask '{}' {}", name->text, problem));
            return name;
        }
        auto result = std::make_shared<Node>(*name);
        result->text = to_base64(bytes);
        result->quoted = true;
        return result;
    };
    auto const job = [&read](NodePtr const& map) { return with_mask_files(map, read); };
    auto const jobs = [&job](NodePtr const& list) {
        return list->is_list() ? each_changed(list, job) : list;
    };
    return changed(changed(root, "defaults", job), "jobs", jobs);
}

} // namespace darkroom::jobs
