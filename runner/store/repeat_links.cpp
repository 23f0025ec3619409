#include "runner/store/repeat_links.hpp"

#include "runner/base/relative_path.hpp"
#include "runner/store/atomic_file.hpp"
#include "runner/store/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace darkroom::store {

namespace {

constexpr int repeats_max = 10'000; // "-2", "-3", … of one name

bool is_same_file(File const& a, File const& b) {
    struct stat first {};
    struct stat second {};
    return ::fstat(a.descriptor(), &first) == 0 && ::fstat(b.descriptor(), &second) == 0 &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

bool has_no_links(int number) {
    return number == EXDEV || number == EPERM || number == EMLINK || number == ENOTSUP ||
           number == ENOENT; // the last without /proc
}

} // namespace

Result<std::optional<std::string>>
RepeatLinks::give(std::string const& picture, std::function<std::string(int copy)> const& name) {
    auto const file = own_file_below(directory_, picture, O_RDONLY);
    if (file.has_error()) return std::optional<std::string>();
    for (int copy = 1; copy <= repeats_max; ++copy) {
        auto wanted = name(copy);
        if (wanted == picture) return std::optional(std::move(wanted));
        if (names_.has_other(wanted)) continue;
        TRY_ASSIGN(auto const put, this->put(*file, wanted));
        if (put == Outcome::done) return std::optional(std::move(wanted));
    }
    return Error(Errc::bad_layout, "every name for the image is taken: use {key}");
}

Result<bool> RepeatLinks::give_again(std::string const& picture, std::string const& name) {
    if (picture == name || exists(directory_ + "/" + name)) return false;
    auto const file = own_file_below(directory_, picture, O_RDONLY);
    if (file.has_error()) return false;
    TRY_ASSIGN(auto const put, this->put(*file, name));
    return put == Outcome::done;
}

Result<RepeatLinks::Outcome> RepeatLinks::put(File const& picture, std::string const& name) {
    if (!stays_below(name))
        return Error(Errc::damaged_manifest, fmt::format("it names the file '{}'", name));
    auto const [way, last] = split_path(name);
    TRY_ASSIGN(auto const top, Directory::open(directory_));
    TRY_ASSIGN(auto const to, top.below(way, Directory::Missing::is_made));
    auto const there = to.file(last, O_RDONLY);
    // A run that was killed has made the link, and no line of it.
    if (there.has_value()) return is_same_file(picture, *there) ? Outcome::done : Outcome::taken;
    auto const opened = fmt::format("/proc/self/fd/{}", picture.descriptor());
    int const linked =
        ::linkat(AT_FDCWD, opened.c_str(), to.descriptor(), last.c_str(), AT_SYMLINK_FOLLOW);
    if (linked != 0 && errno == EEXIST) return Outcome::taken;
    if (linked != 0 && has_no_links(errno)) return put_copy(picture, to, last);
    if (linked != 0) return file_error("link " + picture.path() + " to", directory_ + "/" + name);
    names_.add(name);
    return Outcome::done;
}

Result<RepeatLinks::Outcome> RepeatLinks::put_copy(File const& picture, Directory const& to,
                                                   std::string const& name) {
    auto const part = parts_ + "/darkroom.repeat";
    TRY_ASSIGN(auto copy, File::own(part, O_WRONLY | O_CREAT | O_TRUNC));
    TRY_ASSIGN(auto const size, picture.size());
    TRY(picture.read(size, [&copy](std::string_view piece) { return copy.write(piece); }));
    TRY(copy.sync());
    TRY_ASSIGN(bool const is_free, to.take_over_free(part, name));
    return is_free ? Outcome::done : Outcome::taken;
}

} // namespace darkroom::store
