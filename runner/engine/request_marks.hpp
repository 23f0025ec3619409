// What a request asks for, as one side shows it, and whether two sides show the same one. Pure.
#pragma once

#include "jobs/services/service_model.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace darkroom::engine {

/// The parts of a request by which it is known again. Each is absent where it is missing or cannot
/// be read: then it proves nothing. All other members only break ties: services change and add
/// them.
struct RequestMarks {
    std::optional<std::string> endpoint; ///< Its path.
    std::optional<std::string> action;
    bool is_usual_action = false; ///< The one that a request without an action has.
    std::optional<std::string> mode;
    std::optional<std::string> image_id; ///< The image that a follow-up works on.
    std::optional<std::string> input;    ///< What is worked on besides: links, and other sources.
    std::optional<std::string> prompt;   ///< As normal_text() gives it, links included.
    bool is_translated = false;          ///< The service may have put the prompt into other words.
    bool has_request = false;            ///< There is a request to read at all.
    std::string rest;                    ///< The other members, in canonical JSON.
};

/// Reads the marks of a request body. `endpoint` is its path; "" when it is not known.
RequestMarks marks_of(jobs::ServiceModel const& service, std::string_view endpoint,
                      json::Value const& body);

/// How a record's request relates to ours.
enum class Likeness {
    agrees,  ///< Every part that tells requests apart is there and equal.
    unclear, ///< Neither: something is missing, or only a little different.
    differs, ///< Certainly another one.
};

/// The parts that this service's records are seen to show as they were sent, by other tasks of the
/// same endpoint: only those can prove that a record is another one.
struct TrustedMarks {
    bool endpoint = false;
    bool action = false;
    bool image_id = false;
    bool input = false;
    bool prompt = false;
};

Likeness compare(RequestMarks const& ours, RequestMarks const& record, TrustedMarks const& trusted);
/// Returns which parts of a known task's record are as they were sent.
TrustedMarks shown_as_sent(RequestMarks const& sent, RequestMarks const& record);

} // namespace darkroom::engine
