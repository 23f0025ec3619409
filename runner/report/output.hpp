// Writes to a person without ever stopping the run.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace darkroom::report {

/// Writes to a file descriptor without blocking. Text for a slow reader waits in a bounded buffer;
/// once that is full, whole texts are lost and counted. After a broken pipe nothing more is
/// written. The process ignores SIGPIPE. The descriptor is not owned.
class Output {
public:
    explicit Output(int descriptor) : descriptor_(descriptor) {}
    Output(Output const&) = delete;
    Output& operator=(Output const&) = delete;

    /// Queues `text`, whole lines or a whole frame of the display. Never blocks.
    void write(std::string_view text);
    /// Writes queued text as far as possible without blocking.
    void flush();
    /// Waits up to `patience` for the reader to take all queued text.
    void finish(std::chrono::milliseconds patience);

    bool is_terminal() const;
    /// The current columns and rows of the terminal; 80 x 24 when not known.
    struct Size {
        std::size_t columns = 80;
        std::size_t rows = 24;
    };
    Size size() const;

    /// Writes again after a failure: the descriptor is another file now. What was lost stays so.
    void begin_again() { failure_ = 0; }

    bool broken() const { return failure_ != 0; }
    int failure() const { return failure_; }     ///< The errno that broke it, or 0.
    std::uint64_t lost() const { return lost_; } ///< Texts dropped because the buffer was full.
    std::size_t waiting() const { return waiting_.size(); } ///< Bytes.

private:
    bool can_take(std::chrono::milliseconds patience) const;
    bool write_some();

    int descriptor_;
    std::string waiting_;
    std::uint64_t lost_ = 0;
    int failure_ = 0;
};

} // namespace darkroom::report
