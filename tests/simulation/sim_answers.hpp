// What the simulated service says, as JSON texts.
#pragma once

#include "tests/simulation/sim_service.hpp"

#include <string>
#include <string_view>

namespace darkroom::simulation {

/// Returns the members of a finished task's answer, of a text endpoint without ids, as the guides
/// show it; no braces.
std::string answer_members(SimService const& service, Task const& task);
/// Returns a line of a stream, or a whole answer, or the body of a callback: what the service says
/// of a task that has ended.
std::string last_word(SimService const& service, Task const& task);
/// Returns a line of a stream before its last.
std::string preview_line(SimService const& service, Task const& task, int percent);
std::string acknowledgement(Task const& task);
/// Returns an error of an answer that is not 2xx.
std::string error_body(std::string_view code, std::string_view task_id = "");
/// Returns `"error": …,` as a good answer has it, or "".
std::string_view good_error(ErrorForm form);
/// Returns a page of a gateway.
std::string page_of(int status);

} // namespace darkroom::simulation
