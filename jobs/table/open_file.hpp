// The descriptor of a table's file; what can be read only once is kept in a file without a name.
#pragma once

#include "runner/base/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace darkroom::jobs {

class OpenFile {
public:
    /// The limits of what is copied out of a pipe.
    struct StreamLimits {
        std::uint64_t bytes = 0;
        bool has_lines = true; ///< It must have a line end in each `row_bytes_max`.
    };
    /// Opens a file for reading; "-" is standard input.
    static Result<std::shared_ptr<OpenFile const>> open(std::string const& path,
                                                        StreamLimits const& limits);
    ~OpenFile();
    OpenFile(OpenFile const&) = delete;
    OpenFile& operator=(OpenFile const&) = delete;

    int descriptor() const { return descriptor_; }
    bool is_copy() const { return is_copy_; } ///< The original cannot be read again.

private:
    OpenFile() = default;
    Result<> copy_stream(StreamLimits const& limits);

    int descriptor_ = -1;
    bool is_copy_ = false;
};

} // namespace darkroom::jobs
