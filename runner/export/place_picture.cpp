// How a picture comes into the directory of an export: as a hard link, or as a copy.
#include "runner/export/output_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <memory>
#include <optional>
#include <sys/ioctl.h>
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

/// Returns the disk on which a file is; 0 where that is not known.
dev_t disk_of(int descriptor) {
    struct stat info {};
    return ::fstat(descriptor, &info) == 0 ? info.st_dev : 0;
}

/// Copies by sharing the blocks of the disk; nothing where the disk cannot do that.
Result<std::optional<Digest>> share_blocks(PictureFile const& from, OutputFile const& to) {
    if (::ioctl(to.descriptor(), FICLONE, from.descriptor) != 0) return std::nullopt;
    struct stat info {};
    if (::fstat(to.descriptor(), &info) != 0) return file_error("look at", to.part());
    // Of a file that has grown, the digest is not that of its first bytes.
    bool const has_grown = static_cast<std::uint64_t>(info.st_size) > from.bytes;
    return digest_of(to.descriptor(), from.bytes + (has_grown ? 1 : 0), to.part());
}

/// The bytes that are written are those that are digested.
Result<Digest> copy_bytes(PictureFile const& from, OutputFile& to) {
    constexpr std::size_t piece = 256u << 10;
    thread_local auto const buffer = std::make_unique<char[]>(piece);
    for (std::uint64_t at = 0; at < from.bytes;) {
        auto const wanted =
            static_cast<std::size_t>(std::min<std::uint64_t>(piece, from.bytes - at));
        auto const count = ::pread(from.descriptor, buffer.get(), wanted, static_cast<off_t>(at));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return file_error("read", "a picture");
        if (count == 0) break; // shorter than it was: the digest will say so
        TRY(to.write({buffer.get(), static_cast<std::size_t>(count)}));
        at += static_cast<std::uint64_t>(count);
    }
    return to.finish();
}

Result<PictureCopy> copy_of(PictureFile const& picture, int directory, std::string part) {
    PictureCopy copy;
    TRY_ASSIGN(copy.file, OutputFile::create(directory, std::move(part)));
    TRY_ASSIGN(auto const shared, share_blocks(picture, copy.file));
    if (shared) {
        copy.digest = *shared;
    } else {
        TRY_ASSIGN(copy.digest, copy_bytes(picture, copy.file));
    }
    return copy;
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

bool OutputDirectory::will_copy(PictureFile const& picture, Options const& how) const {
    if (how.placement == Placement::copy) return true;
    auto const other = other_disk_->load();
    return how.placement == Placement::any && other != 0 && other == disk_of(picture.descriptor);
}

Result<> OutputDirectory::prepare(std::string const& name, std::size_t number, PictureFile& picture,
                                  Options const& how) const {
    if (earlier_.contains(name)) return {}; // perhaps it is there
    if (will_copy(picture, how)) {
        TRY_ASSIGN(auto copy,
                   copy_of(picture, top_->number(), fmt::format("{}-of-{}", part_name, number)));
        picture.copy = std::make_shared<PictureCopy>(std::move(copy));
    } else if (how.verify) {
        TRY_ASSIGN(auto const digest, digest_of(picture.descriptor, picture.bytes, name));
        picture.is_compared = to_hex(digest) == picture.sha256;
    }
    return {};
}

Result<Placed> OutputDirectory::place(std::string const& name, PictureFile const& picture,
                                      Options const& how) {
    TRY_ASSIGN(auto const way, way_of(name));
    if (picture.copy) return take_copy(name, picture, *picture.copy);
    if (earlier_.contains(name)) {
        TRY_ASSIGN(auto const kept, is_kept(way, picture, how));
        if (kept) {
            TRY(announce(name));
            TRY(add_sum(name, picture.sha256));
            return Placed::kept;
        }
    }
    if (how.placement != Placement::copy) {
        if (how.verify && !picture.is_compared) {
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
        if (linked.error().code.value() == EXDEV) *other_disk_ = disk_of(picture.descriptor);
    }
    TRY_ASSIGN(auto copy, copy_of(picture, top_->number(), next_part()));
    return take_copy(name, picture, copy);
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

Result<Placed> OutputDirectory::take_copy(std::string const& name, PictureFile const& picture,
                                          PictureCopy& copy) {
    TRY_ASSIGN(auto const way, way_of(name));
    TRY(clear(way, name));
    if (to_hex(copy.digest) != picture.sha256) return Placed::wrong;
    TRY(announce(name));
    if (::renameat(top_->number(), copy.file.part().c_str(), way.directory, way.name.c_str()) != 0)
        return file_error("rename", path_ + "/" + name);
    copy.file.release();
    needs_sync_ = true;
    TRY(add_sum(name, picture.sha256));
    return Placed::copied;
}

} // namespace darkroom::exports
