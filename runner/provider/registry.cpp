// The services that the shipped program can talk to. This file holds nothing else: see
// service_wires().
#include "runner/provider/midjourney/wire.hpp"

#include <array>

namespace darkroom::provider {

std::span<ServiceWire const* const> service_wires() {
    static std::array<ServiceWire const*, 1> const wires{
        &midjourney::wire(),
    };
    return wires;
}

} // namespace darkroom::provider
