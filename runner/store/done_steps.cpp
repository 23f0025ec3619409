#include "runner/store/done_steps.hpp"

#include "runner/store/file.hpp"
#include "runner/store/journal_removed.hpp"

#include <algorithm>
#include <fcntl.h>
#include <limits>
#include <string>
#include <sys/stat.h>
#include <utility>

namespace darkroom::store {

namespace {

constexpr std::uint8_t not_known = std::numeric_limits<std::uint8_t>::max();

/// Looks for files below a directory without making a string for each. Where the second of two
/// neighbours lies in the same directory, this is opened: the way to it is walked once.
class FileLookup {
public:
    explicit FileLookup(std::string const& directory)
        : path_(directory + '/'), stem_(path_.size()) {}

    bool has(ImageFile const& image) {
        auto const folder_size = image.file.rfind('/') + 1; // npos + 1 is 0
        auto const folder = image.file.substr(0, folder_size);
        path_.resize(stem_);
        path_ += image.file;
        if (folder != folder_ || folder.empty()) {
            folder_ = folder;
            opened_.close();
        } else if (!opened_.is_open()) {
            open(stem_ + folder_size);
        }
        struct stat found {};
        bool const is_there = opened_.is_open()
                                  ? ::fstatat(opened_.descriptor(),
                                              path_.c_str() + stem_ + folder_size, &found, 0) == 0
                                  : ::stat(path_.c_str(), &found) == 0;
        return is_there && S_ISREG(found.st_mode) && found.st_size == image.bytes;
    }

private:
    void open(std::size_t folder_end) {
        auto opened = File::open(path_.substr(0, folder_end), O_PATH | O_DIRECTORY);
        if (opened.has_value()) opened_ = std::move(*opened);
    }

    std::string path_;
    std::size_t stem_;
    std::string folder_; ///< The last one, with its slash.
    File opened_;        ///< The same, or closed.
};

} // namespace

Result<DoneSteps> DoneSteps::read(JournalReader& journal, RunFolder const& folder,
                                  Options options) {
    DoneSteps done;
    done.done_.reserve(static_cast<std::size_t>(options.expected));
    TRY(journal.for_each_done([&done](DoneRow const& row) { done.add(row); }));
    FileLookup files(folder.path());
    TRY_ASSIGN(auto const removed, journal.removed_images());
    auto const looked = journal.for_each_image_file([&](ImageFile const& image) {
        if (image.bytes > 0)
            done.largest_image_ =
                std::max(done.largest_image_, static_cast<std::uint64_t>(image.bytes));
        bool const is_there = image.file.empty() ? !options.texts_have_files : files.has(image);
        if (is_there) return;
        if (removed.has({image.step, image.tile}))
            ++done.removed_;
        else
            done.forget(image.step);
    });
    if (looked.has_error()) return looked.error();
    return done;
}

std::optional<engine::DoneStep> DoneSteps::find(Digest const& step) const {
    auto const* done = done_.find(step);
    if (done == nullptr || done->images == not_known) return std::nullopt;
    auto const set = done->action_set;
    return engine::DoneStep{done->images, set == not_known ? nullptr : &action_sets_[set].actions};
}

void DoneSteps::add(DoneRow const& row) {
    auto const images = static_cast<std::uint8_t>(std::min<int>(row.images, not_known));
    done_.add(row.step, {images, action_set_of(row.action_mask)});
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
    if (auto* const done = done_.find(step)) done->images = not_known;
}

} // namespace darkroom::store
