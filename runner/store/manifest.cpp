#include "runner/store/manifest.hpp"

#include "runner/base/number.hpp"
#include "runner/base/relative_path.hpp"
#include "runner/store/atomic_file.hpp"
#include "runner/store/error.hpp"
#include "runner/store/journal_meta.hpp"
#include "runner/store/journal_removed.hpp"
#include "runner/store/line_reader.hpp"
#include "runner/store/manifest_check.hpp"
#include "runner/store/manifest_columns.hpp"
#include "runner/store/manifest_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

namespace darkroom::store {

namespace {

constexpr std::string_view arranged_key = "arranged"; // stored: never changed

/// Returns true when the last line that is not arranged equals the journal's.
Result<bool> last_line_agrees(Agreement const& found, JournalReader& journal,
                              LineMaker const& lines) {
    if (!found.whole_lines) return false;
    if (found.last_seq == 0) return true;
    std::string expected;
    auto const take = [&](ImageRecord const& image) -> Result<> {
        expected = lines.line(image);
        return Error(Errc::journal_closed, ""); // the first is enough
    };
    auto const walked = journal.for_each_image(found.last_seq - 1, take);
    if (expected.empty() && walked.has_error()) return walked.error();
    return is_same_line(found.last_line, expected);
}

/// Writes the lines of the images that were saved after a fact, in the journal's order.
template <class Out>
Result<std::uint64_t> write_lines(Out& out, JournalReader& journal, std::int64_t after,
                                  ImageLines const& on_line) {
    TRY_ASSIGN(auto const lines, LineMaker::open(journal));
    std::uint64_t written = 0;
    auto const take = [&](ImageRecord const& image) -> Result<> {
        auto const line = lines.line(image);
        TRY(out.write(line + '\n'));
        ++written;
        return on_line(image, line);
    };
    TRY(journal.for_each_image(after, take));
    return written;
}

Result<std::uint64_t> cut_torn_line(File& file, std::uint64_t whole) {
    TRY_ASSIGN(auto const size, file.size());
    auto const torn = size - whole;
    if (torn == 0) return torn;
    TRY(file.truncate(whole));
    return torn;
}

/// Copies lines of a file, up to `bytes`, without those of the images that were saved once more,
/// and with what their steps have cost in all.
class LineCopy {
public:
    LineCopy(JournalReader& journal, LineMaker const& lines, std::set<ImageKey> const& again)
        : journal_(journal), lines_(lines), again_(again) {}

    Result<std::uint64_t> copy(File const& from, std::uint64_t bytes, AtomicFile& to) {
        std::uint64_t written = 0;
        Result<> failure;
        LineReader lines([&](std::string_view text) {
            if (failure.has_error()) return;
            auto const line = changed(text);
            if (line.has_error()) failure = line.error();
            if (failure.has_error() || !*line) return;
            failure = to.write(**line + '\n');
            written += (*line)->size() + 1;
        });
        TRY(from.read(bytes, [&lines](std::string_view piece) { return lines(piece); }));
        if (failure.has_error()) return failure.error();
        return written;
    }

private:
    /// Returns the line as it is to be; nothing for one that is dropped.
    Result<std::optional<std::string>> changed(std::string_view text) {
        auto line = LineColumns::split(text);
        Digest step{};
        bool const is_own = line && from_hex(key_of_line(text), step);
        if (!is_own || !line->is_null(Column::same_as)) return std::optional(std::string(text));
        if (again_.contains({step, line->tile()})) return std::optional<std::string>();
        bool const is_charged = lines_.charged_again(step) > 0 && line->money(Column::cost) > 0;
        if (!is_charged) return std::optional(std::string(text));
        TRY_ASSIGN(auto const record, journal_.find(step));
        auto const cost = engine::money_text(record.state.price + record.state.cost_again);
        line->set(Column::cost, cost);
        return std::optional(line->line());
    }

