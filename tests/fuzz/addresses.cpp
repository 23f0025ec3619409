// The addresses that the system's resolver gives: the first ones are tried, each family in its
// turn, and never more than the limit. What a name server answers is read by the system.
#include "runner/net/resolver.hpp"
#include "tests/fuzz/support.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>

using namespace darkroom;
using namespace darkroom::fuzz;
using boost::asio::ip::address;

namespace {

/// Makes an address of each byte: the lowest bit is its family.
std::vector<address> addresses_of(std::string_view text) {
    std::vector<address> addresses;
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        boost::asio::ip::address_v6::bytes_type v6{};
        v6.back() = byte;
        if ((byte & 1) != 0)
            addresses.emplace_back(boost::asio::ip::address_v6(v6));
        else
            addresses.emplace_back(boost::asio::ip::address_v4(byte));
    }
    return addresses;
}

std::size_t count(std::vector<address> const& addresses, bool is_v6) {
    return static_cast<std::size_t>(
        std::count_if(addresses.begin(), addresses.end(),
                      [is_v6](address const& one) { return one.is_v6() == is_v6; }));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const found = addresses_of(text_of(data, size));
    auto const tried = net::by_turns(found);
    require(tried.size() == std::min(found.size(), net::addresses_max), "the limit is kept");
    if (found.empty()) return 0;
    require(tried.front() == found.front(), "the system's first choice comes first");
    for (auto const& one : tried)
        require(std::find(found.begin(), found.end(), one) != found.end(), "nothing is added");
    auto const other = count(found, !found.front().is_v6());
    auto const least = std::min(other, tried.size() / 2);
    require(count(tried, !found.front().is_v6()) >= least, "the other family has its turns");
    return 0;
}
