#include "runner/export/behind_writer.hpp"

#include "runner/base/try.hpp"

#include <boost/asio/post.hpp>

#include <memory>

namespace darkroom::exports {

Result<> BehindWriter::write(OutputFile& file, std::string_view bytes) {
    file_ = &file;
    while (!bytes.empty()) {
        auto const taken = bytes.substr(0, piece_bytes - gathered_.size());
        gathered_ += taken;
        bytes.remove_prefix(taken.size());
        if (gathered_.size() < piece_bytes) continue;
        TRY(begin());
    }
    return {};
}

/// The piece takes the gathered bytes, and gives its memory for the next ones.
Result<> BehindWriter::begin() {
    auto& piece = pieces_[next_];
    next_ = (next_ + 1) % pieces_.size();
    if (piece.written.valid()) {
        TRY(piece.written.get());
    }
    piece.bytes.swap(gathered_);
    gathered_.clear();
    auto task = std::make_shared<std::packaged_task<Result<>()>>(
        [file = file_, &piece] { return file->write(piece.bytes); });
    piece.written = task->get_future();
    boost::asio::post(pool_, [task] { (*task)(); });
    return {};
}

Result<> BehindWriter::finish() {
    auto all = gathered_.empty() ? Result<>() : begin();
    gathered_.clear();
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
        auto& piece = pieces_[(next_ + i) % pieces_.size()];
        if (!piece.written.valid()) continue;
        auto written = piece.written.get();
        if (written.has_error() && all.has_value()) all = std::move(written);
    }
    return all;
}

} // namespace darkroom::exports
