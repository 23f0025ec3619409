#include "runner/store/image_linker.hpp"

#include "runner/base/out_of_files.hpp"
#include "runner/base/relative_path.hpp"
#include "runner/base/sha256.hpp"
#include "runner/store/error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace darkroom::store {

namespace {

constexpr int names_max = 10'000; // "-2", "-3", … of one name

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
Result<> copy_file(File const& source, std::string const& to) {
    TRY_ASSIGN(auto const size, source.size());
    auto copy = File::own(to, O_WRONLY | O_CREAT | O_EXCL);
    if (copy.has_error()) return copy.error();
    return source.read(size, [&copy](std::string_view piece) { return copy->write(piece); });
}

bool is(Error const& error, int number) {
    return error.code == error_code(number, boost::system::system_category());
}

} // namespace

Result<std::string> ImageLinker::link(std::string const& directory, ExpectedFile const& expected) {
    if (!stays_below(expected.file))
        return Error(Errc::damaged_journal,
                     fmt::format("{}: the journal names a file '{}' that is not below it; its "
                                 "journal.db is damaged or was tampered with",
                                 directory, expected.file));
    TRY_ASSIGN(auto const source, sound_file(directory, expected));
    for (int number = 1; number <= names_max; ++number) {
        auto const name = with_number(expected.file, number);
        if (reserved_.contains(name) || names_.has_other(name)) continue;
        TRY_ASSIGN(auto const put, this->put(source, target_ + "/" + name));
        if (put == Outcome::taken) continue;
        if (put == Outcome::missing) reserved_.insert(name);
        names_.add(name);
        return name;
    }
    errno = EEXIST;
    return file_error("name", target_ + "/" + expected.file);
}

/// Returns the file if it is the one that the journal speaks of; a closed one otherwise.
Result<File> ImageLinker::sound_file(std::string const& directory, ExpectedFile const& expected) {
    auto const [way, name] = split_path(expected.file);
    if (auto whole = directory + "/" + way; source_way_ != whole) {
        auto source = Directory::open(directory);
        if (source.has_value()) source = source->below(way, Directory::Missing::is_error);
        if (source.has_error() && is_out_of_files(source.error().code)) return source.error();
        if (source.has_error()) return File(); // missing, behind a link, not readable
        source_ = std::move(*source);
        source_way_ = std::move(whole);
    }
    auto file = source_.file(name, O_RDONLY);
    if (file.has_error() && is_out_of_files(file.error().code)) return file;
    if (file.has_error()) return File();
    TRY_ASSIGN(auto const size, file->size());
    if (size != expected.bytes) return File();
    Sha256 hash;
    TRY(file->read(size, [&hash](std::string_view piece) -> Result<> {
        hash.update(piece);
        return {};
    }));
    return to_hex(hash.finish()) == expected.sha256 ? std::move(file) : Result<File>(File());
}

Result<ImageLinker::Outcome> ImageLinker::put(File const& from, std::string const& to) {
    if (exists(to)) return Outcome::taken;
    if (!from.is_open()) {
        ++missing_;
        return Outcome::missing;
    }
    TRY(prepare_directory(parent_of(to)));
    // The link is made of the open file: what was checked is what gets the name.
    auto const opened = fmt::format("/proc/self/fd/{}", from.descriptor());
    if (::linkat(AT_FDCWD, opened.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW) == 0) {
        ++linked_;
        return Outcome::done;
    }
    if (errno == EEXIST) return Outcome::taken;
    // Another file system, one without links, too many links, a file of another user, no /proc.
    bool const may_copy =
        errno == EXDEV || errno == EPERM || errno == EMLINK || errno == ENOTSUP || errno == ENOENT;
    if (!may_copy) return file_error("link " + from.path() + " to", to);
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
