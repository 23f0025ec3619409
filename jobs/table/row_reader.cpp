// Rows out of bytes: RFC 4180 for CSV and TSV, a JSON object or a prompt a line for the others.
#include "jobs/table/table.hpp"

#include "runner/base/json.hpp"
#include "runner/base/text.hpp"
#include "runner/base/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace darkroom::jobs {

namespace {

constexpr std::size_t chunk_bytes = std::size_t{1} << 18;

/// Most rows are ASCII, eight bytes of which are looked at in one go.
bool is_text(std::string_view bytes) {
    if (bytes.find('\0') != std::string_view::npos) return false;
    std::size_t at = 0;
    for (std::uint64_t eight = 0; at + sizeof(eight) <= bytes.size(); at += sizeof(eight)) {
        std::memcpy(&eight, bytes.data() + at, sizeof(eight));
        if ((eight & 0x8080808080808080u) != 0) break;
    }
    return is_valid_utf8(bytes.substr(at));
}

/// Calls `take` with each cell of a record; false, with what is wrong in `wrong`, when it is none.
template <class Take>
bool each_cell(std::string_view record, char delimiter, std::string& wrong, Take const& take) {
    std::string unescaped;
    for (bool more = true; more;) {
        if (record.starts_with('"')) {
            unescaped.clear();
            std::size_t at = 1;
            for (;;) {
                auto const quote = record.find('"', at);
                if (quote == std::string_view::npos) {
                    wrong = "a quotation mark is never closed";
                    return false;
                }
                unescaped += record.substr(at, quote - at);
                at = quote + 1;
                if (at == record.size() || record[at] != '"') break;
                unescaped += '"'; // two of them stand for one
                ++at;
            }
            more = at < record.size();
            if (more && record[at] != delimiter) {
                wrong = "text behind a closing quotation mark: within quotes, write it twice";
                return false;
            }
            record.remove_prefix(more ? at + 1 : at);
            take(std::string_view(unescaped));
        } else {
            auto const stop = record.find(delimiter);
            auto const cell = record.substr(0, stop);
            if (cell.find('"') != std::string_view::npos) {
                wrong = "a quotation mark inside a cell: put the whole cell into quotes, and write "
                        "each of its own twice";
                return false;
            }
            more = stop != std::string_view::npos;
            record.remove_prefix(more ? stop + 1 : record.size());
            take(cell);
        }
    }
    return true;
}

/// A cell as text; nothing for null, and an error for a list or an object.
Result<std::optional<std::string>> cell_text(json::Member const& member) {
    auto const& [key, value] = member;
    if (value.is_null()) return std::optional<std::string>();
    if (auto const flag = value.boolean())
        return std::optional<std::string>(*flag ? "true" : "false");
    if (auto text = value.text()) return std::optional(std::move(*text));
    return Error(error_code(), fmt::format("'{}' is {}: a cell is a text, a number, true or false",
                                           key, value.is_array() ? "a list" : "an object"));
}

char delimiter_of(TableFormat format) { return format == TableFormat::tsv ? '\t' : ','; }

bool has_quotes(TableFormat format) {
    return format == TableFormat::csv || format == TableFormat::tsv;
}

} // namespace

RowReader::RowReader(std::shared_ptr<Table const> table) : table_(std::move(table)) {}

std::vector<std::string> RowReader::read_names(TableProblem& problem) {
    std::vector<std::string> names;
    Record record;
    if (!next_record(record, problem)) {
        if (problem.text.empty()) problem.text = "empty: the first line names the columns";
        return names;
    }
    auto const take = [&names](std::string_view cell) { names.emplace_back(trim(cell)); };
    if (!each_cell(record.text, delimiter_of(table_->place_.format), problem.text, take))
        problem.line = record.line;
    return names;
}

bool RowReader::next(Row& row, TableProblem& problem) {
    problem = TableProblem();
    auto const format = table_->place_.format;
    Record record;
    if (has_quotes(format) && line_ == 1) {
        bool const has_header = next_record(record, problem);
        if (!has_header) return false;
    }
    if (!next_record(record, problem)) return false;
    row.line = record.line;
    used_ = 0;
    bool good = false;
    switch (format) {
    case TableFormat::csv:
    case TableFormat::tsv: good = take_cells(record, row, problem); break;
    case TableFormat::jsonl: good = take_object(record, row, problem); break;
    case TableFormat::txt: good = take("prompt", record.text, row, problem); break;
    }
    if (!good) problem.line = record.line;
    row.cells.resize(used_);
    return good;
}

bool RowReader::take_cells(Record const& record, Row& row, TableProblem& problem) {
    auto const& columns = table_->columns_;
    std::size_t count = 0;
    bool fits = true;
    auto const cell = [&](std::string_view value) {
        if (count < columns.size() && !value.empty())
            fits = take(columns[count], value, row, problem) && fits;
        ++count;
    };
    if (!each_cell(record.text, delimiter_of(table_->place_.format), problem.text, cell))
        return false;
    if (count == columns.size()) return fits;
    problem.text =
        fmt::format("the header names {} columns, but this row has {}", columns.size(), count);
    return false;
}

