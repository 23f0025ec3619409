// The services that the shipped program knows. This file holds nothing else: see service_models().
#include "jobs/services/midjourney/model.hpp"

#include <array>

namespace darkroom::jobs {

std::span<ServiceModel const* const> service_models() {
    static constexpr std::array<ServiceModel const*, 1> models{
        &midjourney::model,
    };
    return models;
}

} // namespace darkroom::jobs
