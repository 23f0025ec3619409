// `echo`, a service that only tests talk to: it draws one picture, draws it again, and names it.
#pragma once

#include "jobs/services/service_model.hpp"

namespace darkroom::test::echo {

extern jobs::ServiceModel const model;

} // namespace darkroom::test::echo
