// The language of `output.layout`: text with fields in braces. The store fills the fields in.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

enum class LayoutField {
    text,
    job,
    item,
    repeat,
    path,
    image_id,
    action,
    tile,
    key,
    variable,
    ext
};

struct LayoutPart {
    LayoutField field = LayoutField::text;
    std::string text;       ///< The text itself, or the variable's name.
    int width = 0;          ///< Digits of item and repeat; 0: no leading zeros.
    std::size_t offset = 0; ///< In the layout, in bytes.
};

/// An error, as a continuation of "the layout": "has no field 'jop'".
struct LayoutFault {
    std::size_t offset = 0; ///< In the layout, in bytes.
    std::string text;
};

/// The parts of a layout; with a `fault`, the parts before it.
struct LayoutParts {
    std::vector<LayoutPart> parts; ///< Without a final {ext}: it is always added.
    std::optional<LayoutFault> fault;
};

/// Reads a layout: `/` between directories, `{{` and `}}` stand for braces. Fields: job, item,
/// repeat, path, image_id, action, tile, key, ext, variable:NAME; item and repeat take a width
/// ({item:06}).
LayoutParts read_layout(std::string_view text);

} // namespace darkroom::jobs
