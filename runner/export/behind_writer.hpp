// A file that is written and digested on a thread of its own, while its next bytes are made.
#pragma once

#include "runner/export/output_file.hpp"

#include <boost/asio/thread_pool.hpp>

#include <array>
#include <future>
#include <string>
#include <string_view>

namespace darkroom::exports {

/// Takes the bytes of one file after the other. A few pieces are held at a time: make them large.
class BehindWriter {
public:
    /// Takes a piece of a file, which stays where it is until finish(). Errors: of this piece, or
    /// of an earlier one.
    Result<> write(OutputFile& file, std::string_view bytes);
    /// Waits until all is written.
    Result<> finish();

private:
    struct Piece {
        std::string bytes;
        std::future<Result<>> written; ///< Valid until somebody has asked for it.
    };

    std::array<Piece, 4> pieces_;
    std::size_t next_ = 0;             ///< The oldest piece, whose memory is used again.
    boost::asio::thread_pool pool_{1}; // ends before what it writes
};

} // namespace darkroom::exports
