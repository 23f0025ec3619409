// Makes the display that was chosen.
#pragma once

#include "runner/report/display_options.hpp"
#include "runner/report/progress.hpp"

#include <memory>

namespace darkroom::report {

std::unique_ptr<Progress> make_progress(Output& out, Clock& clock, DisplayOptions display,
                                        Start start);

} // namespace darkroom::report
