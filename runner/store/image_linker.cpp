#include "runner/store/image_linker.hpp"

#include "runner/store/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace darkroom::store {

namespace {

constexpr int copies_max = 10'000; // "-2", "-3", … of one name

/// A journal may come from anybody: its names must stay below the directory.
bool leads_out(std::string const& file) {
    std::filesystem::path const path(file);
    bool out = file.empty() || path.is_absolute();
    for (auto const& part : path) out = out || part == "..";
    return out;
}

std::string with_number(std::string const& file, int number) {
    if (number == 1) return file;
    auto const slash = file.rfind('/');
    auto const dot = file.rfind('.');
    bool const has_extension = dot != file.npos && (slash == file.npos || dot > slash + 1);
    auto const stem = file.substr(0, has_extension ? dot : file.npos);
    return fmt::format("{}-{}{}", stem, number, file.substr(stem.size()));
}

/// Copies a file to a name that must not exist; sync() makes it durable. Errors: errno, such as
/// EEXIST.
Result<> copy_file(std::string const& from, std::string const& to) {
    TRY_ASSIGN(auto source, File::open(from, O_RDONLY));
    TRY_ASSIGN(auto const size, source.size());
    auto copy = File::open(to, O_WRONLY | O_CREAT | O_EXCL);
    if (copy.has_error()) return copy.error();
    return source.read(size, [&copy](std::string_view piece) { return copy->write(piece); });
}

/// Syncs the whole file system of `path`: a sync for each of a great many small files
/// takes hours.
Result<> sync_disk_of(std::string const& path) {
    TRY_ASSIGN(auto const directory, File::open(path, O_RDONLY | O_DIRECTORY));
    if (::syncfs(directory.descriptor()) != 0) return file_error("sync the disk of", path);
    return {};
}

bool is(Error const& error, int number) {
    return error.code == error_code(number, boost::system::system_category());
}

} // namespace

Result<std::string> ImageLinker::link(std::string const& directory, std::string const& file) {
    if (leads_out(file))
        return Error(Errc::damaged_journal,
                     fmt::format("{}: the journal names a file '{}' that is not below it; its "
                                 "journal.db is damaged or was tampered with",
                                 directory, file));
    for (int number = 1; number <= copies_max; ++number) {
        auto const name = with_number(file, number);
        if (reserved_.contains(name)) continue;
        TRY_ASSIGN(auto const put, this->put(directory + "/" + file, target_ + "/" + name));
        if (put == Outcome::taken) continue;
        if (put == Outcome::missing) reserved_.insert(name);
        return name;
    }
    errno = EEXIST;
    return file_error("name", target_ + "/" + file);
}

Result<ImageLinker::Outcome> ImageLinker::put(std::string const& from, std::string const& to) {
    if (exists(to)) return Outcome::taken;
    if (!exists(from)) {
        ++missing_;
        return Outcome::missing;
    }
    TRY(prepare_directory(parent_of(to)));
    // linkat() follows a symbolic link to its file, as a reader would.
    if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW) == 0) {
        ++linked_;
        return Outcome::done;
    }
    if (errno == EEXIST) return Outcome::taken;
    // Another file system, one without links, too many links, or a file of another user.
    bool const may_copy = errno == EXDEV || errno == EPERM || errno == EMLINK || errno == ENOTSUP;
    if (!may_copy) return file_error("link " + from + " to", to);
    auto const copied = copy_file(from, to);
    if (copied.has_error() && is(copied.error(), EEXIST)) return Outcome::taken;
    if (copied.has_error()) return copied.error();
    ++copied_;
    return Outcome::done;
}

Result<> ImageLinker::prepare_directory(std::string const& path) {
    if (!directories_.insert(path).second) return {};
    return make_directories(path);
}

Result<> ImageLinker::sync() {
    for (auto const& directory : directories_) {
        TRY(sync_directory(directory));
    }
    return copied_ > 0 ? sync_disk_of(target_) : Result<>();
}

} // namespace darkroom::store
