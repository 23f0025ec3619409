#include "runner/cli/files_read.hpp"

#include "runner/base/sha256.hpp"

#include "jobs/model/job_spec.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

namespace darkroom::cli {

namespace {

bool names_mask(json::Value const& fields, std::vector<jobs::Branch> const& then) {
    if (fields.is_object() && fields.find("mask") != nullptr) return true;
    return std::any_of(then.begin(), then.end(), [](jobs::Branch const& branch) {
        return names_mask(branch.fields, branch.then);
    });
}

/// Returns what changes when a file is changed, or another one is put in its place, also by a link
/// or a folder on the way to it.
std::string state_of(std::string const& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return "none";
    return fmt::format("{} {} {} {}.{} {}.{}", status.st_dev, status.st_ino, status.st_size,
                       status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec,
                       status.st_ctim.tv_nsec);
}

} // namespace

std::string mark_of_files(jobs::JobFile const& file, std::string const& user_config) {
    std::set<std::string> paths(file.files.begin(), file.files.end());
    if (!user_config.empty()) paths.insert(user_config);
    for (auto const& spec : file.jobs) {
        if (names_mask(spec->fields, *spec->then)) return {};
        if (!spec->table) continue;
        for (auto& path : spec->table->paths()) paths.insert(std::move(path));
    }
    if (paths.contains("-")) return {};
    Sha256 hash;
    for (auto const& path : paths) hash.update(fmt::format("{}\n{}\n", path, state_of(path)));
    return to_hex(hash.finish());
}

} // namespace darkroom::cli
