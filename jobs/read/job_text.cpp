#include "jobs/read/job_text.hpp"

#include "jobs/yaml/node.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>

namespace darkroom::jobs {

namespace fs = std::filesystem;

namespace {

struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

} // namespace

Result<std::string> read_job_text(std::string const& path) {
    auto const tried = fmt::format("cannot read the job file '{}'", path);
    std::unique_ptr<std::FILE, Close> opened;
    if (path != "-") {
        opened.reset(std::fopen(path.c_str(), "rbe"));
        if (!opened) return system_error_of(errno, tried);
    }
    auto* const file = opened ? opened.get() : stdin;
    std::string text(YamlLimits().bytes + 1, '\0');
    auto const size = std::fread(text.data(), 1, text.size(), file);
    if (std::ferror(file) != 0) return system_error_of(errno, tried);
    text.resize(size);
    return text;
}

std::string folder_of(std::string const& path) {
    std::error_code ignored; // without a working directory a relative path stays one
    auto const here = fs::current_path(ignored);
    auto const folder = path == "-" ? here : (here / path).parent_path();
    return folder.lexically_normal().string();
}

} // namespace darkroom::jobs
