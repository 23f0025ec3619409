#include "runner/export/check_export.hpp"

#include "runner/base/relative_path.hpp"
#include "runner/base/text.hpp"
#include "runner/export/output_file.hpp"
#include "runner/export/sums.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <set>
#include <sys/stat.h>

namespace darkroom::exports {

namespace {

/// Opens a regular file below a directory; a link on the way is refused. Closed where that fails.
Descriptor open_below(int top, std::string_view name) {
    Descriptor way(::openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    auto const parts = split(name, '/');
    for (std::size_t i = 0; i < parts.size() && way.is_open(); ++i) {
        int const kind = i + 1 < parts.size() ? O_DIRECTORY : O_NONBLOCK;
        way = Descriptor(::openat(way.number(), std::string(parts[i]).c_str(),
                                  O_RDONLY | O_NOFOLLOW | O_CLOEXEC | kind));
    }
    struct stat info {};
    bool const is_file =
        way.is_open() && ::fstat(way.number(), &info) == 0 && S_ISREG(info.st_mode);
    return is_file ? std::move(way) : Descriptor();
}

std::uint64_t size_of_file(Descriptor const& file) {
    struct stat info {};
    return ::fstat(file.number(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

/// Counts the files that the sums do not have.
std::uint64_t print_unlisted(std::string const& directory, std::set<std::string> const& listed,
                             std::function<void(std::string const&)> const& print) {
    namespace fs = std::filesystem;
    std::error_code failure;
    std::uint64_t count = 0;
    fs::recursive_directory_iterator walk(directory, failure);
    for (; !failure && walk != fs::recursive_directory_iterator(); walk.increment(failure)) {
        auto const name = walk->path().lexically_relative(directory).string();
        bool const is_hidden = walk->path().filename().string().starts_with('.');
        bool const is_own = name == "SHA256SUMS" || name == "SHA256SUMS.sig";
        if (is_hidden || is_own || walk->is_directory(failure) || listed.contains(name)) continue;
        ++count;
        print(name + ": not in SHA256SUMS");
    }
    return count;
}

} // namespace

Result<CheckTally> check_export(std::string const& directory, std::string const& sums,
                                std::function<void(std::string const&)> const& print) {
    Descriptor const top(::openat(AT_FDCWD, directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!top.is_open()) return file_error("open", directory);
    CheckTally tally;
    Result<> failure;
    std::set<std::string> listed;
    auto const wrong = for_each_sum(sums, [&](SumLine const& line) {
        if (failure.has_error()) return;
        ++tally.files;
        std::string const name(line.name);
        listed.insert(name);
        auto const file = stays_below(name) ? open_below(top.number(), name) : Descriptor();
        if (!file.is_open()) {
            ++tally.missing;
            return print(name + ": missing");
        }
        auto const size = size_of_file(file);
        auto const digest = digest_of(file.number(), size, name);
        if (digest.has_error()) {
            failure = digest.error();
            return;
        }
        tally.bytes += size;
        if (to_hex(*digest) == line.sha256) return;
        ++tally.changed;
        print(name + ": changed");
    });
    TRY(failure);
    if (wrong > 0)
        return Error(Errc::bad_sums, directory + "/SHA256SUMS has lines that are no sums");
    tally.unlisted = print_unlisted(directory, listed, print);
    return tally;
}

} // namespace darkroom::exports
