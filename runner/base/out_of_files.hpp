// Too few open files: a passing state of this process or of the system.
#pragma once

#include "runner/base/error.hpp"

#include <boost/system/errc.hpp>

namespace darkroom {

/// Returns true when the process or the system had too many open files. That passes: whoever gets
/// it waits and tries again.
inline bool is_out_of_files(error_code const& code) {
    return code == boost::system::errc::too_many_files_open ||
           code == boost::system::errc::too_many_files_open_in_system;
}

} // namespace darkroom
