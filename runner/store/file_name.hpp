// The name of an image's file: the job file's output.layout, filled in and made safe. Pure.
#pragma once

#include "jobs/model/layout.hpp"
#include "runner/base/error.hpp"
#include "runner/engine/ports.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::store {

/// A checked layout; jobs::read_layout() defines its language.
class Layout {
public:
    /// Errors: bad_layout, with the column.
    static Result<Layout> parse(std::string_view text);

    /// Returns a path relative to the run directory, in UTF-8, without "..", control characters and
    /// characters that other systems refuse; no component is longer than 200 bytes. The extension
    /// is that of `format`. `copy` 2, 3, …: the same with "-2", "-3", … before the extension.
    std::string name(engine::ImageOrder const& order, std::string_view format, int copy = 1) const;
    /// Returns the directory that all names begin with; "" when there is none.
    std::string directory() const;

private:
    static std::string value_of(jobs::LayoutPart const& part, engine::ImageOrder const& order);

    std::vector<jobs::LayoutPart> parts_;
    bool has_tile_ = false;
};

/// Returns ".png", ".jpg", ".webp", ….
std::string extension_of(std::string_view format);

} // namespace darkroom::store
