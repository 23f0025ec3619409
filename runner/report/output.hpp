// The one place that writes to a person: it never stops the run.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace darkroom::report {

/// A file descriptor that takes text when it can. What a slow reader has not taken yet waits in a
/// bounded buffer; once that is full, whole lines are lost and counted. After a broken pipe nothing
/// is written any more. The process ignores SIGPIPE. The descriptor is not owned.
class Output {
public:
    explicit Output(int descriptor) : descriptor_(descriptor) {}
    Output(Output const&) = delete;
    Output& operator=(Output const&) = delete;

    /// Takes `text`, whole lines or a whole frame of the display. Never blocks.
    void write(std::string_view text);
    /// Writes what waits, as far as that goes without blocking.
    void flush();
    /// The last words: waits up to `patience` for the reader to take everything.
    void finish(std::chrono::milliseconds patience);

    bool is_terminal() const;
    /// Columns and rows of the terminal, now; 80 x 24 when not known.
    struct Size {
        std::size_t columns = 80;
        std::size_t rows = 24;
    };
    Size size() const;

    bool broken() const { return failure_ != 0; }
    int failure() const { return failure_; }                ///< The errno that broke it, or 0.
    std::uint64_t lost() const { return lost_; }            ///< Texts that found the buffer full.
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
