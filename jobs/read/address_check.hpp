// The addresses that a job file names, to which something is sent.
#pragma once

#include <string>
#include <string_view>

namespace darkroom::jobs {

/// Returns the reason why nothing can be sent to `url`, which has the scheme of the web; "" when
/// something can. It never quotes the address, which may contain a password.
std::string why_no_address(std::string_view url);

} // namespace darkroom::jobs
