// What an image's file is called: the job file's output.layout, filled in and made harmless. Pure.
#pragma once

#include "jobs/model/layout.hpp"
#include "runner/base/error.hpp"
#include "runner/engine/ports.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::store {

/// A checked layout; its language is that of jobs::read_layout().
class Layout {
public:
    /// Errors: bad_layout, with the column.
    static Result<Layout> parse(std::string_view text);

    /// A path relative to the run directory, in UTF-8, without "..", control characters and what
    /// other systems refuse; no component above 200 bytes. The extension is that of `format`.
    /// `copy` 2, 3, …: the same with "-2", "-3", … before the extension.
    std::string name(engine::ImageOrder const& order, std::string_view format, int copy = 1) const;
    /// The directory that all names begin with; "" when there is none.
    std::string directory() const;

private:
    static std::string value_of(jobs::LayoutPart const& part, engine::ImageOrder const& order);

    std::vector<jobs::LayoutPart> parts_;
    bool has_tile_ = false;
};

/// ".png", ".jpg", ".webp".
std::string extension_of(std::string_view format);

} // namespace darkroom::store