bool RowReader::take_object(Record const& record, Row& row, TableProblem& problem) {
    json::ReadLimits limits;
    limits.bytes = row_bytes_max;
    limits.values = 10'000;
    auto const value = json::read(record.text, limits);
    auto const* members = value.has_value() ? value->object() : nullptr;
    if (members == nullptr) {
        problem.text = value.has_error() ? value.error().message()
                                         : "a row is a JSON object, as in {\"prompt\": \"a lamp\"}";
        return false;
    }
    if (members->size() > columns_max) {
        problem.text = fmt::format("{} keys; {} are the most", members->size(), columns_max);
        return false;
    }
    for (auto const& member : *members) {
        auto const text = cell_text(member);
        if (text.has_error()) {
            problem.text = text.error().message();
            return false;
        }
        if (*text && !take(member.first, **text, row, problem)) return false;
    }
    return true;
}

bool RowReader::take(std::string_view name, std::string_view value, Row& row,
                     TableProblem& problem) {
    if (value.size() > cell_bytes_max) {
        problem.text = fmt::format("the cell '{}' has {} bytes; {} are the most", name,
                                   value.size(), cell_bytes_max);
        return false;
    }
    if (value.find('\0') != std::string_view::npos) {
        problem.text = fmt::format("the cell '{}' has a zero byte", name);
        return false;
    }
    if (used_ == row.cells.size()) row.cells.emplace_back();
    row.cells[used_].first = name;
    row.cells[used_].second = value;
    ++used_;
    return true;
}

/// The next stretch that is not blank.
bool RowReader::next_record(Record& record, TableProblem& problem) {
    for (;;) {
        auto const found = first_record();
        if (found.end == std::string::npos) {
            if (end_ - from_ > row_bytes_max)
                return give_up(problem, fmt::format("a row longer than {}: is a quotation mark "
                                                    "missing, or a line end?",
                                                    format_bytes(row_bytes_max)));
            bool const more = !ended_ && fill(problem);
            if (more) continue;
            if (!problem.text.empty() || from_ == end_) return false;
        }
        auto const end = std::min(found.end, end_);
        record.text = std::string_view(buffer_).substr(from_, end - from_);
        record.line = line_;
        from_ = std::min(end + 1, end_);
        line_ += 1;
        if (found.quoted)
            line_ += static_cast<std::uint64_t>(
                std::count(record.text.begin(), record.text.end(), '\n'));
        if (record.text.ends_with('\r')) record.text.remove_suffix(1);
        bool const blank = table_->place_.format == TableFormat::txt ? trim(record.text).empty()
                                                                     : record.text.empty();
        if (blank) continue;
        if (is_text(record.text)) return true;
        problem.line = record.line;
        return give_up(problem, "not UTF-8: save the file as UTF-8");
    }
}

/// Where the record at the front of the buffer ends: at a line end that is not within quotes.
RowReader::Stretch RowReader::first_record() const {
    auto const text = std::string_view(buffer_).substr(0, end_);
    auto const line_end = text.find('\n', from_);
    if (!has_quotes(table_->place_.format)) return {line_end, false};
    auto const line = text.substr(from_, line_end - from_);
    if (line.find('"') == std::string_view::npos) return {line_end, false};
    char const delimiter = delimiter_of(table_->place_.format);
    bool inside = false;
    bool begins = true; // a quotation mark counts at the beginning of a cell only
    for (auto at = from_; at < text.size(); ++at) {
        char const c = text[at];
        if (inside) {
            bool const doubled = c == '"' && at + 1 < text.size() && text[at + 1] == '"';
            if (doubled)
                ++at;
            else if (c == '"')
                inside = false;
        } else if (c == '"' && begins) {
            inside = true;
        } else if (c == '\n') {
            return {at, true};
        }
        begins = !inside && c == delimiter;
    }
    return {std::string::npos, true};
}

/// Reads on; false at the end of the file or with a problem.
bool RowReader::fill(TableProblem& problem) {
    auto const stamp = table_->stamp();
    if (stamp.has_error()) return give_up(problem, stamp.error().message());
    if (*stamp != table_->stamp_)
        return give_up(problem, "changed while it was being read: run again");
    buffer_.erase(0, from_);
    end_ -= std::exchange(from_, 0);
    buffer_.resize(end_ + chunk_bytes);
    ssize_t size = -1;
    do {
        size = ::pread(table_->descriptor_, buffer_.data() + end_, chunk_bytes, offset_);
    } while (size < 0 && errno == EINTR);
    if (size < 0) return give_up(problem, system_error_of(errno, "cannot read it").message());
    bool const first = offset_ == 0;
    end_ += static_cast<std::size_t>(size);
    offset_ += size;
    ended_ = size == 0;
    if (first && std::string_view(buffer_).substr(0, end_).starts_with(byte_order_mark))
        from_ = byte_order_mark.size();
    return !ended_;
}

bool RowReader::give_up(TableProblem& problem, std::string text) {
    problem.text = std::move(text);
    from_ = end_;
    ended_ = true;
    return false;
}

} // namespace darkroom::jobs
