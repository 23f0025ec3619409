#include "runner/store/directory.hpp"

#include "runner/base/relative_path.hpp"
#include "runner/base/text.hpp"
#include "runner/store/error.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace darkroom::store {

namespace {

Error not_ours(std::string const& path, std::string_view what) {
    return {Errc::not_ours,
            fmt::format("{} is {}; move it away, or use another run directory", path, what)};
}

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

} // namespace

Result<Directory> Directory::open(std::string const& path) {
    TRY_ASSIGN(auto file, File::open(path, O_RDONLY | O_DIRECTORY));
    return Directory(std::move(file));
}

Result<Directory> Directory::below(std::string_view relative, Missing missing) const {
    Result<Directory> found = Directory();
    bool is_first = true;
    for (auto const part : split(relative, '/')) {
        if (part.empty() || part == ".") continue;
        auto next =
            is_first ? step(std::string(part), missing) : found->step(std::string(part), missing);
        if (next.has_error()) return next;
        found = std::move(next);
        is_first = false;
    }
    return is_first ? open(path()) : std::move(found);
}

Result<Directory> Directory::step(std::string const& name, Missing missing) const {
    auto const whole = path() + "/" + name;
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    if (name == "..") return not_ours(whole, "not below the run directory");
    auto next = File::open_at(descriptor(), name, whole, flags);
    if (next.has_error() && next.error().code == boost::system::errc::no_such_file_or_directory &&
        missing == Missing::is_made) {
        if (::mkdirat(descriptor(), name.c_str(), 0777) != 0 && errno != EEXIST)
            return file_error("create directory", whole);
        if (::fsync(descriptor()) != 0) return file_error("sync", path());
        next = File::open_at(descriptor(), name, whole, flags);
    }
    if (next.has_value()) return Directory(std::move(*next));
    auto const& code = next.error().code;
    bool const is_in_the_way = code == boost::system::errc::not_a_directory ||
                               code == boost::system::errc::too_many_symbolic_link_levels;
    if (is_in_the_way) return not_ours(whole, "a file or a link, not a directory");
    return next.error();
}

Result<Directory::Kind> Directory::kind_of(std::string const& name) const {
    struct stat info {};
    if (::fstatat(descriptor(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0)
        return S_ISREG(info.st_mode) ? Kind::file : Kind::other;
    if (errno == ENOENT) return Kind::none;
    return file_error("look at", path() + "/" + name);
}

Result<File> Directory::file(std::string const& name, int flags) const {
    return File::own_at(descriptor(), name, path() + "/" + name, flags);
}

Result<std::vector<std::string>> Directory::names() const {
    std::vector<std::string> names;
    TRY(for_each_name([&names](std::string_view name) { names.emplace_back(name); }));
    return names;
}

Result<> Directory::for_each_name(std::function<void(std::string_view)> const& take) const {
    int const copy = ::openat(descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0) return file_error("list", path());
    std::unique_ptr<DIR, CloseDirectory> const list(::fdopendir(copy));
    if (!list) {
        ::close(copy);
        return file_error("list", path());
    }
    errno = 0;
    while (auto const* entry = ::readdir(list.get())) {
        std::string_view const name = entry->d_name;
        if (name != "." && name != "..") take(name);
        errno = 0;
    }
    if (errno != 0) return file_error("list", path());
    return {};
}

Result<> Directory::remove(std::string const& name) const {
    TRY_ASSIGN(auto const kind, kind_of(name));
    if (kind != Kind::file) return {};
    if (::unlinkat(descriptor(), name.c_str(), 0) != 0 && errno != ENOENT)
        return file_error("remove", path() + "/" + name);
    return {};
}

Result<> Directory::take_over(std::string const& from, std::string const& name) const {
    TRY_ASSIGN(auto const kind, kind_of(name));
    auto const whole = path() + "/" + name;
    if (kind == Kind::other) return not_ours(whole, "a link, a directory or a special file");
    if (::renameat(AT_FDCWD, from.c_str(), descriptor(), name.c_str()) != 0)
        return file_error("rename " + from + " to", whole);
    return {};
}

Result<bool> Directory::take_over_free(std::string const& from, std::string const& name) const {
    if (::renameat2(AT_FDCWD, from.c_str(), descriptor(), name.c_str(), RENAME_NOREPLACE) == 0)
        return true;
    if (errno == EEXIST) return false;
    if (errno != EINVAL && errno != ENOSYS)
        return file_error("rename " + from + " to", path() + "/" + name);
    // A file system without that call. The run holds its directory's lock and claims each name
    // first, so nobody comes between the question and the rename.
    TRY_ASSIGN(auto const kind, kind_of(name));
    if (kind != Kind::none) return false;
    TRY(take_over(from, name));
    return true;
}

SplitPath split_path(std::string const& path) {
    auto const slash = path.rfind('/');
    if (slash == path.npos) return {"", path};
    return {path.substr(0, slash), path.substr(slash + 1)};
}

Result<File> own_file_below(std::string const& directory, std::string const& file, int flags) {
    if (!stays_below(file)) return not_ours(directory + "/" + file, "not below its directory");
    auto const [way, name] = split_path(file);
    TRY_ASSIGN(auto const top, Directory::open(directory));
    TRY_ASSIGN(auto const below, top.below(way, Directory::Missing::is_error));
    return below.file(name, flags);
}

} // namespace darkroom::store
