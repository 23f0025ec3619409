#include "runner/store/clean_folder.hpp"

#include "runner/base/relative_path.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace darkroom::store {

Result<CleanFolder> CleanFolder::open(std::string const& directory) {
    TRY_ASSIGN(auto top, Directory::open(directory));
    return CleanFolder(std::move(top));
}

Directory const* CleanFolder::way_to(std::string_view file, std::string& name) {
    if (!stays_below(file)) return nullptr;
    auto [way, last] = split_path(std::string(file));
    name = std::move(last);
    if (name.empty() || name == "." || name == "..") return nullptr;
    if (!way_ || way_name_ != way) {
        way_.reset();
        auto below = top_.below(way, Directory::Missing::is_error);
        if (below.has_error()) return nullptr;
        way_ = std::move(*below);
        way_name_ = std::move(way);
    }
    return &*way_;
}

std::optional<DiskFile> CleanFolder::find(std::string_view file) {
    std::string name;
    auto const* way = way_to(file, name);
    struct stat info {};
    if (way == nullptr ||
        ::fstatat(way->descriptor(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(info.st_mode))
        return std::nullopt;
    return DiskFile{static_cast<std::uint64_t>(info.st_size), info.st_dev, info.st_ino};
}

std::vector<std::string> CleanFolder::names_below(std::string_view directory) {
    auto const below = top_.below(directory, Directory::Missing::is_error);
    if (below.has_error()) return {};
    auto names = below->names();
    return names.has_value() ? std::move(*names) : std::vector<std::string>();
}

Result<bool> CleanFolder::remove(std::string_view file) {
    if (!find(file)) return false;
    std::string name;
    auto const* way = way_to(file, name);
    if (way == nullptr) return false;
    TRY(way->remove(name));
    emptied_.insert(way_name_);
    return true;
}

void CleanFolder::remove_empty() {
    way_.reset();
    while (!emptied_.empty()) {
        auto const directory = *emptied_.rbegin(); // one below another comes after it
        emptied_.erase(directory);
        if (directory.empty()) continue; // the run directory itself
        auto const [above, name] = split_path(directory);
        auto const way = top_.below(above, Directory::Missing::is_error);
        bool const is_gone =
            way.has_value() && ::unlinkat(way->descriptor(), name.c_str(), AT_REMOVEDIR) == 0;
        if (is_gone) emptied_.insert(above);
    }
}

} // namespace darkroom::store
