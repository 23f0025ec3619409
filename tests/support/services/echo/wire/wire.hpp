// The HTTP API of `echo`: a request has one member, `ask`; an answer has its state as a word, also
// under a status of 200, and the picture itself in base64. There is no list of tasks.
#pragma once

#include "runner/provider/service_wire.hpp"

namespace darkroom::test::echo {

provider::ServiceWire const& wire();

} // namespace darkroom::test::echo
