// The form of a table's file, found out from its bytes.
#pragma once

#include <optional>
#include <string>

namespace darkroom::jobs {

/// The form of a file where it is not the usual one and the job file does not say it.
struct FoundForm {
    std::string file;              ///< The name in messages.
    std::optional<char> delimiter; ///< Stands between the columns.
    std::optional<std::string> encoding;
    bool is_gzip = false;
    bool ends_lines_with_cr = false;

    /// Returns a text such as "';' between the columns, UTF-16LE, gzip"; "": the usual form.
    std::string text() const;
};

} // namespace darkroom::jobs
