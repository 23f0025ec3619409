#include "runner/provider/wire.hpp"

#include "jobs/services/midjourney/request.hpp"
#include "runner/base/text.hpp"
#include "runner/provider/verdict.hpp"

#include <algorithm>
#include <cmath>

namespace darkroom::provider {

namespace {

std::string text_or_empty(json::Value const& value, std::string_view key) {
    return value.text(key).value_or("");
}

int pixels(json::Value const& value, std::string_view key) {
    constexpr std::int64_t side_max = 1 << 20;
    auto const size = value.integer(key).value_or(0);
    return size > 0 && size <= side_max ? static_cast<int>(size) : 0;
}

std::optional<int> percent_of(json::Value const& value) {
    auto const progress = value.number("progress");
    if (!progress || !std::isfinite(*progress)) return std::nullopt;
    return static_cast<int>(std::clamp(*progress, 0.0, 100.0));
}

/// Unix seconds with a fraction, to milliseconds; the start of time when not given.
WallTime time_of(json::Value const& value, std::string_view key) {
    constexpr double seconds_max = 253402300800.0; // the year 10000
    auto const seconds = value.number(key).value_or(0);
    if (!(seconds > 0 && seconds < seconds_max)) return {};
    return WallTime(std::chrono::milliseconds(std::llround(seconds * 1000)));
}

/// A finished record's last word. `at` is null when the record does not tell its endpoint.
engine::Outcome outcome_of(json::Value const& record, json::Value const& response,
                           jobs::Endpoint const* at) {
    auto const task_id = text_or_empty(record, "id");
    auto trace_id = response.text("trace_id").value_or(text_or_empty(record, "trace_id"));
    if (auto const error = read_error(response)) {
        auto problem = task_problem(*error);
        problem.task_id = task_id;
        problem.trace_id = std::move(trace_id);
        return problem;
    }
    auto answer = read_answer(response);
    if (at && !at->draws()) answer.text = read_text(response, at->text).value_or("");
    answer.task_id = task_id;
    // It says it succeeded, so it was charged, even when it names no image: that fails to load
    // then.
    answer.trace_id = std::move(trace_id);
    return answer;
}

std::optional<engine::TaskRecord> read_task(json::Value const& value) {
    engine::TaskRecord record;
    record.task_id = text_or_empty(value, "id");
    if (record.task_id.empty()) return std::nullopt;
    record.created_at = time_of(value, "created_at");
    if (auto const* request = value.find("request"))
        record.request = jobs::canonical_body(*request);
    auto const* at = jobs::endpoint_of_type(text_or_empty(value, "type"));
    if (at) record.endpoint = at->path;
    auto const* response = value.find("response");
    auto const* finished_at = value.find("finished_at");
    bool const done = finished_at != nullptr && finished_at->is_number() && response != nullptr &&
                      response->is_object();
    if (done) record.outcome = outcome_of(value, *response, at);
    return record;
}

} // namespace

std::optional<ServiceError> read_error(json::Value const& value) {
    auto const* error = value.find("error");
    bool const none = error == nullptr || error->is_null();
    if (none && value.boolean("success").value_or(true)) return std::nullopt;
    ServiceError out;
    if (none) {
        out.code = text_or_empty(value, "code");
        out.message = text_or_empty(value, "message");
    } else if (error->is_object()) {
        out.code = text_or_empty(*error, "code");
        out.message = text_or_empty(*error, "message");
    } else {
        out.message = error->text().value_or("");
    }
    return out;
}

bool is_finished(json::Value const& value) {
    auto const progress = value.number("progress");
    if (!progress || *progress < 100) return false;
    auto const* actions = value.find("actions");
    if (actions == nullptr || actions->is_null()) return true;
    return actions->is_array() && !actions->array()->empty();
}

engine::Answer read_answer(json::Value const& value) {
    engine::Answer answer;
    answer.task_id = text_or_empty(value, "task_id");
    answer.trace_id = text_or_empty(value, "trace_id");
    answer.image_id = text_or_empty(value, "image_id");
    answer.actions = value.texts("actions");
    auto videos = value.texts("video_urls");
    if (!videos.empty()) {
        if (answer.image_id.empty()) answer.image_id = text_or_empty(value, "video_id");
        answer.url = std::move(videos.front());
        answer.sub_urls.assign(std::next(videos.begin()), videos.end());
        return answer;
    }
    answer.sub_urls = value.texts("sub_image_urls");
    answer.url = text_or_empty(value, "raw_image_url");
    if (!answer.url.empty()) {
        answer.width = pixels(value, "raw_image_width");
        answer.height = pixels(value, "raw_image_height");
        return answer;
    }
    answer.url = text_or_empty(value, "image_url");
    answer.width = pixels(value, "image_width");
    answer.height = pixels(value, "image_height");
    return answer;
}

std::optional<std::string> read_text(json::Value const& value, std::string_view text) {
    auto const* member = value.find(text);
    if (member == nullptr) return std::nullopt;
    if (!member->array()) return member->text();
    auto const lines = value.texts(text);
    if (lines.empty()) return std::nullopt;
    return join(lines, "\n");
}

std::optional<Event> read_event(json::Value const& value, std::string_view text) {
    if (!value.is_object()) return std::nullopt;
    Event event;
    event.task_id = text_or_empty(value, "task_id");
    event.trace_id = text_or_empty(value, "trace_id");
    event.percent = percent_of(value);
    event.error = read_error(value);
    auto written = text.empty() || event.error ? std::nullopt : read_text(value, text);
    if (written) {
        event.answer.emplace();
        event.answer->text = std::move(*written);
    } else if (text.empty() && !event.error && is_finished(value)) {
        auto answer = read_answer(value);
        if (!answer.url.empty()) event.answer = std::move(answer);
    }
    bool const says_nothing =
        event.task_id.empty() && !event.percent && !event.error && !event.answer;
    return says_nothing ? std::nullopt : std::optional(std::move(event));
}

std::vector<engine::TaskRecord> read_tasks(json::Value const& value) {
    std::vector<engine::TaskRecord> records;
    auto const add = [&](json::Value const& item) {
        if (auto record = read_task(item)) records.push_back(std::move(*record));
    };
    auto const* items = value.find("items");
    if (items == nullptr || !items->is_array()) {
        add(value);
        return records;
    }
    for (auto const& item : *items->array()) add(item);
    return records;
}

bool tells_of_tasks(json::Value const& value, engine::TaskQuery const& query) {
    auto const* items = value.find("items");
    if (items != nullptr && items->is_array()) return true;
    if (query.ids.size() != 1) return false;
    if (value.is_null()) return true;
    if (!value.is_object()) return false;
    if (value.object()->empty() || !text_or_empty(value, "id").empty()) return true;
    auto const error = read_error(value);
    return error && is_no_such_task(error->code);
}

bool is_no_such_task(std::string_view code) {
    return code == "task_not_found" || code == "not_found";
}

std::string tasks_request(engine::TaskQuery const& query) {
    json::Value body;
    body.set("action", query.ids.size() == 1 ? "retrieve" : "retrieve_batch");
    if (query.ids.size() == 1) {
        body.set("id", query.ids.front());
        return json::write(body);
    }
    if (!query.ids.empty()) body.set("ids", json::Array(query.ids.begin(), query.ids.end()));
    // The service's own limit is 12: asking for 50 ids without one would answer 12 of them.
    body.set("offset", query.ids.empty() ? query.offset : 0);
    body.set("limit", query.ids.empty() ? query.limit : static_cast<int>(query.ids.size()));
    return json::write(body);
}

} // namespace darkroom::provider
