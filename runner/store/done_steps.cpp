#include "runner/store/done_steps.hpp"

#include "runner/store/journal_removed.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <sys/stat.h>

namespace darkroom::store {

namespace {

constexpr std::uint8_t not_known = std::numeric_limits<std::uint8_t>::max();

constexpr std::size_t starts_in_all = 1u << 16;

/// Returns the first two bytes as a number.
std::size_t start_of(Digest const& step) { return std::size_t{step[0]} << 8 | step[1]; }

/// Looks for files below a directory without making a string for each.
class DirectoryLookup {
public:
    explicit DirectoryLookup(std::string const& directory)
        : path_(directory + '/'), stem_(path_.size()) {}

    bool has(ImageFile const& image) {
        path_.resize(stem_);
        path_ += image.file;
        struct stat found {};
        return ::stat(path_.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
               found.st_size == image.bytes;
    }

private:
    std::string path_;
    std::size_t stem_;
};

} // namespace

DoneSteps::DoneSteps() : starts_(starts_in_all + 1) {}

DoneSteps::Key DoneSteps::key_of(Digest const& step) {
    Key key{};
    std::copy_n(step.begin(), key.size(), key.begin());
    return key;
}

Result<DoneSteps> DoneSteps::read(JournalReader& journal, RunFolder const& folder,
                                  Options options) {
    DoneSteps done;
    done.done_.reserve(static_cast<std::size_t>(options.expected));
    TRY(journal.for_each_done([&done](DoneRow const& row) { done.add(row); }));
    std::partial_sum(done.starts_.begin(), done.starts_.end(), done.starts_.begin());
    DirectoryLookup directory(folder.path());
    TRY_ASSIGN(auto const removed, journal.removed_images());
    auto const files = journal.for_each_image_file([&](ImageFile const& image) {
        if (image.bytes > 0)
            done.largest_image_ =
                std::max(done.largest_image_, static_cast<std::uint64_t>(image.bytes));
        bool const is_there = image.file.empty() ? !options.texts_have_files : directory.has(image);
        if (is_there) return;
        if (removed.has({image.step, image.tile}))
            ++done.removed_;
        else
            done.forget(image.step);
    });
    if (files.has_error()) return files.error();
    return done;
}

std::optional<engine::DoneStep> DoneSteps::find(Digest const& step) const {
    auto const position = position_of(step);
    if (!position || done_[*position].images == not_known) return std::nullopt;
    auto const& [key, images, set] = done_[*position];
    return engine::DoneStep{images, set == not_known ? nullptr : &action_sets_[set].actions};
}

std::optional<std::size_t> DoneSteps::position_of(Digest const& step) const {
    auto const key = key_of(step);
    auto const start = start_of(step);
    auto const end = done_.begin() + starts_[start + 1];
    auto const found =
        std::lower_bound(done_.begin() + starts_[start], end, key,
                         [](Done const& done, Key const& sought) { return done.key < sought; });
    if (found == end || found->key != key) return std::nullopt;
    return static_cast<std::size_t>(found - done_.begin());
}

void DoneSteps::add(DoneRow const& row) {
    auto const images = static_cast<std::uint8_t>(std::min<int>(row.images, not_known));
    done_.push_back({key_of(row.step), images, action_set_of(row.action_mask)});
    ++starts_[start_of(row.step) + 1];
}

std::uint8_t DoneSteps::action_set_of(std::int64_t mask) {
    if (!is_known_action_mask(mask)) return not_known;
    auto const has_mask = [mask](ActionSet const& set) { return set.mask == mask; };
    auto const found = std::find_if(action_sets_.begin(), action_sets_.end(), has_mask);
    auto const index = static_cast<std::size_t>(found - action_sets_.begin());
    if (index >= not_known) return not_known; // more sets than are counted
    if (found == action_sets_.end()) action_sets_.push_back({mask, actions_of(mask)});
    return static_cast<std::uint8_t>(index);
}

void DoneSteps::forget(Digest const& step) {
    if (auto const position = position_of(step)) done_[*position].images = not_known;
}

} // namespace darkroom::store
