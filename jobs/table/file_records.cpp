// Records out of the pieces that a file is read in.
#include "jobs/table/open_file.hpp"
#include "jobs/table/table_file.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace darkroom::jobs {

namespace {

constexpr std::size_t chunk_bytes = std::size_t{1} << 18;
constexpr std::size_t least_chunk_bytes = std::size_t{1} << 12;

/// Most rows are ASCII, eight bytes of which are looked at in one go.
bool is_valid_text(std::string_view bytes) {
    constexpr std::uint64_t ones = 0x0101010101010101u;
    constexpr std::uint64_t high_bits = 0x8080808080808080u;
    std::size_t at = 0;
    for (std::uint64_t eight = 0; at + sizeof(eight) <= bytes.size(); at += sizeof(eight)) {
        std::memcpy(&eight, bytes.data() + at, sizeof(eight));
        if (((eight | (eight - ones)) & high_bits) != 0) break; // a zero byte borrows
    }
    auto const is_plain = [](char c) { return static_cast<signed char>(c) > 0; };
    while (at < bytes.size() && is_plain(bytes[at])) ++at;
    auto const rest = bytes.substr(at);
    return rest.empty() || (rest.find('\0') == std::string_view::npos && is_valid_utf8(rest));
}

} // namespace

/// The next stretch that is not blank.
bool FileRows::next_record(Record& record, TableProblem& problem) {
    switch (table_->place_.format) {
    case TableFormat::json: return next_element(record, problem);
    case TableFormat::page: return next_page(record, problem);
    default: return next_line(record, problem);
    }
}

bool FileRows::next_line(Record& record, TableProblem& problem) {
    auto const& division = table_->division_;
    for (;;) {
        bool const is_full = end_ - from_ > row_bytes_max;
        auto const text = std::string_view(buffer_).substr(from_, end_ - from_);
        auto const line_end = line_ends_.find(from_);
        auto const found =
            find_record_end(text, line_end == std::string::npos ? line_end : line_end - from_,
                            division, ended_ || is_full);
        if (found.end == std::string::npos) {
            if (is_full) {
                problem.line = line_;
                return give_up(problem, fmt::format("a row longer than {}: is a quotation mark "
                                                    "missing, or a line end?",
                                                    format_bytes(row_bytes_max)));
            }
            if (!ended_) {
                if (!fill(problem) && !problem.text.empty()) return false;
                continue;
            }
            if (from_ == end_) return false;
        }
        record.text = text.substr(0, found.end);
        record.line = line_;
        from_ = found.end == std::string::npos ? end_ : from_ + found.next;
        line_ += 1;
        if (found.has_quotes) line_ += LineCount().in(record.text);
        bool const blank = table_->place_.format == TableFormat::txt ? trim(record.text).empty()
                                                                     : record.text.empty();
        if (!blank) return is_text(record, problem);
    }
}

bool FileRows::next_element(Record& record, TableProblem& problem) {
    for (;;) {
        auto const text = std::string_view(buffer_).substr(from_, end_ - from_);
        auto const step = list_.next(text, ended_);
        auto const begin = from_ + step.begin;
        pass(begin);
        switch (step.found) {
        case JsonList::Found::element:
            record = {text.substr(step.begin, step.end - step.begin), line_};
            pass(begin + record.text.size());
            return is_text(record, problem);
        case JsonList::Found::end: return false;
        case JsonList::Found::wrong:
            problem.line = line_;
            return give_up(problem, std::string(step.problem));
        case JsonList::Found::part: break;
        }
        if (end_ - from_ > row_bytes_max) {
            problem.line = line_;
            return give_up(problem, fmt::format("an element longer than {}: is a quotation mark or "
                                                "a bracket missing?",
                                                format_bytes(row_bytes_max)));
        }
        if (!fill(problem) && !problem.text.empty()) return false;
    }
}

/// The whole file.
bool FileRows::next_page(Record& record, TableProblem& problem) {
    while (!ended_ && end_ - from_ <= row_bytes_max && fill(problem)) continue;
    if (!problem.text.empty() || from_ == end_) return false;
    if (!ended_)
        return give_up(problem, fmt::format("more than {}: a file in a folder of prompts is one "
                                            "prompt",
                                            format_bytes(row_bytes_max)));
    record = {std::string_view(buffer_).substr(from_, end_ - from_), line_};
    from_ = end_;
    return is_text(record, problem);
}

bool FileRows::is_text(Record const& record, TableProblem& problem) {
    if (is_valid_text(record.text)) return true;
    problem.line = record.line;
    bool const has_zero = record.text.find('\0') != std::string_view::npos;
    if (!source_->encoding().empty()) return give_up(problem, "a zero byte");
    if (has_zero)
        return give_up(problem, "a zero byte: this is not a text file, or it is UTF-16: say so, as "
                                "in 'encoding: utf-16le'");
    return give_up(problem, "not UTF-8: save the file as UTF-8, or say what it is with 'encoding', "
                            "as in 'encoding: windows-1252'");
}

/// Goes on to `end`, and counts the lines up to there.
void FileRows::pass(std::size_t end) {
    line_ += passed_.in(std::string_view(buffer_).substr(from_, end - from_));
    from_ = end;
}

/// Drops what has been read, and makes room for more. A folder may have very many small files.
void FileRows::make_room() {
    if (from_ > 0) std::memmove(buffer_.data(), buffer_.data() + from_, end_ - from_);
    end_ -= std::exchange(from_, 0);
    auto const bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(table_->stamp_.bytes, 0));
    auto const wanted = std::max<std::uint64_t>({bytes, buffer_.size(), least_chunk_bytes});
    auto const chunk = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, chunk_bytes));
    if (buffer_.size() - end_ < chunk / 2) buffer_.resize(end_ + chunk);
}

/// Reads on; false at the end of the file or with a problem.
bool FileRows::fill(TableProblem& problem) {
    if (!file_) {
        auto opened = table_->opened();
        if (opened.has_error()) return give_up(problem, opened.error().message());
        file_ = std::move(*opened);
        source_ =
            std::make_unique<TextSource>(file_->descriptor(), table_->place_.reading.encoding);
    }
    auto const stamp = TableFile::stamp_of(*file_);
    if (stamp.has_error()) return give_up(problem, stamp.error().message());
    if (*stamp != table_->stamp_)
        return give_up(problem, "changed while it was being read: run again");
    make_room();
    auto const size =
        source_->read(buffer_.data() + end_, std::min(buffer_.size() - end_, chunk_bytes));
    end_ += size.has_value() ? *size : 0;
    line_ends_.set_text(std::string_view(buffer_).substr(0, end_), from_);
    if (size.has_error()) {
        bool const has_begun = line_ > 1 || end_ > 0;
        if (has_begun) problem.line = line_;
        return give_up(problem, size.error().message());
    }
    ended_ = *size == 0;
    return !ended_;
}

bool FileRows::give_up(TableProblem& problem, std::string text) {
    problem.text = std::move(text);
    failed_ = true;
    return false;
}

} // namespace darkroom::jobs
