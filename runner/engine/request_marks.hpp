// What a request asks for, as one side shows it, and whether two sides show the same one. Pure.
#pragma once

#include "jobs/services/service_model.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace darkroom::engine {

/// The parts of a request by which it is known again. Each is absent where it is missing or cannot
/// be read: then it proves nothing, and nor do all other members, which services change and add.
struct RequestMarks {
    std::optional<std::string> endpoint; ///< Its path.
    std::optional<std::string> action;
    bool is_usual_action = false;        ///< The one that a request without an action has.
    std::string mode;                    ///< The usual one where none is named.
    std::optional<std::string> image_id; ///< The image that a follow-up works on.
    std::optional<std::string> input;    ///< Links, and other things that it works on.
    std::optional<std::string> prompt;   ///< As normal_text() gives it, links included.
    bool is_translated = false;          ///< The service may have put the prompt into other words.
    bool has_request = false;            ///< There is a request to read at all.
};

/// Reads the marks of a request body. `endpoint` is its path; "" when it is not known.
RequestMarks marks_of(jobs::ServiceModel const& service, std::string_view endpoint,
                      json::Value const& body);

/// The relation of a record's request to ours.
enum class Likeness {
    agrees,  ///< Every part that tells requests apart is there and equal.
    unclear, ///< Neither: something is missing, or only a little different.
    differs, ///< Certainly another one.
};

/// The same of a request that was sent: one without an action has the usual one.
RequestMarks marks_of_sent(jobs::ServiceModel const& service, std::string_view endpoint,
                           json::Value const& body);

/// Short forms of the parts that can prove that a record is another one; 0 for an absent part.
struct MarkDigests {
    std::size_t endpoint = 0;
    std::size_t action = 0;
    std::size_t image_id = 0;
    std::size_t input = 0;
    std::size_t prompt = 0;
};
MarkDigests digests_of(RequestMarks const& marks);

/// The parts that records are seen to show as they were sent, by known tasks: only those can prove
/// that a record is another one.
class TrustedMarks {
public:
    /// Learns from the record of a known task.
    void learn(MarkDigests const& sent, RequestMarks const& record);
    /// Returns whether at least one task shows this part as it was sent, and none shows it in
    /// another way.
    bool has(std::size_t MarkDigests::*part) const;
    /// Returns whether what a record's prompt has beyond ours may have been added by the service:
    /// not if prompts are shown as they were sent, nor if a known task, which was sent with another
    /// prompt than ours, shows this one: the record is a twin of that task, then.
    bool may_add(RequestMarks const& ours, RequestMarks const& record) const;

private:
    MarkDigests as_sent_; ///< Counts of tasks.
    MarkDigests changed_;
    /// The prompts of known tasks: as a record shows it, and as it was sent; 0: in several ways.
    std::unordered_map<std::size_t, std::size_t> prompts_;
};

/// Returns whether two prompts have the same words, and the same parameters in any order and form:
/// `--v 6` is `--v 6.0`.
bool same_prompt(RequestMarks const& ours, RequestMarks const& record);
/// Returns whether two prompts have the same words before their parameters.
bool same_words(RequestMarks const& ours, RequestMarks const& record);
/// Returns whether a record, which does not differ for certain, asks at least for all that we have
/// asked for: the service may only have added to it.
bool asks_for_more(RequestMarks const& ours, RequestMarks const& record);
/// `trusted` is of the known tasks of the same endpoint in the same listing.
Likeness compare(RequestMarks const& ours, RequestMarks const& record, TrustedMarks const& trusted);
/// Returns a text that is equal for requests that ask for the same.
std::string key_of(RequestMarks const& marks);

} // namespace darkroom::engine
