#include "runner/studio/tasks/identities.hpp"

#include "runner/base/sha256.hpp"

#include <fmt/format.h>

namespace darkroom::studio {

std::string identity_of(Holder holder, std::string_view payer) {
    auto const digest = sha256(fmt::format("{}|{}", static_cast<int>(holder), payer));
    std::string id;
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
        auto byte = static_cast<unsigned>(digest[i]);
        if (i == 6) byte = (byte & 0x0fu) | 0x40u; // version and variant, so that it is a UUID
        if (i == 8) byte = (byte & 0x3fu) | 0x80u;
        id += fmt::format("{:02x}", byte);
    }
    return id;
}

} // namespace darkroom::studio
