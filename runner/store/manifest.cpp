#include "runner/store/manifest.hpp"

#include "runner/store/atomic_file.hpp"
#include "runner/store/error.hpp"
#include "runner/store/line_reader.hpp"
#include "runner/store/manifest_line.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>
#include <vector>

namespace darkroom::store {

namespace {

/// The part of a manifest that agrees with the journal.
struct Agreement {
    bool whole_lines = true; ///< Every whole line is that of the image at its place.
    std::uint64_t lines = 0;
    std::uint64_t bytes = 0;   ///< The size of the whole lines.
    std::int64_t last_seq = 0; ///< The fact of the image on the last line; 0 without one.
    std::string last_line;
};

/// Iterates over the fact numbers and steps of the journal's images, in pages.
class ImageKeys {
public:
    explicit ImageKeys(JournalReader& journal) : journal_(journal) {}

    /// Returns the next image's fact and step; {0, …} after the last.
    Result<std::pair<std::int64_t, Digest>> next() {
        if (position_ == page_.size()) {
            TRY(read_page());
        }
        if (page_.empty()) return std::pair<std::int64_t, Digest>();
        return page_[position_++];
    }

private:
    static constexpr std::size_t page_size = 4096;

    Result<> read_page() {
        auto const after = page_.empty() ? 0 : page_.back().first;
        page_.clear();
        position_ = 0;
        return journal_.for_each_image_step(after, [this](std::int64_t seq, Digest const& step) {
            page_.emplace_back(seq, step);
            return page_.size() < page_size;
        });
    }

    JournalReader& journal_;
    std::vector<std::pair<std::int64_t, Digest>> page_;
    std::size_t position_ = 0;
};

/// Walks the file and the journal's images side by side.
Result<Agreement> compare(File const& file, JournalReader& journal) {
    auto const size = file.size();
    if (size.has_error()) return size.error();
    Agreement found;
    ImageKeys images(journal);
    Result<> failure;
    LineReader lines([&](std::string_view line) {
        if (failure.has_error() || !found.whole_lines) return;
        auto const image = images.next();
        if (image.has_error()) failure = image.error();
        found.whole_lines =
            image.has_value() && image->first != 0 && key_of_line(line) == to_hex(image->second);
        if (!found.whole_lines) return;
        ++found.lines;
        found.bytes += line.size() + 1;
        found.last_seq = image->first;
        found.last_line = line;
    });
    auto const read = file.read(*size, [&lines](std::string_view piece) { return lines(piece); });
    if (failure.has_error()) return failure.error();
    if (read.has_error() && read.error().code != Errc::too_large) return read.error();
    if (read.has_error()) found.whole_lines = false;
    return found;
}

/// Returns true when the last whole line equals the line that the journal gives for that image.
Result<bool> last_line_agrees(Agreement const& found, JournalReader& journal) {
    if (!found.whole_lines) return false;
    if (found.last_seq == 0) return true;
    std::string expected;
    auto const take = [&expected](ImageRecord const& image) -> Result<> {
        expected = manifest_line(image.event, image.state);
        return Error(Errc::journal_closed, ""); // the first is enough
    };
    auto const walked = journal.for_each_image(found.last_seq - 1, take);
    if (expected.empty() && walked.has_error()) return walked.error();
    return expected == found.last_line;
}

Result<std::uint64_t> append_missing(File& file, JournalReader& journal, std::int64_t after,
                                     ImageLines const& on_line) {
    std::uint64_t added = 0;
    auto const take = [&](ImageRecord const& image) -> Result<> {
        auto const line = manifest_line(image.event, image.state);
        TRY(file.write(line + '\n'));
        ++added;
        return on_line(image, line);
    };
    TRY(journal.for_each_image(after, take));
    if (added > 0) {
        TRY(file.sync());
    }
    return added;
}

Result<std::uint64_t> cut_torn_line(File& file, std::uint64_t whole) {
    TRY_ASSIGN(auto const size, file.size());
    auto const torn = size - whole;
    if (torn == 0) return torn;
    TRY(file.truncate(whole));
    return torn;
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

Result<Repair> repair_manifest(RunFolder const& folder, JournalReader& journal,
                               ImageLines const& on_line) {
    TRY_ASSIGN(auto file, File::own(folder.manifest(), O_RDWR | O_CREAT | O_APPEND));
    TRY_ASSIGN(auto const found, compare(file, journal));
    TRY_ASSIGN(auto const agrees, last_line_agrees(found, journal));
    Repair repair;
    if (!agrees) {
        auto const rebuilt = rebuild_manifest(folder, journal, on_line);
        if (rebuilt.has_error()) return rebuilt.error();
        repair.rebuilt = true;
        return repair;
    }
    auto const cut = cut_torn_line(file, found.bytes);
    if (cut.has_error()) return cut.error();
    repair.cut = *cut;
    auto const added = append_missing(file, journal, found.last_seq, on_line);
    if (added.has_error()) return added.error();
    repair.added = *added;
    return repair;
}

Result<> rebuild_manifest(RunFolder const& folder, JournalReader& journal,
                          ImageLines const& on_line) {
    TRY_ASSIGN(auto file, AtomicFile::create({folder.parts() + "/darkroom.manifest", folder.path(),
                                              "manifest.jsonl"}));
    auto const take = [&](ImageRecord const& image) -> Result<> {
        auto const line = manifest_line(image.event, image.state);
        auto written = file.write(line + '\n');
        return written.has_error() ? written : on_line(image, line);
    };
    auto const walked = journal.for_each_image(0, take);
    return walked.has_error() ? walked : file.commit();
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
