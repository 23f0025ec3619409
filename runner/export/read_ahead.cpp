#include "runner/export/read_ahead.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <memory>
#include <thread>

namespace darkroom::exports {

unsigned ReadAhead::threads() { return std::clamp(std::thread::hardware_concurrency(), 1U, 4U); }

ReadAhead::Batch ReadAhead::begin_batch() {
    Batch batch;
    auto const first = begun_;
    while (begun_ < entries_.size() && batch.size < batch_pictures) {
        auto const bytes = entries_[begun_].bytes;
        if (batch.size > 0 && batch.bytes + bytes > batch_bytes) break;
        batch.bytes += bytes;
        ++batch.size;
        ++begun_;
    }
    auto prepare_all = [this, first, end = begun_, spent = std::move(spent_)]() mutable {
        spent.clear();
        Pictures pictures;
        pictures.reserve(end - first);
        for (auto entry = first; entry < end; ++entry) {
            auto picture = std::make_unique<OpenedPicture>();
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
           (batches_.empty() || (waiting_ < pictures_max && bytes_ < bytes_max))) {
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
