#include "runner/export/read_ahead.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <memory>
#include <sys/resource.h>
#include <thread>

namespace darkroom::exports {

namespace {

/// Each picture that waits may be an open file; the rest of the program needs some, too.
std::size_t pictures_allowed() {
    constexpr rlim_t others = 32;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return ReadAhead::pictures_max;
    auto const free = limit.rlim_cur > others ? limit.rlim_cur - others : 1;
    // What waits, the batch that is being taken and the one that ends are held at a time.
    return std::clamp<std::size_t>(free / 4, 1, ReadAhead::pictures_max);
}

using Used = std::vector<Result<std::unique_ptr<OpenedPicture>>>;

std::unique_ptr<OpenedPicture> take_used(Used& pictures) {
    std::unique_ptr<OpenedPicture> picture;
    if (!pictures.empty() && pictures.back().has_value()) picture = std::move(*pictures.back());
    if (!pictures.empty()) pictures.pop_back();
    return picture ? std::move(picture) : std::make_unique<OpenedPicture>();
}

} // namespace

ReadAhead::ReadAhead(std::vector<Entry> const& entries, Prepare prepare)
    : entries_(entries), prepare_(std::move(prepare)), pictures_(pictures_allowed()) {}

unsigned ReadAhead::threads() { return std::clamp(std::thread::hardware_concurrency(), 1U, 4U); }

ReadAhead::Batch ReadAhead::begin_batch() {
    Batch batch;
    auto const first = begun_;
    while (begun_ < entries_.size() && batch.size < std::min(batch_pictures, pictures_)) {
        auto const bytes = entries_[begun_].bytes;
        if (batch.size > 0 && batch.bytes + bytes > batch_bytes) break;
        batch.bytes += bytes;
        ++batch.size;
        ++begun_;
    }
    auto prepare_all = [this, first, end = begun_, spent = std::move(spent_)]() mutable {
        for (auto& picture : spent)
            if (picture.has_value()) (*picture)->reset();
        Pictures pictures;
        pictures.reserve(end - first);
        for (auto entry = first; entry < end; ++entry) {
            auto picture = take_used(spent);
            auto const prepared = prepare_(entry, *picture);
            if (prepared.has_value()) {
                pictures.emplace_back(std::move(picture));
            } else {
                pictures.emplace_back(prepared.error());
                break;
            }
        }
        return pictures;
    };
    auto task = std::make_shared<std::packaged_task<Pictures()>>(std::move(prepare_all));
    batch.pictures = task->get_future();
    boost::asio::post(pool_, [task] { (*task)(); });
    return batch;
}

void ReadAhead::fill() {
    while (begun_ < entries_.size() &&
           (batches_.empty() || (waiting_ < pictures_ && bytes_ < bytes_max))) {
        batches_.push_back(begin_batch());
        waiting_ += batches_.back().size;
        bytes_ += batches_.back().bytes;
    }
}

Result<OpenedPicture*> ReadAhead::next(std::size_t entry) {
    if (entry != next_) {
        for (auto const& batch : batches_) batch.pictures.wait();
        batches_.clear();
        waiting_ = bytes_ = 0;
        ready_.clear();
        taken_ = 0;
        begun_ = entry;
    }
    next_ = entry + 1;
    if (taken_ == ready_.size()) {
        spent_ = std::move(ready_);
        ready_.clear();
        fill();
        auto batch = std::move(batches_.front());
        batches_.pop_front();
        waiting_ -= batch.size;
        bytes_ -= batch.bytes;
        fill();
        ready_ = batch.pictures.get();
        taken_ = 0;
    }
    auto const& picture = ready_[taken_++];
    if (picture.has_error()) return picture.error();
    return picture->get();
}

} // namespace darkroom::exports
