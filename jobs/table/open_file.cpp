#include "jobs/table/open_file.hpp"

#include "jobs/table/cells.hpp"
#include "jobs/table/row.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace darkroom::jobs {

namespace {

/// Opens a file without a name, which is deleted when its descriptor is closed.
int open_nameless() {
    std::error_code ignored; // then the working directory, which says what is wrong with it
    auto name = (std::filesystem::temp_directory_path(ignored) / "darkroom-rows-XXXXXX").string();
    int const descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor >= 0) ::unlink(name.c_str());
    return descriptor;
}

Result<> write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        auto const written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_error_of(errno, "cannot keep the rows in a temporary file");
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

/// Finds a stream that has no end, or no line ends, before it has filled the disk.
class StreamCheck {
public:
    explicit StreamCheck(OpenFile::StreamLimits const& limits) : limits_(limits) {}

    Result<> look(std::string_view piece) {
        auto const last_end = piece.find_last_of("\n\r");
        bool const is_inside = last_end == std::string_view::npos;
        line_bytes_ = is_inside ? line_bytes_ + piece.size() : piece.size() - last_end - 1;
        lines_ += line_count_.in(piece);
        if (limits_.has_lines && line_bytes_ > row_bytes_max)
            return Error(error_code(), fmt::format("a row longer than {} in line {}: it has no "
                                                   "line end",
                                                   format_bytes(row_bytes_max), lines_ + 1));
        bytes_ += piece.size();
        if (bytes_ <= limits_.bytes) return {};
        return Error(error_code(),
                     fmt::format("more than {} came from it: a table that is larger must be a file",
                                 format_bytes(limits_.bytes)));
    }

private:
    OpenFile::StreamLimits limits_;
    std::uint64_t bytes_ = 0;
    std::uint64_t line_bytes_ = 0; ///< Behind the last line end.
    std::uint64_t lines_ = 0;
    LineCount line_count_;
};

} // namespace

Result<std::shared_ptr<OpenFile const>> OpenFile::open(std::string const& path,
                                                       StreamLimits const& limits) {
    std::shared_ptr<OpenFile> const file(new OpenFile());
    file->descriptor_ = path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                    : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file->descriptor_ < 0) return system_error_of(errno, "cannot read it");
    struct stat info {};
    if (::fstat(file->descriptor_, &info) != 0) return system_error_of(errno, "cannot read it");
    file->is_copy_ = path == "-" || !S_ISREG(info.st_mode);
    if (!S_ISREG(info.st_mode)) TRY(file->copy_stream(limits));
    return std::shared_ptr<OpenFile const>(file);
}

OpenFile::~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<> OpenFile::copy_stream(StreamLimits const& limits) {
    int const source = descriptor_;
    descriptor_ = open_nameless();
    Result<> result;
    if (descriptor_ < 0) result = system_error_of(errno, "cannot make a temporary file");
    std::string buffer(std::size_t{1} << 16, '\0');
    StreamCheck check(limits);
    while (result.has_value()) {
        auto const size = ::read(source, buffer.data(), buffer.size());
        if (size == 0) break;
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) {
            result = system_error_of(errno, "cannot read it");
            break;
        }
        auto const piece = std::string_view(buffer).substr(0, static_cast<std::size_t>(size));
        result = check.look(piece);
        if (result.has_value()) result = write_all(descriptor_, piece);
    }
    ::close(source);
    return result;
}

} // namespace darkroom::jobs
