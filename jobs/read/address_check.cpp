#include "jobs/read/address_check.hpp"

#include "runner/base/web_address.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::jobs {

namespace {

bool is_foreign_to_addresses(char c) {
    auto const byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f ||
           std::string_view("\"<>\\").find(c) != std::string_view::npos;
}

} // namespace

std::string why_no_address(std::string_view url) {
    auto const address = read_web_address(url);
    if (!address.fault.empty()) return fmt::format("'url': {}", address.fault);
    if (std::any_of(url.begin(), url.end(), is_foreign_to_addresses))
        return "'url' has a character that no address has";
    if (address.is_ipv6 || is_host_name(address.host)) return {};
    return "'url' has a host with a character that no host name has; an international name has a "
           "form without, xn--…";
}

} // namespace darkroom::jobs
