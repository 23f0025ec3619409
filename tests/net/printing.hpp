// Printing of net's values in failed comparisons.
#pragma once

#include "runner/net/error.hpp"

#include <ostream>

namespace darkroom::net {

inline std::ostream& operator<<(std::ostream& out, Errc code) {
    return out << word_for(make_error_code(code));
}

} // namespace darkroom::net
