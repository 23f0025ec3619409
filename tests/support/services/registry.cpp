// The services of the tests' own program, darkroom_with_echo: this file takes the place of the two
// registries of the shipped one.
#include "jobs/services/midjourney/model.hpp"
#include "runner/provider/midjourney/wire.hpp"
#include "tests/support/services/echo/model/model.hpp"
#include "tests/support/services/echo/wire/wire.hpp"

#include <array>

namespace darkroom {

namespace {

struct Service {
    jobs::ServiceModel const& model;
    provider::ServiceWire const& wire;
};

auto const& services() {
    static std::array<Service, 2> const all{{
        {jobs::midjourney::model, provider::midjourney::wire()},
        {test::echo::model, test::echo::wire()},
    }};
    return all;
}

} // namespace

std::span<jobs::ServiceModel const* const> jobs::service_models() {
    static auto const models = [] {
        std::array<ServiceModel const*, 2> all{};
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = &services()[i].model;
        return all;
    }();
    return models;
}

std::span<provider::ServiceWire const* const> provider::service_wires() {
    static auto const wires = [] {
        std::array<ServiceWire const*, 2> all{};
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = &services()[i].wire;
        return all;
    }();
    return wires;
}

} // namespace darkroom
