// Opening a table: the file behind it, and its header.
#include "jobs/table/table.hpp"

#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace darkroom::jobs {

namespace {

/// Returns the error in a header, or "".
std::string wrong_header(std::vector<std::string> const& names) {
    if (names.size() > columns_max)
        return fmt::format("{} columns; {} are the most", names.size(), columns_max);
    if (names.size() == 1 && names.front().find_first_of(";\t") != std::string::npos)
        return fmt::format("one column, '{}': this file separates its columns by something else "
                           "than a comma; save it with commas, or with tabs as .tsv",
                           names.front());
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i].empty()) return fmt::format("column {} has no name", i + 1);
        if (!seen.insert(names[i]).second)
            return fmt::format("two columns have the name '{}'", names[i]);
    }
    if (std::none_of(names.begin(), names.end(), is_variable_name))
        return "the first line names the columns, and none of these names can be used in a prompt "
               "(letters, digits, '_' and '-'): is the header missing?";
    return {};
}

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

} // namespace

std::optional<TableFormat> format_of(std::string_view path) {
    struct Ending {
        std::string_view text;
        TableFormat format;
    };
    constexpr std::array<Ending, 5> endings{{{".csv", TableFormat::csv},
                                             {".tsv", TableFormat::tsv},
                                             {".jsonl", TableFormat::jsonl},
                                             {".ndjson", TableFormat::jsonl},
                                             {".txt", TableFormat::txt}}};
    auto const small = to_lower(path);
    for (auto const& ending : endings) {
        if (small.ends_with(ending.text)) return ending.format;
    }
    return std::nullopt;
}

std::shared_ptr<Table const> Table::open(Place place, TableProblem& problem) {
    std::shared_ptr<Table> const table(new Table());
    table->place_ = std::move(place);
    auto opened = table->open_file();
    if (opened.has_error()) {
        problem.text = opened.error().message();
        return nullptr;
    }
    RowReader reader(table);
    if (table->place_.format == TableFormat::txt) {
        table->columns_ = {"prompt"};
    } else if (table->place_.format == TableFormat::jsonl) {
        Row row;
        TableProblem told_when_rows_are_checked;
        if (reader.next(row, told_when_rows_are_checked)) {
            for (auto const& cell : row.cells) table->columns_.push_back(cell.first);
        }
    } else {
        table->columns_ = reader.read_names(problem);
        if (problem.text.empty()) problem.text = wrong_header(table->columns_);
        if (problem.line == 0 && !table->columns_.empty()) problem.line = 1;
    }
    return problem.text.empty() ? table : nullptr;
}

Table::~Table() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Result<> Table::open_file() {
    descriptor_ = place_.path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                     : ::open(place_.path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0) return system_error_of(errno, "cannot read it");
    struct stat info {};
    if (::fstat(descriptor_, &info) != 0) return system_error_of(errno, "cannot read it");
    if (!S_ISREG(info.st_mode)) TRY(copy_stream());
    TRY_ASSIGN(stamp_, stamp());
    return {};
}

Result<> Table::copy_stream() {
    int const source = descriptor_;
    descriptor_ = open_nameless();
    Result<> result;
    if (descriptor_ < 0) result = system_error_of(errno, "cannot make a temporary file");
    std::string buffer(std::size_t{1} << 16, '\0');
    std::uint64_t copied = 0;
    while (result.has_value()) {
        auto const size = ::read(source, buffer.data(), buffer.size());
        if (size == 0) break;
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) {
            result = system_error_of(errno, "cannot read it");
            break;
        }
        auto const piece = std::string_view(buffer).substr(0, static_cast<std::size_t>(size));
        result = check_stream(piece, copied);
        if (result.has_value()) result = write_all(descriptor_, piece);
        copied += piece.size();
    }
    ::close(source);
    return result;
}

/// Finds a stream that has no end, or no line ends, before it has filled the disk.
Result<> Table::check_stream(std::string_view piece, std::uint64_t before) {
    auto const last_end = piece.rfind('\n');
    bool const is_inside = last_end == std::string_view::npos;
    line_bytes_ = is_inside ? line_bytes_ + piece.size() : piece.size() - last_end - 1;
    if (line_bytes_ > row_bytes_max)
        return Error(error_code(), fmt::format("a row longer than {}: it has no line ends",
                                               format_bytes(row_bytes_max)));
    if (before + piece.size() <= place_.stream_max) return {};
    return Error(error_code(),
                 fmt::format("more than {} came from it: a table that is larger must be a file",
                             format_bytes(place_.stream_max)));
}

Result<Table::Stamp> Table::stamp() const {
    struct stat info {};
    if (::fstat(descriptor_, &info) != 0) return system_error_of(errno, "cannot read it");
    return Stamp{info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

} // namespace darkroom::jobs
