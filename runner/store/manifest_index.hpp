// Where the lines of manifest.jsonl and unwanted.jsonl are, by step.
#pragma once

#include "runner/base/sha256.hpp"
#include "runner/store/run_folder.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace darkroom::store {

/// One line.
struct ListedLine {
    /// Half of the step's key, as two numbers: enough to tell two apart.
    using Key = std::array<std::uint64_t, 2>;

    Key key{};
    std::uint64_t is_repeat : 1 = 0;   ///< It shares the picture of another line.
    std::uint64_t tile : 8 = 0;        ///< The image's, as the journal counts.
    std::uint64_t is_unwanted : 1 = 0; ///< It is in unwanted.jsonl.
    std::uint64_t is_taken : 1 = 0;    ///< A wanted item has it.
    std::uint64_t offset : 53 = 0;     ///< In its file.
};

/// The lines of one step: first those of its images by tile, then those of repeats by tile.
using StepLines = std::span<ListedLine>;

/// Takes 24 bytes a line.
class ManifestIndex {
public:
    /// Reads the first `manifest_bytes` bytes of manifest.jsonl and all of unwanted.jsonl, which
    /// agree with the journal. Errors: of the disk; damaged_manifest for a line that is none.
    static Result<ManifestIndex> read(RunFolder const& folder, std::uint64_t manifest_bytes,
                                      std::size_t expected);

    StepLines lines_of(Digest const& step);
    std::size_t size() const { return lines_.size(); }
    std::size_t count_unwanted() const; ///< Lines of unwanted.jsonl.
    /// Returns the lines that nobody has taken, in the order of the files: unwanted.jsonl first.
    std::vector<ListedLine> not_taken() const;

private:
    Result<> add_lines(File const& file, std::uint64_t bytes, bool is_unwanted);
    std::ptrdiff_t even_place(ListedLine::Key const& key) const;
    std::vector<ListedLine>::iterator first_not_below(ListedLine::Key const& key);

    std::vector<ListedLine> lines_; // sorted
};

/// Reads lines at given places, most often one after the other.
class LinesAt {
public:
    explicit LinesAt(File const& file) : file_(file) {}

    /// Returns the line that begins there, valid until the next call. Errors: of the disk; a line
    /// without an end.
    Result<std::string_view> read(std::uint64_t offset);

private:
    Result<> fill(std::uint64_t offset, std::size_t size);

    File const& file_;
    std::string piece_;
    std::uint64_t begin_ = 0; // of the piece
};

} // namespace darkroom::store
