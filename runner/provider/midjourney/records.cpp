#include "runner/provider/midjourney/records.hpp"

#include "jobs/services/midjourney/model.hpp"
#include "runner/base/text.hpp"
#include "runner/provider/midjourney/answers.hpp"
#include "runner/provider/midjourney/verdict.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace darkroom::provider::midjourney {

namespace {

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

std::string id_of(json::Value const& record) {
    auto id = text_or_empty(record, "id");
    return id.empty() ? text_or_empty(record, "task_id") : id;
}

/// Reads a time that is written as Unix seconds with a fraction, milliseconds, microseconds or
/// nanoseconds, whose sizes tell them apart, or as a date. One before 2020 is none.
WallTime time_of(json::Value const& value) {
    constexpr WallTime first = std::chrono::sys_days(std::chrono::year(2020) / 1 / 1);
    constexpr double seconds_max = 1e11;
    constexpr double number_max = seconds_max * 1e9;
    WallTime time{};
    if (auto number = value.number(); number && *number > 0 && *number < number_max) {
        while (*number >= seconds_max) *number /= 1000;
        time = WallTime(std::chrono::milliseconds(std::llround(*number * 1000)));
    } else if (auto const* text = value.string()) {
        auto const written = trim(*text);
        auto const date = parse_iso8601(written);
        time = date ? *date : parse_http_date(written).value_or(WallTime());
    }
    return time < first ? WallTime() : time;
}

/// Returns true for any time but the many forms of none: null, 0, "", the years before computers.
bool is_a_time(json::Value const& value) {
    auto const number = value.number();
    return number ? *number > 0 : time_of(value) != WallTime();
}

/// Returns the request of a record, which some services keep as JSON text: that is read into
/// `kept`. Null when it cannot be read.
json::Value const& request_of(json::Value const& record, json::Value& kept) {
    static json::Value const none;
    auto const* request = record.find("request");
    if (request == nullptr) return none;
    if (auto const* text = request->string()) {
        auto read = read_service_json(*text);
        if (!read) return none;
        kept = std::move(*read);
        request = &kept;
    }
    return request->is_object() ? *request : none;
}

/// Returns an attempt's own name from the address that its callback goes to; "" when there is none.
std::string tag_of(json::Value const& request) {
    constexpr std::size_t digits = 16;
    auto const address = text_or_empty(request, "callback_url");
    auto const path = std::string_view(address).substr(0, address.find_first_of("?#"));
    auto const tag = path.substr(path.rfind('/') + 1);
    bool const ours = tag.size() == digits && tag.find_first_not_of("0123456789abcdef") == tag.npos;
    return ours && tag.size() < path.size() ? std::string(tag) : std::string();
}

engine::Problem failure_of(ServiceError const& error) {
    return task_problem(error, verdict_of({Source::record, 0, error.code, net::Sent::none}));
}

/// Describes a record that denies success without a reason: nothing is known.
engine::Problem unexplained() {
    engine::Problem problem;
    problem.verdict = engine::Verdict::unknown;
    problem.code = "no_result";
    problem.message = "the task's record has no result and no reason";
    return problem;
}

/// Reads the result of a finished record. `at` is null when the record does not name its endpoint.
engine::Outcome outcome_of(json::Value const& record, json::Value const& response,
                           jobs::Endpoint const* at) {
    auto trace_id = response.text("trace_id").value_or(text_or_empty(record, "trace_id"));
    auto const failed = [&](engine::Problem problem) {
        problem.task_id = id_of(record);
        problem.trace_id = trace_id;
        return problem;
    };
    if (auto const error = read_error(response)) return failed(failure_of(*error));
    auto answer = read_answer(response);
    if (at && !at->draws()) answer.text = read_text(response, at->text).value_or("");
    bool const has_result = !answer.text.empty() || (!answer.url.empty() && is_finished(response));
    if (!response.boolean("success").value_or(true) && !has_result) return failed(unexplained());
    // It says it succeeded, so it was charged, even when it names no image: that fails to load
    // then.
    answer.task_id = id_of(record);
    answer.trace_id = std::move(trace_id);
    return answer;
}

engine::TaskRecord read_task(json::Value const& value, bool with_request) {
    engine::TaskRecord record;
    record.task_id = id_of(value);
    if (auto const* created = value.find("created_at")) record.created_at = time_of(*created);
    auto const* at = endpoint_of_type(text_or_empty(value, "type"));
    if (at) record.endpoint = at->path;
    json::Value kept;
    auto const& request = request_of(value, kept);
    auto const& model = jobs::midjourney::model;
    if (with_request && !request.is_null()) record.request = model.canonical_body(request);
    record.marks = engine::marks_of(model, record.endpoint, request);
    record.tag = tag_of(request);
    auto const* response = value.find("response");
    auto const* finished_at = value.find("finished_at");
    bool const done = finished_at != nullptr && is_a_time(*finished_at) && response != nullptr &&
                      response->is_object();
    if (done) record.outcome = outcome_of(value, *response, at);
    return record;
}

} // namespace

std::vector<engine::TaskRecord> read_tasks(json::Value const& value,
                                           engine::TaskQuery const& query) {
    std::vector<engine::TaskRecord> records;
    auto const* items = value.find("items");
    if (items == nullptr || !items->is_array()) {
        bool const is_task = !text_or_empty(value, "id").empty() || !read_error(value);
        if (is_task && !id_of(value).empty())
            records.push_back(read_task(value, query.with_requests));
        return records;
    }
    records.reserve(items->array()->size());
    for (auto const& item : *items->array())
        records.push_back(read_task(item, query.with_requests));
    return records;
}

bool speaks_of_tasks(json::Value const& value, engine::TaskQuery const& query) {
    auto const* items = value.find("items");
    if (items != nullptr && items->is_array()) return items->array()->size() <= records_max;
    if (query.ids.size() != 1) return false;
    if (value.is_null()) return true;
    if (!value.is_object()) return false;
    if (value.object()->empty() || !text_or_empty(value, "id").empty()) return true;
    auto const error = read_error(value);
    return error ? is_no_such_task(error->code) : !id_of(value).empty();
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
