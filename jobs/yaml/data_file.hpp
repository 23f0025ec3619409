// A small YAML or JSON file other than a job file, as a JSON value that knows its places.
#pragma once

#include "jobs/yaml/node.hpp"
#include "runner/base/json.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

/// A YAML file as plain data for other rooms. A scalar without quotes that JSON would read as a
/// number or a truth value becomes one, any other a text.
class DataFile {
public:
    /// Reads one document. Errors: the system's when the file can't be read; file_too_large when it
    /// is larger than a job file may be; else "FILE:LINE:COLUMN: what is wrong" (invalid_argument).
    static Result<DataFile> load(std::string const& path);

    json::Value const& value() const { return value_; }
    /// "FILE:LINE:COLUMN" of the value at `steps` (keys, and numbers from 0), or of the innermost
    /// one on the way there.
    std::string place(std::vector<std::string> const& steps) const;

private:
    std::string path_;
    std::string text_;
    NodePtr root_;
    json::Value value_;
};

} // namespace darkroom::jobs