    JournalReader& journal_;
    LineMaker const& lines_;
    std::set<ImageKey> const& again_;
};

/// Gives the lines of repeats in a file, each name once, that have a file and an image.
Result<> for_each_repeat(RunFolder const& folder, std::string const& path, JournalReader& journal,
                         std::set<std::string>& names,
                         std::function<Result<>(std::string_view)> const& take) {
    auto const size = file_size(path);
    if (size.has_error() || *size == 0) return {};
    TRY_ASSIGN(auto const file, File::own(path, O_RDONLY));
    TRY_ASSIGN(auto const removed, journal.removed_images());
    Result<> failure;
    LineReader lines([&](std::string_view text) {
        auto const line = LineColumns::split(text);
        Digest step{};
        bool const is_repeat = line && !line->is_null(Column::same_as) &&
                               line->money(Column::cost) == 0 && from_hex(key_of_line(text), step);
        if (failure.has_error() || !is_repeat) return;
        auto const has_image = journal.has_image({step, line->tile()});
        auto name = line->text(Column::file);
        bool const is_sound = has_image.has_value() && *has_image && stays_below(name) &&
                              (file_size(folder.path() + "/" + name).has_value() ||
                               removed.has({step, line->tile()}));
        if (is_sound && names.insert(std::move(name)).second) failure = take(text);
    });
    auto const read = file.read(*size, [&lines](std::string_view piece) { return lines(piece); });
    if (read.has_error() && read.error().code != Errc::too_large) return read.error();
    return failure;
}

} // namespace

std::string Repair::text() const {
    std::string text;
    if (rebuilt) return "rewritten from the journal: the two did not agree";
    if (cut > 0) text = fmt::format("cut {} bytes of a torn line", cut);
    if (added > 0)
        text += fmt::format("{}added {} line{}", text.empty() ? "" : ", ", added,
                            added == 1 ? "" : "s");
    return text;
}

Result<std::int64_t> arranged_seq(RunFolder const& folder) {
    TRY_ASSIGN(auto const text, read_meta(folder.journal(), arranged_key));
    return text ? parse_whole<std::int64_t>(*text).value_or(0) : 0;
}

Result<> write_arranged_seq(RunFolder const& folder, std::int64_t seq) {
    return write_meta(folder.journal(), arranged_key, std::to_string(seq));
}

Result<bool> keep_manifest_of_0_1(RunFolder const& folder) {
    constexpr std::uint64_t enough = 1u << 20; // a line is far shorter
    auto const size = file_size(folder.manifest());
    if (size.has_error() || *size == 0 || exists(folder.manifest_of_0_1())) return false;
    TRY_ASSIGN(auto const file, File::own(folder.manifest(), O_RDONLY));
    std::string begin;
    TRY(file.read(std::min(*size, enough), [&begin](std::string_view piece) -> Result<> {
        begin += piece;
        return {};
    }));
    auto const line = LineColumns::split(std::string_view(begin).substr(0, begin.find('\n')));
    if (!line || !line->is_of_0_1()) return false;
    if (::link(folder.manifest().c_str(), folder.manifest_of_0_1().c_str()) == 0) return true;
    TRY_ASSIGN(auto copy, AtomicFile::create({folder.parts() + "/darkroom.old", folder.path(),
                                              "manifest-0.1.jsonl"}));
    TRY(file.read(*size, [&copy](std::string_view piece) { return copy.write(piece); }));
    TRY(copy.commit());
    return true;
}

Result<Repair> repair_manifest(RunFolder const& folder, JournalReader& journal,
                               ImageLines const& on_line) {
    TRY_ASSIGN(auto file, File::own(folder.manifest(), O_RDWR | O_CREAT | O_APPEND));
    TRY_ASSIGN(auto const arranged, arranged_seq(folder));
    TRY_ASSIGN(auto const found, compare_manifest(folder, file, journal, arranged));
    TRY_ASSIGN(auto const lines, LineMaker::open(journal));
    TRY_ASSIGN(auto const agrees, last_line_agrees(found, journal, lines));
    Repair repair;
    if (!agrees) {
        TRY(rebuild_manifest(folder, journal, on_line));
        repair.rebuilt = true;
        return repair;
    }
    repair.arranged = found.arranged;
    TRY_ASSIGN(repair.cut, cut_torn_line(file, found.bytes));
    auto const last = std::max(found.last_seq, arranged);
    TRY_ASSIGN(repair.added, write_lines(file, journal, last, on_line));
    if (repair.added > 0) {
        TRY(file.sync());
    }
    return repair;
}

Result<> rebuild_manifest(RunFolder const& folder, JournalReader& journal,
                          ImageLines const& on_line) {
    TRY(keep_manifest_of_0_1(folder));
    TRY(write_arranged_seq(folder, 0));
    TRY_ASSIGN(auto file, AtomicFile::create({folder.parts() + "/darkroom.manifest", folder.path(),
                                              "manifest.jsonl"}));
    TRY(write_lines(file, journal, 0, on_line));
    std::set<std::string> names; // of repeats: their files keep a line
    for (auto const& path : {folder.manifest(), folder.unwanted()}) {
        auto const add = [&file](std::string_view line) {
            return file.write(std::string(line) + '\n');
        };
        TRY(for_each_repeat(folder, path, journal, names, add));
    }
    TRY(file.commit());
    return remove_file(folder.unwanted());
}

Result<std::uint64_t> renew_manifest(RunFolder const& folder, JournalReader& journal,
                                     std::uint64_t arranged, std::set<ImageKey> const& again) {
    TRY_ASSIGN(auto const lines, LineMaker::open(journal));
    LineCopy copy(journal, lines, again);
    TRY_ASSIGN(auto const old, File::own(folder.manifest(), O_RDONLY));
    TRY_ASSIGN(auto file, AtomicFile::create({folder.parts() + "/darkroom.manifest", folder.path(),
                                              "manifest.jsonl"}));
    TRY_ASSIGN(auto const before, copy.copy(old, arranged, file));
    TRY_ASSIGN(auto const seq, arranged_seq(folder));
    auto const ignore = [](ImageRecord const&, std::string const&) { return Result<>(); };
    TRY(write_lines(file, journal, seq, ignore));
    TRY(keep_manifest_of_0_1(folder));
    TRY(file.commit());
    auto const unwanted_bytes = file_size(folder.unwanted());
    if (unwanted_bytes.has_error()) return before;
    TRY_ASSIGN(auto const unwanted, File::own(folder.unwanted(), O_RDONLY));
    TRY_ASSIGN(auto other, AtomicFile::create({folder.parts() + "/darkroom.unwanted", folder.path(),
                                               "unwanted.jsonl"}));
    TRY(copy.copy(unwanted, *unwanted_bytes, other));
    TRY(other.commit());
    return before;
}

Result<std::set<Digest>> rebuild_failed(RunFolder const& folder, JournalReader& journal,
                                        std::set<Digest> const* wanted) {
    TRY_ASSIGN(auto file, AtomicFile::create({folder.parts() + "/darkroom.failed", folder.path(),
                                              "failed.jsonl"}));
    std::set<Digest> listed;
    auto const take = [&](Digest const& step, StepRecord const& record) -> Result<> {
        if (wanted != nullptr && !wanted->contains(step)) return {};
        listed.insert(step);
        return file.write(failed_line(engine::failed_row_of(step, record.state, record.last_at)) +
                          '\n');
    };
    TRY(journal.for_each_given_up(take));
    TRY(file.commit());
    return listed;
}

} // namespace darkroom::store
