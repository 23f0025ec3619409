#include "runner/store/done_steps.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <sys/stat.h>

namespace darkroom::store {

namespace {

constexpr std::uint8_t not_known = std::numeric_limits<std::uint8_t>::max();

/// Names files below a directory without making a string for each.
class Below {
public:
    explicit Below(std::string const& directory) : path_(directory + '/'), stem_(path_.size()) {}

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

DoneSteps::Key DoneSteps::key_of(Digest const& step) {
    Key key{};
    std::copy_n(step.begin(), key.size(), key.begin());
    return key;
}

Result<DoneSteps> DoneSteps::read(JournalReader& journal, RunFolder const& folder,
                                  bool texts_have_files) {
    DoneSteps done;
    auto const counts = journal.counts();
    if (counts.has_error()) return counts.error();
    auto const finished = counts->by_phase.at(static_cast<std::size_t>(engine::Phase::finished));
    done.keys_.reserve(static_cast<std::size_t>(finished));
    done.images_.reserve(static_cast<std::size_t>(finished));
    auto const steps =
        journal.for_each_done([&done](Digest const& step, int images) { done.add(step, images); });
    if (steps.has_error()) return steps.error();
    Below directory(folder.path());
    auto const files = journal.for_each_image_file([&](ImageFile const& image) {
        bool const is_there = image.file.empty() ? !texts_have_files : directory.has(image);
        if (!is_there) done.forget(image.step);
    });
    if (files.has_error()) return files.error();
    return done;
}

std::optional<int> DoneSteps::images_of(Digest const& step) const {
    auto const place = place_of(step);
    if (!place || images_[*place] == not_known) return std::nullopt;
    return images_[*place];
}

std::optional<std::size_t> DoneSteps::place_of(Digest const& step) const {
    auto const key = key_of(step);
    auto const found = std::lower_bound(keys_.begin(), keys_.end(), key);
    if (found == keys_.end() || *found != key) return std::nullopt;
    return static_cast<std::size_t>(found - keys_.begin());
}

void DoneSteps::add(Digest const& step, int images) {
    keys_.push_back(key_of(step));
    images_.push_back(static_cast<std::uint8_t>(std::min<int>(images, not_known)));
}

void DoneSteps::forget(Digest const& step) {
    if (auto const place = place_of(step)) images_[*place] = not_known;
}

} // namespace darkroom::store
