// The service's answers as values. Pure, tolerant: keys it does not know are left alone.
// Source: the service's published answers; docs/contract.md says what differs between them.
#pragma once

#include "runner/provider/service_wire.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace darkroom::provider::midjourney {

/// Returns a member as text; "" when it is absent or of another type.
std::string text_or_empty(json::Value const& value, std::string_view key);

/// Reads a line of a stream, or the body of a plain answer: they have one shape. Returns nothing
/// when it is no object, or one that says nothing of a task. `text` is the member that an endpoint
/// which makes a text answers with, see jobs::Endpoint; "" for those that draw.
std::optional<Event> read_event(json::Value const& value, std::string_view text = "");

/// Returns true for `progress` 100 with `actions`; where an answer has no such key at all (edits,
/// videos), for `progress` 100 alone. `success: true` says nothing.
bool is_finished(json::Value const& value);

/// Reads the finished image of an answer or of a task record's response. A video's `url` is its
/// first part, `sub_urls` are the others; its size is not said.
engine::Answer read_answer(json::Value const& value);

/// Reads the text of an answer in its member `text`: of a list, a line each. Returns nothing when
/// there is none.
std::optional<std::string> read_text(json::Value const& value, std::string_view text);

/// Reads an error in any of its forms: an object with a code or a message, a text, or `detail`.
/// Returns nothing for an `error` that is null, empty, false or without both, whatever `success`
/// says.
std::optional<ServiceError> read_error(json::Value const& value);

/// Returns true when the JSON of an answer is the service's own: it speaks of a task, says
/// `success`, or has an error; under a status of 408 or 5xx only an error with a code of the
/// contract. A redirect is never its own.
bool is_own_word(int status, json::Value const& value);

} // namespace darkroom::provider::midjourney
