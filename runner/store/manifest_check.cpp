#include "runner/store/manifest_check.hpp"

#include "runner/store/error.hpp"
#include "runner/store/line_reader.hpp"
#include "runner/store/manifest_columns.hpp"
#include "runner/store/manifest_line.hpp"

#include <algorithm>
#include <fcntl.h>
#include <utility>
#include <vector>

namespace darkroom::store {

namespace {

/// Iterates over the fact numbers and keys of the journal's images, in pages.
class ImageKeys {
public:
    ImageKeys(JournalReader& journal, std::int64_t after) : journal_(journal), after_(after) {}

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
        auto const after = page_.empty() ? after_ : page_.back().first;
        page_.clear();
        position_ = 0;
        return journal_.for_each_image_step(after, [this](std::int64_t seq, Digest const& step) {
            page_.emplace_back(seq, step);
            return page_.size() < page_size;
        });
    }

    JournalReader& journal_;
    std::int64_t after_;
    std::vector<std::pair<std::int64_t, Digest>> page_;
    std::size_t position_ = 0;
};

/// The images that arranged lines list, in 24 bytes each.
class ListedImages {
public:
    void add(Digest const& step, int tile) { images_.push_back({short_key(step), tile}); }
    std::size_t size() const { return images_.size(); }

    /// Returns true if they are the images of the journal up to this fact, each once.
    Result<bool> are_those_of(JournalReader& journal, std::int64_t last_seq) {
        std::sort(images_.begin(), images_.end());
        std::size_t at = 0;
        bool same = true;
        TRY(journal.for_each_image_key(last_seq, [&](Digest const& step, int tile) {
            same = same && at < images_.size() && images_[at] == Image{short_key(step), tile};
            ++at;
        }));
        return same && at == images_.size();
    }

private:
    // Half of a digest is enough: a step that is taken for another one would have to be sought.
    using Key = std::array<std::uint8_t, 16>; // in the journal's order
    using Image = std::pair<Key, int>;

    static Key short_key(Digest const& step) {
        Key key{};
        std::copy_n(step.begin(), key.size(), key.begin());
        return key;
    }

    std::vector<Image> images_;
};

/// Takes the lines of both files.
class ManifestCheck {
public:
    ManifestCheck(JournalReader& journal, std::int64_t arranged)
        : journal_(journal), arranged_(arranged), later_(journal, arranged) {}

    Result<> take_unwanted(RunFolder const& folder) {
        auto const size = file_size(folder.unwanted());
        if (size.has_error() || *size == 0) return {};
        TRY_ASSIGN(auto const file, File::own(folder.unwanted(), O_RDONLY));
        std::uint64_t bytes = 0;
        TRY(read_lines(file, [this, &bytes](LineColumns const& line, std::string_view text) {
            bytes += text.size() + 1;
            if (line.is_null(Column::same_as)) add(line);
        }));
        found_.whole_lines = found_.whole_lines && bytes == *size; // it was written in one piece
        return {};
    }

    Result<> take_manifest(File const& file) {
        TRY_ASSIGN(auto const early, journal_.count_images(arranged_));
        auto const unwanted = static_cast<std::int64_t>(listed_.size());
        auto left = early - unwanted; // lines that are arranged
        found_.whole_lines = found_.whole_lines && left >= 0;
        TRY(read_lines(file, [&](LineColumns const& line, std::string_view text) {
            bool const is_repeat = !line.is_null(Column::same_as);
            bool const is_sound = !is_repeat || (line.at(Column::same_as).front() == '"' &&
                                                 line.money(Column::cost) == 0);
            found_.whole_lines = found_.whole_lines && is_sound;
            if (!is_repeat && left > 0) {
                --left;
                add(line);
            } else if (!is_repeat) {
                take_later(line, text);
            }
            if (!found_.whole_lines) return;
            found_.bytes += text.size() + 1;
            if (found_.last_seq == 0) found_.arranged = found_.bytes;
        }));
        return failure_;
    }

    Result<Agreement> finish() {
        TRY_ASSIGN(bool const same, listed_.are_those_of(journal_, arranged_));
        found_.whole_lines = found_.whole_lines && same;
        return std::move(found_);
    }

private:
    using Take = std::function<void(LineColumns const&, std::string_view)>;

    Result<> read_lines(File const& file, Take const& take) {
        TRY_ASSIGN(auto const size, file.size());
        LineReader lines([&](std::string_view text) {
            if (!found_.whole_lines || failure_.has_error()) return;
            auto const line = LineColumns::split(text);
            bool const has_key = !key_of_line(text).empty(); // other readers look for it there
            if (line && has_key) return take(*line, text);
            found_.whole_lines = false;
        });
        auto const read =
            file.read(size, [&lines](std::string_view piece) { return lines(piece); });
        if (read.has_error() && read.error().code != Errc::too_large) return read.error();
        if (read.has_error()) found_.whole_lines = false;
        return {};
    }

    std::optional<Digest> step_of(LineColumns const& line) {
        Digest step{};
        auto key = line.at(Column::key);
        bool const is_text = key.size() > 2;
        if (is_text && from_hex(key.substr(1, key.size() - 2), step)) return step;
        found_.whole_lines = false;
        return std::nullopt;
    }

    void add(LineColumns const& line) {
        if (auto const step = step_of(line)) listed_.add(*step, line.tile());
    }

    /// Takes a line that is expected to be the next one in the journal's order.
    void take_later(LineColumns const& line, std::string_view text) {
        auto const image = later_.next();
        if (image.has_error()) failure_ = image.error();
        auto const step = step_of(line);
        found_.whole_lines =
            found_.whole_lines && image.has_value() && image->first != 0 && step == image->second;
        if (!found_.whole_lines) return;
        found_.last_seq = image->first;
        found_.last_line = text;
    }

    JournalReader& journal_;
    std::int64_t arranged_;
    ImageKeys later_;
    ListedImages listed_;
    Agreement found_;
    Result<> failure_;
};

} // namespace

Result<Agreement> compare_manifest(RunFolder const& folder, File const& manifest,
                                   JournalReader& journal, std::int64_t arranged) {
    ManifestCheck check(journal, arranged);
    TRY(check.take_unwanted(folder));
    TRY(check.take_manifest(manifest));
    return check.finish();
}

bool is_same_line(std::string_view line, std::string_view expected) {
    auto const found = LineColumns::split(line);
    if (!found || !found->is_of_0_1()) return line == expected;
    auto wanted = LineColumns::split(expected);
    if (!wanted) return false;
    for (std::size_t i = 0; i < columns_count; ++i) {
        auto const column = static_cast<Column>(i);
        if (column == Column::cost || found->at(column).empty()) continue; // each tile had it
        if (found->at(column) != wanted->at(column)) return false;
    }
    return true;
}

} // namespace darkroom::store
