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
    auto const prepare_all = [this, first, end = begun_] {
        Pictures pictures;
        pictures.reserve(end - first);
        for (auto entry = first; entry < end; ++entry) {
            pictures.push_back(prepare_(entry));
            if (pictures.back().has_error()) break;
        }
        return pictures;
    };
    auto task = std::make_shared<std::packaged_task<Pictures()>>(prepare_all);
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

Result<OpenedPicture> ReadAhead::next(std::size_t entry) {
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
        fill();
        auto batch = std::move(batches_.front());
        batches_.pop_front();
        waiting_ -= batch.size;
        bytes_ -= batch.bytes;
        fill();
        ready_ = batch.pictures.get();
        taken_ = 0;
    }
    return std::move(ready_[taken_++]);
}

} // namespace darkroom::exports
