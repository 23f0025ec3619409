// What a failure means: status, code and "was it sent?" become one class. Pure, one table.
#pragma once

#include "runner/engine/event.hpp"
#include "runner/net/exchange.hpp"
#include "runner/provider/wire.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace darkroom::provider {

/// Where the bad news was found.
enum class Source {
    network, ///< No answer, or one that broke off.
    answer,  ///< An answer with a status other than 2xx.
    stream,  ///< A line of a stream, or the body of a 2xx answer.
    record,  ///< The record of a task that has ended.
};

/// All that a verdict on a paid request is founded on.
struct Evidence {
    Source source = Source::network;
    int status = 0;   ///< 0: no answer.
    std::string code; ///< The service's error.code; "" when none could be read.
    net::Sent sent = net::Sent::none;
};

/// The class of a failed paid request. Money decides doubtful cases: a request that may have been
/// taken is `unknown`, and is looked up before it is sent again. A 500 is `generation` only if it
/// speaks the service's own language; an HTML page may come from any gateway on the way.
engine::Verdict verdict_of(Evidence const& evidence);

/// The class of a failed download of an image. `status` 0: no answer.
engine::Verdict verdict_of_fetch(int status);

/// What a Retry-After header asks for: seconds, or a date by the clock of the service that sent it.
/// Nothing when it cannot be read; zero when it is past.
std::optional<Duration> read_retry_after(std::string_view text, WallTime service_time);

/// A task that ended in failure, as its record says it.
engine::Problem task_problem(ServiceError const& error);

} // namespace darkroom::provider
