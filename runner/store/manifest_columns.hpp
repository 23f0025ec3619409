// The columns of a line of manifest.jsonl as texts: some can be replaced without reading the
// others. Pure.
#pragma once

#include "jobs/yaml/micros.hpp"

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace darkroom::store {

/// The columns in the order in which they are written.
enum class Column {
    schema,
    key,
    job,
    item,
    repeat,
    path,
    kind,
    tile,
    result,
    variables,
    drawn,
    prompt,
    root_prompt,
    action,
    mode,
    parent_image_id,
    task_id,
    trace_id,
    image_id,
    actions,
    picked,
    url,
    file,
    same_as,
    width,
    height,
    format,
    bytes,
    sha256,
    account,
    attempts,
    cost,
    submitted_at,
    generated_at,
    downloaded_at,
};
inline constexpr std::size_t columns_count = 35;

/// The values of one line, each as it is written in JSON.
class LineColumns {
public:
    /// Splits a line as to_json(ManifestRow) makes it, or as version 0.1 made it. Nothing for any
    /// other text. `line` must outlive the result.
    static std::optional<LineColumns> split(std::string_view line);

    /// Returns true for a line of version 0.1, which lacks some columns.
    bool is_of_0_1() const;
    /// Returns the text of a value; "" for one that a line of version 0.1 lacks.
    std::string_view at(Column column) const { return values_[index(column)]; }
    /// Replaces a value; `json` must outlive this.
    void set(Column column, std::string_view json) {
        values_[index(column)] = json;
        is_replaced_.set(index(column));
    }
    /// Returns the line with all columns; those that were lacking say that nothing is known.
    std::string line() const;
    /// Writes it in place of `line`, whose memory is used again.
    void write_line(std::string& line) const;

    bool is_null(Column column) const { return at(column) == "null" || at(column).empty(); }
    /// Returns the string that a value stands for; "" when it is none.
    std::string text(Column column) const;
    /// Reads it in place of `text`, whose memory is used again.
    void read_text(Column column, std::string& text) const;
    /// Returns a whole number; 0 when it is none.
    std::int64_t number(Column column) const;
    /// Returns an amount of money; 0 when it is none.
    jobs::Micros money(Column column) const;
    /// Returns the image's number within its step, as the journal counts.
    int tile() const;

private:
    static std::size_t index(Column column) { return static_cast<std::size_t>(column); }
    bool is_kept(std::size_t index) const {
        return !is_replaced_[index] && !values_[index].empty();
    }

    std::array<std::string_view, columns_count> values_{};
    std::bitset<columns_count> is_replaced_;
};

} // namespace darkroom::store
