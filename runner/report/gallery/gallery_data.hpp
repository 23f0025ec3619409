// The rows of a gallery as compact JSON, a batch at a time. Pure.
#pragma once

#include "runner/engine/manifest_row.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace darkroom::report {

/// The state of a card. The page knows the numbers.
enum class CardState { delivered = 0, unwanted = 1, failed = 2, open = 3 };

/// Collects rows as columns: one JSON array a column, so that 50,000 pictures take a few megabytes.
/// Texts that come again are numbers that point into a list, which each batch adds to. A column
/// that says nothing in a batch is left out. docs/architecture.md, "The gallery", has the columns.
class GalleryData {
public:
    /// A batch has at most this many rows.
    static constexpr std::size_t rows_max = 2000;
    /// Texts in a batch may take this much before it is full.
    static constexpr std::size_t bytes_max = 4u << 20;

    /// Adds a saved picture, video or text. `colour`: 0xRRGGBB of a picture with a thumbnail.
    void add(engine::ManifestRow const& row, CardState state, std::optional<std::uint32_t> colour);
    /// Adds a step that was given up, or that has no last word.
    void add(engine::FailedRow const& row, CardState state);

    std::size_t rows() const { return rows_; }
    bool is_full() const { return rows_ >= rows_max || bytes_ >= bytes_max; }
    /// Returns the batch as a JSON object and begins the next one. Texts keep their numbers.
    std::string take();

private:
    enum class Field : std::size_t;
    static constexpr std::size_t fields = 37;
    struct Column {
        std::string json;
        bool says_something = false;
    };

    void put(Field field, std::int64_t number);
    void put_text(Field field, std::string_view text);   ///< One that rarely comes again.
    void put_common(Field field, std::string_view text); ///< One that often comes again.
    void put_set(Field field, std::string list);
    void put_place(engine::ManifestRow const& row);
    void put_times(engine::ManifestRow const& row);
    void end_row();
    std::uint64_t number_of(std::string_view text);
    std::uint64_t number_of_set(std::string list);

    /// Texts are known again by their digests, so that a million prompts take little memory.
    struct HashOfDigest {
        std::size_t operator()(Digest const& digest) const;
    };
    std::unordered_map<Digest, std::uint64_t, HashOfDigest> texts_;
    std::unordered_map<Digest, std::uint64_t, HashOfDigest> sets_;
    std::array<Column, fields> columns_;
    std::array<bool, fields> is_set_{};
    std::string new_texts_;
    std::string new_sets_;
    std::size_t rows_ = 0;
    std::size_t bytes_ = 0;
};

} // namespace darkroom::report
