#include "jobs/table/found_form.hpp"

#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <vector>

namespace darkroom::jobs {

std::string FoundForm::text() const {
    std::vector<std::string> parts;
    if (delimiter)
        parts.push_back(*delimiter == '\t' ? "a tab between the columns"
                                           : fmt::format("'{}' between the columns", *delimiter));
    if (encoding) parts.push_back(*encoding);
    if (is_gzip) parts.emplace_back("gzip");
    if (ends_lines_with_cr) parts.emplace_back("lines that end with CR");
    return join(parts, ", ");
}

} // namespace darkroom::jobs
