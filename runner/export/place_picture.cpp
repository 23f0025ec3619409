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

constexpr std::uint64_t shared_bytes_min = 64u << 10; // for less, the question costs too much

bool is_same_file(struct stat const& a, struct stat const& b) {
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// Returns true for the reasons why a link cannot be made and a copy can.
bool may_copy_after(int number) {
    return number == EXDEV || number == EPERM || number == EMLINK || number == ENOTSUP ||
           number == ENOENT; // no /proc
}

/// Returns the disk on which a file is; 0 where that is not known.
std::uint64_t disk_of(int descriptor) {
    struct stat info {};
    return ::fstat(descriptor, &info) == 0 ? std::uint64_t{info.st_dev} : 0;
}

/// Copies by sharing the blocks of the disk; nothing where the disk cannot do that.
Result<std::optional<Digest>> share_blocks(PictureFile const& from, OutputFile const& to) {
    bool const is_shared =
        from.bytes >= shared_bytes_min && ::ioctl(to.descriptor(), FICLONE, from.descriptor) == 0;
    if (!is_shared) return std::nullopt;
    struct stat info {};
    if (::fstat(to.descriptor(), &info) != 0) return file_error("look at", to.part());
    // Of a file that has grown, the digest is not that of its first bytes.
    bool const has_grown = static_cast<std::uint64_t>(info.st_size) > from.bytes;
    return digest_of(to.descriptor(), from.bytes + (has_grown ? 1 : 0), to.part());
}

/// The bytes that are written are those that are digested.
Result<Digest> copy_bytes(PictureFile const& from, OutputFile const& to) {
    constexpr std::size_t piece = 256u << 10;
    thread_local auto const buffer = std::make_unique<char[]>(piece);
    Sha256 hash;
    for (std::uint64_t at = 0; at < from.bytes;) {
        auto const wanted =
            static_cast<std::size_t>(std::min<std::uint64_t>(piece, from.bytes - at));
        auto const count = ::pread(from.descriptor, buffer.get(), wanted, static_cast<off_t>(at));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return file_error("read", "a picture");
        if (count == 0) break; // shorter than it was: the digest will say so
        std::string_view const bytes(buffer.get(), static_cast<std::size_t>(count));
        hash.update(bytes);
        TRY(write_all(to.descriptor(), bytes, "a picture"));
        at += static_cast<std::uint64_t>(count);
    }
    return hash.finish();
}

Result<PictureCopy> copy_to(OutputFile file, PictureFile const& picture) {
    PictureCopy copy;
    copy.file = std::move(file);
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

Result<PictureCopy> OutputDirectory::copy(PictureFile const& picture, std::string part) const {
    auto file = OutputFile::create_unnamed(top_->number());
    if (!file.is_open()) {
        TRY_ASSIGN(file, OutputFile::create(top_->number(), std::move(part)));
    }
    return copy_to(std::move(file), picture);
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
        TRY_ASSIGN(auto made, copy(picture, fmt::format("{}-of-{}", part_name, number)));
        picture.copy = std::make_shared<PictureCopy>(std::move(made));
    } else if (how.verify) {
        TRY_ASSIGN(auto const digest, digest_of(picture.descriptor, picture.bytes, name));
        picture.is_compared = to_hex(digest) == picture.sha256;
    }
    return {};
}

Result<Placed> OutputDirectory::place(std::string const& name, PictureFile const& picture,
                                      Options const& how) {
    TRY_ASSIGN(auto const way, way_of(name));
    if (picture.copy) return take_copy(way, name, picture, *picture.copy);
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
        auto const linked = link(way, name, picture.descriptor);
        if (linked.has_value()) {
            TRY(add_sum(name, picture.sha256));
            return Placed::linked;
        }
        if (!may_copy_after(linked.error().code.value())) return linked.error();
        if (how.placement == Placement::link)
            return Error(Errc::cannot_link,
                         fmt::format("{}/{}: leave out --link, then it is copied", path_, name));
        if (linked.error().code.value() == EXDEV) *other_disk_ = disk_of(picture.descriptor);
    }
    TRY_ASSIGN(auto made, copy(picture, next_part()));
    return take_copy(way, name, picture, made);
}

/// The link is made of the open file: what was looked at is what gets the name. Old systems allow
/// that to the administrator only, and to others by way of /proc.
Result<> OutputDirectory::link(Way const& way, std::string const& name, int file) {
    auto const link_it = [&] {
        if (::linkat(file, "", way.directory, way.name.c_str(), AT_EMPTY_PATH) == 0) return true;
        auto const opened = fmt::format("/proc/self/fd/{}", file);
        return errno == ENOENT && ::linkat(AT_FDCWD, opened.c_str(), way.directory,
                                           way.name.c_str(), AT_SYMLINK_FOLLOW) == 0;
    };
    if (link_it()) return {};
    if (errno != EEXIST) return file_error("link", path_ + "/" + name);
    TRY(clear(way, name));
    if (!link_it()) return file_error("link", path_ + "/" + name);
    return {};
}

/// A file without a name gets its first one; one with the name of a part gets the final one.
Result<> OutputDirectory::name_copy(Way const& way, std::string const& name,
                                    OutputFile const& file) {
    if (file.part().empty()) return link(way, name, file.descriptor());
    TRY(clear(way, name));
    auto const* const part = file.part().c_str();
    if (::renameat(top_->number(), part, way.directory, way.name.c_str()) != 0)
        return file_error("rename", path_ + "/" + name);
    return {};
}

Result<Placed> OutputDirectory::take_copy(Way const& way, std::string const& name,
                                          PictureFile const& picture, PictureCopy& copy) {
    if (to_hex(copy.digest) != picture.sha256) {
        TRY(clear(way, name));
        return Placed::wrong;
    }
    TRY(announce(name));
    auto named = name_copy(way, name, copy.file);
    if (named.has_error() && named.error().code.value() == ENOENT) { // no /proc
        TRY_ASSIGN(auto file, create());
        TRY_ASSIGN(copy, copy_to(std::move(file), {copy.file.descriptor(), picture.bytes, {}}));
        named = name_copy(way, name, copy.file);
    }
    TRY(named);
    copy.file.release();
    needs_sync_ = true;
    TRY(add_sum(name, picture.sha256));
    return Placed::copied;
}

} // namespace darkroom::exports
