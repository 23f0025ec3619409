// How a picture comes into the directory of an export: as a hard link, or as a copy.
#include "runner/export/output_directory.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace darkroom::exports {

namespace {

bool is_same_file(struct stat const& a, struct stat const& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// Returns true for the reasons why a link cannot be made and a copy can.
bool may_copy_after(int number) {
    return number == EXDEV || number == EPERM || number == EMLINK || number == ENOTSUP ||
           number == ENOENT; // no /proc
}

/// Copies by the system, which shares the blocks where the disk can; false where it cannot do it.
Result<bool> copy_by_system(int from, int to, std::uint64_t bytes) {
    for (std::uint64_t left = bytes; left > 0;) {
        off64_t at = static_cast<off64_t>(bytes - left);
        auto const count = ::copy_file_range(from, &at, to, nullptr, left, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && left == bytes) return false;
        if (count < 0) return file_error("copy", "a picture");
        if (count == 0) break; // shorter than it was: the digest will say so
        left -= static_cast<std::uint64_t>(count);
    }
    return true;
}

Result<> copy_by_hand(int from, int to, std::uint64_t bytes) {
    std::string buffer(256u << 10, '\0');
    for (std::uint64_t at = 0; at < bytes;) {
        auto const count = ::pread(from, buffer.data(), buffer.size(), static_cast<off_t>(at));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return file_error("read", "a picture");
        if (count == 0) break;
        TRY(write_all(to, {buffer.data(), static_cast<std::size_t>(count)}, "a picture"));
        at += static_cast<std::uint64_t>(count);
    }
    return {};
}

} // namespace

/// A file of an earlier start stays if it is the picture: as a link by its number, as a copy by its
/// bytes.
Result<bool> OutputDirectory::is_kept(Way const& way, PictureFile const& picture,
                                      Options const& how) {
    struct stat there {};
    struct stat source {};
    if (::fstatat(way.directory, way.name.c_str(), &there, AT_SYMLINK_NOFOLLOW) != 0) return false;
    if (::fstat(picture.descriptor, &source) != 0) return file_error("look at", "a picture");
    if (!S_ISREG(there.st_mode)) return false;
    if (is_same_file(there, source)) return how.placement != Placement::copy && !how.verify;
    if (how.placement == Placement::link ||
        static_cast<std::uint64_t>(there.st_size) != picture.bytes)
        return false;
    Descriptor const file(
        ::openat(way.directory, way.name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file.is_open()) return false;
    TRY_ASSIGN(auto const digest, digest_of(file.number(), picture.bytes, way.name));
    return to_hex(digest) == picture.sha256;
}

Result<Placed> OutputDirectory::place(std::string const& name, PictureFile const& picture,
                                      Options const& how) {
    TRY_ASSIGN(auto const way, way_of(name));
    if (earlier_.contains(name)) {
        TRY_ASSIGN(auto const kept, is_kept(way, picture, how));
        if (kept) {
            TRY(announce(name));
            TRY(add_sum(name, picture.sha256));
            return Placed::kept;
        }
    }
    if (how.placement != Placement::copy) {
        if (how.verify) {
            TRY_ASSIGN(auto const digest, digest_of(picture.descriptor, picture.bytes, name));
            if (to_hex(digest) != picture.sha256) return Placed::wrong;
        }
        TRY(announce(name));
        auto linked = link(way, name, picture);
        if (linked.has_error() && linked.error().code.value() == EEXIST) {
            TRY(clear(way, name));
            linked = link(way, name, picture);
        }
        if (linked.has_value() || !may_copy_after(linked.error().code.value())) return linked;
        if (how.placement == Placement::link)
            return Error(Errc::cannot_link,
                         fmt::format("{}/{}: leave out --link, then it is copied", path_, name));
    }
    TRY(clear(way, name));
    return copy(name, picture);
}

/// The link is made of the open file: what was looked at is what gets the name.
Result<Placed> OutputDirectory::link(Way const& way, std::string const& name,
                                     PictureFile const& picture) {
    auto const opened = fmt::format("/proc/self/fd/{}", picture.descriptor);
    if (::linkat(AT_FDCWD, opened.c_str(), way.directory, way.name.c_str(), AT_SYMLINK_FOLLOW) != 0)
        return file_error("link", path_ + "/" + name);
    TRY(add_sum(name, picture.sha256));
    return Placed::linked;
}

/// The digest is that of the copy.
Result<Placed> OutputDirectory::copy(std::string const& name, PictureFile const& picture) {
    TRY_ASSIGN(auto file, create());
    TRY_ASSIGN(auto const done,
               copy_by_system(picture.descriptor, file.descriptor(), picture.bytes));
    if (!done) {
        TRY(copy_by_hand(picture.descriptor, file.descriptor(), picture.bytes));
    }
    TRY_ASSIGN(auto const digest, digest_of(file.descriptor(), picture.bytes, file.part()));
    if (to_hex(digest) != picture.sha256) return Placed::wrong;
    TRY_ASSIGN(auto const way, way_of(name));
    TRY(announce(name));
    if (::renameat(top_->number(), file.part().c_str(), way.directory, way.name.c_str()) != 0)
        return file_error("rename", path_ + "/" + name);
    file.release();
    needs_sync_ = true;
    TRY(add_sum(name, picture.sha256));
    return Placed::copied;
}

} // namespace darkroom::exports
