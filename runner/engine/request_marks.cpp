#include "runner/engine/request_marks.hpp"

#include "runner/base/normal_text.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <set>
#include <utility>
#include <vector>

namespace darkroom::engine {

namespace {

using jobs::Endpoint;
using jobs::ServiceModel;

/// Longer than any that was sent: the words of a record's prompt are compared one by one.
constexpr std::size_t prompt_bytes_max = 256u << 10;

using Member = std::optional<std::string> RequestMarks::*;
using Part = std::size_t MarkDigests::*;

/// The parts that can prove that a record is another one. The prompt, last, has a rule of its
/// own.
constexpr std::array<std::pair<Member, Part>, 5> mark_parts{{
    {&RequestMarks::endpoint, &MarkDigests::endpoint},
    {&RequestMarks::action, &MarkDigests::action},
    {&RequestMarks::image_id, &MarkDigests::image_id},
    {&RequestMarks::input, &MarkDigests::input},
    {&RequestMarks::prompt, &MarkDigests::prompt},
}};
constexpr std::span exact_parts(mark_parts.data(), mark_parts.size() - 1);

std::size_t digest_of(std::optional<std::string> const& text) {
    return text ? std::hash<std::string>()(*text) | 1 : 0;
}

/// Returns a member's text; nothing when it is empty or no text.
std::optional<std::string> text_in(json::Value const& body, std::string_view key) {
    if (key.empty()) return std::nullopt;
    auto text = body.text(key);
    return text && !text->empty() ? text : std::nullopt;
}

/// Returns the first text that any endpoint's row finds in the body under one of its names.
std::optional<std::string> text_by_rows(ServiceModel const& service, json::Value const& body,
                                        std::string_view Endpoint::*name) {
    for (auto const& row : service.endpoints) {
        if (auto text = text_in(body, row.*name)) return text;
    }
    return std::nullopt;
}

/// Returns the input besides an image's id: the members that the service calls so.
std::optional<std::string> input_of(ServiceModel const& service, json::Value const& body) {
    json::Value input = json::Object();
    for (auto const key : service.input_members) {
        if (auto text = text_in(body, key)) input.set(key, *text);
    }
    if (input.object()->empty()) return std::nullopt;
    return json::write_canonical(input);
}

using Words = std::set<std::string_view>;

/// Returns the words before the parameters, which services write in their own ways.
Words words_of(std::string_view text) {
    Words words;
    while (!text.empty() && !text.starts_with("--")) {
        auto const end = std::min(text.find(' '), text.size());
        if (end > 0) words.insert(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return words;
}

Words prompt_words_of(RequestMarks const& marks) {
    return marks.prompt ? words_of(*marks.prompt) : Words();
}

/// Returns the text before the parameters, and the parameters, with numbers in one form.
std::multiset<std::string> parameters_of(std::string_view text) {
    std::multiset<std::string> parts;
    constexpr std::string_view mark = " --";
    for (;;) {
        auto const end = std::min(text.find(mark), text.size());
        auto part = std::string(trim(text.substr(0, end)));
        auto const value = part.rfind(' ') + 1; // 0: no blank
        double number = 0;
        auto const* const last = part.data() + part.size();
        auto const read = std::from_chars(part.data() + value, last, number);
        if (!parts.empty() && read.ec == std::errc() && read.ptr == last)
            part = fmt::format("{}{}", part.substr(0, value), number);
        parts.insert(parts.empty() ? std::move(part) : "--" + part);
        if (end == text.size()) return parts;
        text.remove_prefix(end + mark.size());
    }
}

std::size_t shared(Words const& a, Words const& b) {
    return static_cast<std::size_t>(
        std::count_if(a.begin(), a.end(), [&b](auto word) { return b.contains(word); }));
}

/// Services trim, reorder and add; but no words are contained in nothing.
bool prompts_differ(RequestMarks const& ours, RequestMarks const& record, bool trusted) {
    if (ours.is_translated || record.is_translated) return false;
    if (!ours.prompt || !record.prompt || *ours.prompt == *record.prompt) return false;
    auto const a = words_of(*ours.prompt);
    auto const b = words_of(*record.prompt);
    if (a.empty() || b.empty()) return false;
    auto const same = shared(a, b);
    bool const is_contained = same == a.size() || same == b.size();
    return !is_contained && (trusted || 2 * same < a.size());
}

/// Returns whether the record has all words of ours.
bool has_all_words(RequestMarks const& ours, RequestMarks const& record) {
    auto const a = prompt_words_of(ours);
    auto const b = prompt_words_of(record);
    return shared(a, b) == a.size() && a.empty() == b.empty();
}

/// A service may write the usual action as none.
bool same_action(RequestMarks const& ours, RequestMarks const& record) {
    if (record.action) return record.action == ours.action;
    return record.has_request && ours.is_usual_action;
}

bool agree(RequestMarks const& ours, RequestMarks const& record) {
    bool const there = !record.endpoint || record.endpoint == ours.endpoint;
    return there && same_action(ours, record) && ours.image_id == record.image_id &&
           ours.input == record.input && ours.prompt == record.prompt && record.has_request;
}

} // namespace

RequestMarks marks_of(ServiceModel const& service, std::string_view endpoint,
                      json::Value const& body) {
    RequestMarks marks;
    if (!endpoint.empty()) marks.endpoint = std::string(endpoint);
    marks.has_request = body.is_object() && !body.object()->empty();
    if (!marks.has_request) return marks;
    auto const* row = endpoint.empty() ? nullptr : &service.endpoint_at(endpoint);
    bool const acts_alone = row != nullptr && !row->action.empty();
    marks.action =
        acts_alone ? std::string(row->action) : text_in(body, service.endpoints.front().action_in);
    auto const usual = service.first_actions.front().name;
    marks.is_usual_action = acts_alone || marks.action.value_or(std::string(usual)) == usual;
    marks.mode = text_in(body, service.mode_in).value_or(std::string(service.usual_mode));
    for (auto const& one : service.endpoints) {
        if (!one.image_by_link && !marks.image_id) marks.image_id = text_in(body, one.image);
    }
    marks.input = input_of(service, body);
    auto prompt = row != nullptr ? text_in(body, row->prompt)
                                 : text_by_rows(service, body, &Endpoint::prompt);
    if (prompt && prompt->size() > prompt_bytes_max) prompt.reset(); // it stays unclear
    auto plain = normal_text(prompt.value_or(""));
    if (!plain.empty()) marks.prompt = std::move(plain);
    marks.is_translated =
        !service.translates_in.empty() && body.boolean(service.translates_in).value_or(false);
    return marks;
}

RequestMarks marks_of_sent(ServiceModel const& service, std::string_view endpoint,
                           json::Value const& body) {
    auto marks = marks_of(service, endpoint, body);
    if (!marks.action) marks.action = std::string(service.first_actions.front().name);
    return marks;
}

bool same_prompt(RequestMarks const& ours, RequestMarks const& record) {
    if (!ours.prompt || !record.prompt) return ours.prompt == record.prompt;
    return parameters_of(*ours.prompt) == parameters_of(*record.prompt);
}

bool same_words(RequestMarks const& ours, RequestMarks const& record) {
    return prompt_words_of(ours) == prompt_words_of(record);
}

bool asks_for_more(RequestMarks const& ours, RequestMarks const& record) {
    bool const there = !record.endpoint || record.endpoint == ours.endpoint;
    bool const acts_so = !record.action || record.action == ours.action;
    return record.has_request && there && acts_so && ours.image_id == record.image_id &&
           ours.input == record.input && has_all_words(ours, record);
}

MarkDigests digests_of(RequestMarks const& marks) {
    MarkDigests digests;
    for (auto const& [member, part] : mark_parts) digests.*part = digest_of(marks.*member);
    return digests;
}

void TrustedMarks::learn(MarkDigests const& sent, RequestMarks const& record) {
    for (auto const& [member, part] : mark_parts) {
        if (sent.*part == 0) continue;
        auto& count = sent.*part == digest_of(record.*member) ? as_sent_ : changed_;
        ++(count.*part);
    }
    auto const shown = digest_of(record.prompt);
    if (sent.prompt == 0 || shown == 0) return;
    auto const [at, is_new] = prompts_.emplace(shown, sent.prompt);
    if (!is_new && at->second != sent.prompt) at->second = 0;
}

bool TrustedMarks::may_add(RequestMarks const& ours, RequestMarks const& record) const {
    if (same_prompt(ours, record)) return true;
    auto const shown = prompts_.find(digest_of(record.prompt));
    bool const is_of_another = shown != prompts_.end() && shown->second != digest_of(ours.prompt);
    return !is_of_another && !has(&MarkDigests::prompt);
}

bool TrustedMarks::has(std::size_t MarkDigests::*part) const {
    return as_sent_.*part > 0 && changed_.*part == 0;
}

Likeness compare(RequestMarks const& ours, RequestMarks const& record,
                 TrustedMarks const& trusted) {
    if (agree(ours, record)) return Likeness::agrees;
    for (auto const& [member, part] : exact_parts) {
        bool const both = ours.*member && record.*member;
        if (both && ours.*member != record.*member && trusted.has(part)) return Likeness::differs;
    }
    bool const is_trusted = trusted.has(&MarkDigests::prompt);
    return prompts_differ(ours, record, is_trusted) ? Likeness::differs : Likeness::unclear;
}

std::string key_of(RequestMarks const& marks) {
    std::string key;
    for (auto const& [member, part] : mark_parts) key += (marks.*member).value_or("") + '\n';
    return key;
}

} // namespace darkroom::engine
