// A file that is written and digested on a thread of its own, while its next bytes are made.
#pragma once

#include "runner/export/output_file.hpp"

#include <boost/asio/thread_pool.hpp>

#include <array>
#include <future>
#include <string>
#include <string_view>

namespace darkroom::exports {

/// Takes the bytes of one file after the other, and gathers them. A few pieces are held at a time.
class BehindWriter {
public:
    /// Takes bytes of a file, which stays where it is until finish(). Errors: of earlier bytes.
    Result<> write(OutputFile& file, std::string_view bytes);
    /// Waits until all is written.
    Result<> finish();

private:
    static constexpr std::size_t piece_bytes = 256u << 10;
    Result<> begin();

    struct Piece {
        std::string bytes;
        std::future<Result<>> written; ///< Valid until somebody has asked for it.
    };

    OutputFile* file_ = nullptr; ///< To which the gathered bytes belong.
    std::string gathered_;
    std::array<Piece, 8> pieces_;
    std::size_t next_ = 0;             ///< The oldest piece, whose memory is used again.
    boost::asio::thread_pool pool_{1}; // ends before what it writes
};

} // namespace darkroom::exports
