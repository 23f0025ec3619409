// One error or warning of a job file, with its place.
#pragma once

#include <string>

namespace darkroom::jobs {

/// "FILE:LINE:COLUMN: error: TEXT"; line and column from 1, 0 when not known (a row of a table has
/// no column).
struct Finding {
    enum class Level { error, warning } level = Level::error;
    std::string file;
    int line = 0;
    int column = 0;
    std::string text;
    std::string format() const;
};

} // namespace darkroom::jobs
