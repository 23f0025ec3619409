// The Midjourney API at AceDataCloud.
#pragma once

#include "jobs/services/service_model.hpp"

namespace darkroom::jobs::midjourney {

extern ServiceModel const model;

} // namespace darkroom::jobs::midjourney
