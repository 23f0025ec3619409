// The wire of the Midjourney API at AceDataCloud.
#pragma once

#include "runner/provider/service_wire.hpp"

namespace darkroom::provider::midjourney {

ServiceWire const& wire();

} // namespace darkroom::provider::midjourney
