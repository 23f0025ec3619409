// The HTTP API of one service, as the common client sees it: the request that is sent, and the
// meaning of what comes back. One constant object a service; pure, so that tables can test it.
#pragma once

#include "runner/base/json.hpp"
#include "runner/engine/ports.hpp"
#include "runner/net/exchange.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::provider {

/// A request to the service: POST with a JSON body.
struct WireRequest {
    std::string path; ///< Below `service.url`; begins with a '/'.
    std::string body; ///< JSON text.
};

/// The way in which the job file asks for results; a request that has no such way ignores it.
struct DeliveryWish {
    bool streams = false;     ///< Progress lines, if the service has them.
    bool later = false;       ///< The answer only names the task.
    std::string callback_url; ///< "": no callbacks.
};

/// A paid request as it is sent.
struct PaidRequest {
    WireRequest request;
    bool streams = false; ///< Lines are asked for; otherwise the answer is one JSON text.
    bool later = false;   ///< An answer that names the task is only an acknowledgement.
};

/// The failure that an answer of the service reports.
struct ServiceError {
    std::string code;    ///< "" when none is given.
    std::string message; ///< "" when none is given.
};

/// One line of a stream, a whole plain answer, or the body of a callback.
struct Event {
    std::string task_id;
    std::string trace_id;
    std::optional<int> percent; ///< 0 to 100.
    std::string preview = {};   ///< The address of a picture of an unfinished result; or "".
    /// Only when the result is finished. An image that comes within the answer is a `data:` address
    /// in `url` or `sub_urls`: the client keeps its bytes and gives out a link to them.
    std::optional<engine::Answer> answer;
    std::optional<ServiceError> error; ///< Also under a status of 200.
};

/// Where the bad news was found.
enum class Source {
    network, ///< No answer, or one that broke off.
    answer,  ///< An answer with a status other than 2xx, in the service's own words.
    stream,  ///< A line of a stream, or the body of a 2xx answer.
    record,  ///< The record of a task that has ended.
};

/// All that a verdict on a paid request is founded on.
struct Evidence {
    Source source = Source::network;
    int status = 0;   ///< 0: no answer.
    std::string code; ///< The service's error code; "" when none could be read.
    net::Sent sent = net::Sent::none;
};

/// The most records in one answer. Real ones are so long that the limit of the body comes first.
inline constexpr std::size_t records_max = 50'000;

/// Implemented once a service, in a folder of its own; docs/architecture.md, "Another service".
class ServiceWire {
public:
    virtual ~ServiceWire() = default;

    /// The name of the service's model, which is its value of `service.api`.
    virtual std::string_view name() const = 0;

    /// Builds the HTTP request of a submission, with what the delivery adds.
    virtual PaidRequest paid_request(engine::Submission const& submission,
                                     DeliveryWish const& wish) const = 0;
    /// Reads one JSON text of an answer to a request that was sent to `endpoint`, or of a callback
    /// ("": the endpoint is not known). Returns nothing when it is not of the service's shape.
    virtual std::optional<Event> read_event(json::Value const& value,
                                            std::string_view endpoint) const = 0;
    /// Returns true when the JSON of an answer with this status is the service's own word. All else
    /// is a gateway's, which proves nothing: whatever stands between may answer in JSON, too.
    virtual bool is_own_word(int status, json::Value const& value) const = 0;
    /// Reads the error in the body of an answer other than 2xx.
    virtual std::optional<ServiceError> read_error(json::Value const& value) const = 0;
    /// Returns the class of a failed paid request. Money decides doubtful cases: a request that may
    /// have been taken is `unknown`, and is looked up before it is sent again.
    virtual engine::Verdict verdict_of(Evidence const& evidence) const = 0;

    /// Says what can be asked about a request whose answer was lost.
    virtual engine::TaskAccess task_access() const = 0;
    /// Builds the look-up of tasks. Called only as task_access() permits.
    virtual WireRequest look_up_request(engine::TaskQuery const& query) const = 0;
    /// Reads the answer to a look-up; a record that cannot be read stays in it without an id.
    /// Returns nothing when it does not speak of tasks at all (an error in a 200, a gateway's
    /// JSON), or of more than `records_max`: no lost request may be sent again because of it.
    virtual std::optional<std::vector<engine::TaskRecord>>
    read_tasks(json::Value const& value, engine::TaskQuery const& query) const = 0;
    /// Returns true when an error code says that there is no such task.
    virtual bool is_no_such_task(std::string_view code) const = 0;
};

/// Cuts the lists and ids of an event, of whichever service it is; see engine/answer_limits.
void cut_lists(Event& event);

/// Reads JSON that was sent to this program. A character that is broken, by half a surrogate pair
/// or by bytes that are no UTF-8, is read as U+FFFD: one such text of a stranger must not hide the
/// rest. Errors: json::Errc.
Result<json::Value> read_service_json(std::string_view text);

/// Makes the failure of a task, found in its record or in a callback, into a Problem.
engine::Problem task_problem(ServiceError const& error, engine::Verdict verdict);

/// All services that this program can talk to: a line each in registry.cpp. A program that defines
/// this function itself replaces that file.
std::span<ServiceWire const* const> service_wires();
/// Returns null when there is none of that name.
ServiceWire const* find_wire(std::string_view name);
/// The first of service_wires().
ServiceWire const& default_wire();

} // namespace darkroom::provider
