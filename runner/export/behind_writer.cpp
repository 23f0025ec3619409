#include "runner/export/behind_writer.hpp"

#include "runner/base/try.hpp"

#include <boost/asio/post.hpp>

#include <memory>

namespace darkroom::exports {

Result<> BehindWriter::write(OutputFile& file, std::string_view bytes) {
    auto& piece = pieces_[next_];
    next_ = (next_ + 1) % pieces_.size();
    if (piece.written.valid()) {
        TRY(piece.written.get());
    }
    piece.bytes = bytes;
    auto task = std::make_shared<std::packaged_task<Result<>()>>(
        [&file, &piece] { return file.write(piece.bytes); });
    piece.written = task->get_future();
    boost::asio::post(pool_, [task] { (*task)(); });
    return {};
}

Result<> BehindWriter::finish() {
    Result<> all;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
        auto& piece = pieces_[(next_ + i) % pieces_.size()];
        if (!piece.written.valid()) continue;
        auto written = piece.written.get();
        if (written.has_error() && all.has_value()) all = std::move(written);
    }
    return all;
}

} // namespace darkroom::exports
