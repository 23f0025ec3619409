#include "runner/store/file.hpp"

#include "runner/store/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utility>

namespace darkroom::store {

namespace {

Error not_ours(std::string const& path) {
    return {Errc::not_ours,
            fmt::format("{} is a link, a directory or a special file, and none of darkroom's own: "
                        "move it away, or use another directory",
                        path)};
}

} // namespace

File::~File() { close(); }

File::File(File&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)),
      bytes_at_first_(other.bytes_at_first_) {}

File& File::operator=(File&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(bytes_at_first_, other.bytes_at_first_);
    return *this;
}

Result<File> File::open(std::string path, int flags) {
    auto const name = path;
    return open_at(AT_FDCWD, name, std::move(path), flags);
}

Result<File> File::open_at(int directory, std::string const& name, std::string path, int flags) {
    File file;
    do {
        file.descriptor_ = ::openat(directory, name.c_str(), flags | O_CLOEXEC, 0666);
    } while (file.descriptor_ < 0 && errno == EINTR);
    if (file.descriptor_ < 0) return file_error("open", path);
    file.path_ = std::move(path);
    return file;
}

Result<File> File::own(std::string path, int flags) {
    auto const name = path;
    return own_at(AT_FDCWD, name, std::move(path), flags);
}

Result<File> File::own_at(int directory, std::string const& name, std::string path, int flags) {
    // Without O_NONBLOCK a pipe would hold the program up; for a regular file it means nothing.
    auto file = open_at(directory, name, path, flags | O_NOFOLLOW | O_NONBLOCK);
    if (file.has_error() && file.error().code == boost::system::errc::too_many_symbolic_link_levels)
        return not_ours(path);
    TRY(file);
    struct stat info {};
    if (::fstat(file->descriptor_, &info) != 0) return file_error("look at", path);
    if (!S_ISREG(info.st_mode)) return not_ours(path);
    file->bytes_at_first_ = static_cast<std::uint64_t>(info.st_size);
    return file;
}

Result<> File::write(std::string_view bytes) {
    while (!bytes.empty()) {
        auto const count = ::write(descriptor_, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return file_error("write", path_);
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

Result<> File::sync() {
    if (::fsync(descriptor_) != 0) return file_error("sync", path_);
    return {};
}

void File::start_sync() { ::sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE); }

Result<> File::truncate(std::uint64_t size) {
    if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0)
        return file_error("truncate", path_);
    return {};
}

Result<std::uint64_t> File::size() const {
    struct stat info {};
    if (::fstat(descriptor_, &info) != 0) return file_error("look at", path_);
    return static_cast<std::uint64_t>(info.st_size);
}

Result<> File::read(std::uint64_t bytes,
                    std::function<Result<>(std::string_view)> const& take) const {
    constexpr std::size_t piece = 256u << 10;
    auto const buffer = std::make_unique<char[]>(piece);
    for (std::uint64_t at = 0; at < bytes;) {
        auto const wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece, bytes - at));
        auto const count = ::pread(descriptor_, buffer.get(), wanted, static_cast<off_t>(at));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return file_error("read", path_);
        if (count == 0)
            return Error(make_error_code(Errc::wrong_length),
                         fmt::format("read {}: ends at byte {} of {}", path_, at, bytes));
        TRY(take({buffer.get(), static_cast<std::size_t>(count)}));
        at += static_cast<std::uint64_t>(count);
    }
    return {};
}

void File::close() {
    // Durable bytes were synced before: a failing close() adds nothing.
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

int File::release() { return std::exchange(descriptor_, -1); }

Error file_error(std::string_view verb, std::string_view path) {
    return system_error_of(errno, fmt::format("cannot {} {}", verb, path));
}

Result<std::string> read_file(std::string const& path, std::uint64_t limit) {
    TRY_ASSIGN(auto file, File::open(path, O_RDONLY));
    TRY_ASSIGN(auto const size, file.size());
    if (size > limit)
        return Error(make_error_code(Errc::too_large),
                     fmt::format("{} has {} bytes, limit {}", path, size, limit));
    std::string text;
    text.reserve(size);
    auto const append = [&text](std::string_view piece) -> Result<> {
        text += piece;
        return {};
    };
    TRY(file.read(size, append));
    return text;
}

bool exists(std::string const& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0;
}

Result<std::uint64_t> file_size(std::string const& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return file_error("look at", path);
    if (!S_ISREG(info.st_mode)) {
        errno = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
        return file_error("use as a file:", path);
    }
    return static_cast<std::uint64_t>(info.st_size);
}

Result<> remove_file(std::string const& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return file_error("remove", path);
    return {};
}

Result<> check_own(std::string const& path) {
    struct stat info {};
    if (::lstat(path.c_str(), &info) == 0)
        return S_ISREG(info.st_mode) ? Result<>() : Result<>(not_ours(path));
    if (errno == ENOENT) return {};
    return file_error("look at", path);
}

Result<> sync_disk_of(std::string const& path) {
    TRY_ASSIGN(auto const directory, File::open(path, O_RDONLY | O_DIRECTORY));
    if (::syncfs(directory.descriptor()) != 0) return file_error("sync the disk of", path);
    return {};
}

Result<> sync_directory(std::string const& path) {
    TRY_ASSIGN(auto directory, File::open(path, O_RDONLY | O_DIRECTORY));
    return directory.sync();
}

Result<> make_directories(std::string const& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0) {
        if (S_ISDIR(info.st_mode)) return {};
        errno = ENOTDIR;
        return file_error("create directory", path);
    }
    auto const parent = parent_of(path);
    TRY(make_directories(parent));
    // Opened first: a directory that is there must be durable, also when files run out.
    TRY_ASSIGN(auto above, File::open(parent, O_RDONLY | O_DIRECTORY));
    if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST)
        return file_error("create directory", path);
    return above.sync();
}

std::string parent_of(std::string const& path) {
    auto const end = path.find_last_not_of('/');
    auto const slash = path.rfind('/', end);
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

Result<std::uint64_t> free_space(std::string const& path) {
    struct statvfs info {};
    if (::statvfs(path.c_str(), &info) != 0) return file_error("ask for the free space of", path);
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

} // namespace darkroom::store
