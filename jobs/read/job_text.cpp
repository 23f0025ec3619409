#include "jobs/read/job_text.hpp"

#include "jobs/yaml/node.hpp"
#include "runner/base/spelling.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

namespace fs = std::filesystem;

namespace {

struct CloseStream {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

/// Returns a hint at the file that was probably meant; "" when none has a similar name.
std::string hint_at_file(fs::path const& missing) {
    constexpr std::size_t looked_at_max = 10'000;
    std::vector<std::string> names;
    std::error_code failure;
    auto const folder = missing.has_parent_path() ? missing.parent_path() : fs::path(".");
    for (fs::directory_iterator at(folder, failure), end; !failure && at != end;
         at.increment(failure)) {
        if (names.size() == looked_at_max) break;
        names.push_back(at->path().filename().string());
    }
    std::vector<std::string_view> const views(names.begin(), names.end());
    auto const word = missing.filename().string();
    auto const found = nearest(word, views);
    return found ? fmt::format(" (did you mean '{}'?)", (missing.parent_path() / *found).string())
                 : std::string();
}

} // namespace

Result<std::string> read_job_text(std::string const& path) {
    auto tried = fmt::format("cannot read the job file '{}'", path);
    std::unique_ptr<std::FILE, CloseStream> opened;
    if (path != "-") {
        opened.reset(std::fopen(path.c_str(), "rbe"));
        int const number = errno;
        if (!opened && number == ENOENT) tried += hint_at_file(path);
        if (!opened) return system_error_of(number, tried);
    }
    auto* const file = opened ? opened.get() : stdin;
    std::string text(YamlLimits().bytes + 1, '\0');
    auto const size = std::fread(text.data(), 1, text.size(), file);
    int const failure = errno;
    if (failure == EISDIR)
        tried += fmt::format(": a folder of texts is a table, as in '{{version: 1, jobs: "
                             "[{{prompts: {}}}]}}'",
                             path);
    if (std::ferror(file) != 0) return system_error_of(failure, tried);
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
