#include "runner/base/error.hpp"

#include <stdexcept>

namespace darkroom {

std::string Error::message() const {
    if (!code) return detail;
    if (detail.empty()) return code.message();
    return detail + ": " + code.message();
}

void throw_exception_from_error(Error const& error, boost::source_location const& where) {
    throw std::logic_error(error.message() + " (unchecked at " + where.to_string() + ")");
}

Error system_error_of(int number, std::string tried) {
    return {error_code(number, boost::system::system_category()), std::move(tried)};
}

} // namespace darkroom
