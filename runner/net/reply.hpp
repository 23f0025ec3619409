// The outcome of a request over HTTP, and the time that its parts may take.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/net/http_parser.hpp"

#include <string>

namespace darkroom::net {

/// The progress of a request, in order of time.
enum class Stage { connecting, sending, waiting, reading, complete };

/// The part of a request that the system accepted. `wholly`: the server may have acted upon it.
enum class Sent { none, partly, wholly };

/// The exact outcome of an exchange. It contains no policy; the caller decides.
struct Reply {
    Stage stage = Stage::connecting;
    Sent sent = Sent::none;
    ResponseHead head;  ///< Status 0: no answer.
    WallTime head_at{}; ///< When the head was read, by our clock.
    std::string body;   ///< Only where the called function says so.
    Error error;        ///< Without a code, the answer is complete. Never holds a token.

    bool complete() const { return stage == Stage::complete; }
};

/// The longest time for each part of an exchange.
struct TimeLimits {
    Duration connect = std::chrono::seconds(10); ///< Name look-up, TCP and TLS together.
    Duration first = std::chrono::seconds(120);  ///< From the end of sending to the first progress.
    Duration idle = std::chrono::seconds(120);   ///< Between two signs of progress.
    Duration total = std::chrono::minutes(15);   ///< From the call to the end of the answer.
};

} // namespace darkroom::net
