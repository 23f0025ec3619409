// The order in which the attempts of a run were sent: a number each, set without a sync.
#pragma once

#include "runner/engine/ports.hpp"
#include "runner/store/file.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace darkroom::store {

/// Returns the name of the present boot of the machine; "" where the system has none.
std::string present_boot();

/// The highest number of a run: with a counter below it, it is stored as a signed number.
constexpr std::uint64_t run_number_max = 0x7fff'ffff;

/// Holds what a file of marks says, read whole.
struct MarksFile {
    std::string boot;
    std::uint64_t run = 0;    ///< The number of the run that wrote it; see FileSendMarks.
    bool is_whole = false;    ///< False: an attempt without a mark may have been sent.
    bool is_in_place = false; ///< It is the file that the run wrote, and no copy.
    std::vector<std::uint64_t>
        orders; ///< Indexed by the attempt, which counts from 1; 0: never sent.

    /// Returns the number of the last attempt that was sent; 0 without any.
    std::uint64_t last_attempt() const;
    /// Returns the highest order number; that of the run's beginning without any.
    std::uint64_t last_order() const;
};

/// Reads a file of marks; none when there is no such file. Errors: damaged_marks; of the disk.
Result<std::optional<MarksFile>> read_marks(std::string const& path);

/// Keeps the marks in a memory-mapped file, which outlives the process but not the boot of the
/// machine. Attempts and orders are numbered (run << 32 | counter), so that those of a later run
/// are higher; each run gets a number of its own, which the journal keeps. Where the disk is full
/// the next run knows nothing of this run's attempts; nothing else changes.
class FileSendMarks final : public engine::SendMarks {
public:
    struct Run {
        std::uint64_t number = 0; ///< Higher than that of all earlier runs.
        std::string boot = present_boot();
    };

    /// Begins the file of a run, which takes the place of the last one with the first attempt. Its
    /// answers about earlier attempts come from `last`. Errors: of the disk.
    static Result<std::unique_ptr<FileSendMarks>> open(std::string const& path, Run run,
                                                       std::optional<MarksFile> last);
    ~FileSendMarks() override;
    FileSendMarks(FileSendMarks const&) = delete;
    FileSendMarks& operator=(FileSendMarks const&) = delete;

    std::string const& boot() const override { return run_.boot; }
    std::uint64_t next_attempt() override;
    std::uint64_t mark(std::uint64_t attempt) override;
    std::uint64_t last_order() const override { return run_.number << 32 | orders_; }
    std::optional<std::uint64_t> order_of(std::uint64_t attempt,
                                          std::string const& boot) const override;
    engine::SendOrder bounds_of(std::uint64_t attempt, std::string const& boot) const override;

private:
    FileSendMarks(std::string path, File file, Run run, std::optional<MarksFile> last);
    Result<> begin();
    void replace_last();
    Result<> map(std::size_t slots);
    void grow();
    void report_gap();
    std::uint64_t* slot_of(std::uint64_t attempt) const;

    std::string path_;
    File file_;
    bool replaces_last_ = false;
    Run run_;
    std::optional<MarksFile> last_;
    std::byte* mapped_ = nullptr;
    std::size_t mapped_bytes_ = 0;
    std::uint64_t attempts_ = 0;
    std::uint64_t orders_ = 0;
};

} // namespace darkroom::store
