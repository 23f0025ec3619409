#include "runner/provider/midjourney/records.hpp"

#include "jobs/services/midjourney/model.hpp"
#include "runner/provider/midjourney/answers.hpp"
#include "runner/provider/midjourney/verdict.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace darkroom::provider::midjourney {

namespace {

std::string text_or_empty(json::Value const& value, std::string_view key) {
    return value.text(key).value_or("");
}

/// The endpoint of each `type` of record.
struct TypeRow {
    std::string_view type;
    std::string_view path;
};
constexpr std::array<TypeRow, 7> types{{
    {"imagine", "/midjourney/imagine"},
    {"edits", "/midjourney/edits"},
    {"videos", "/midjourney/videos"},
    {"describe", "/midjourney/describe"},
    {"translate", "/midjourney/translate"},
    {"shorten", "/midjourney/shorten"},
    {"seed", "/midjourney/seed"},
}};

/// Returns null for a type that is not known.
jobs::Endpoint const* endpoint_of_type(std::string_view type) {
    auto const found = std::find_if(types.begin(), types.end(),
                                    [type](TypeRow const& row) { return row.type == type; });
    return found == types.end() ? nullptr : &jobs::midjourney::model.endpoint_at(found->path);
}

/// Unix seconds with a fraction, to milliseconds; the start of time when not given.
WallTime time_of(json::Value const& value, std::string_view key) {
    constexpr double seconds_max = 253402300800.0; // the year 10000
    auto const seconds = value.number(key).value_or(0);
    if (!(seconds > 0 && seconds < seconds_max)) return {};
    return WallTime(std::chrono::milliseconds(std::llround(seconds * 1000)));
}

/// Reads the result of a finished record. `at` is null when the record does not name its endpoint.
engine::Outcome outcome_of(json::Value const& record, json::Value const& response,
                           jobs::Endpoint const* at) {
    auto const task_id = text_or_empty(record, "id");
    auto trace_id = response.text("trace_id").value_or(text_or_empty(record, "trace_id"));
    if (auto const error = read_error(response)) {
        auto problem =
            task_problem(*error, verdict_of({Source::record, 0, error->code, net::Sent::none}));
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
        record.request = jobs::midjourney::model.canonical_body(*request);
    auto const* at = endpoint_of_type(text_or_empty(value, "type"));
    if (at) record.endpoint = at->path;
    auto const* response = value.find("response");
    auto const* finished_at = value.find("finished_at");
    bool const done = finished_at != nullptr && finished_at->is_number() && response != nullptr &&
                      response->is_object();
    if (done) record.outcome = outcome_of(value, *response, at);
    return record;
}

} // namespace

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

bool speaks_of_tasks(json::Value const& value, engine::TaskQuery const& query) {
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

} // namespace darkroom::provider::midjourney
