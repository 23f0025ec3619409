#include "runner/provider/midjourney/answers.hpp"

#include "runner/base/text.hpp"
#include "runner/engine/answer_limits.hpp"
#include "runner/provider/midjourney/verdict.hpp"

#include <algorithm>
#include <cmath>

namespace darkroom::provider::midjourney {

namespace {

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

/// Reads what stands as `error` or `detail`; nothing for the many forms of none.
std::optional<ServiceError> error_of(json::Value const& given) {
    ServiceError error;
    if (given.is_string()) error.message = trim(*given.string());
    if (given.is_object()) {
        error.code = trim(text_or_empty(given, "code"));
        error.message = trim(text_or_empty(given, "message"));
        if (error.code == "0") error.code.clear();
    }
    bool const none = error.code.empty() && error.message.empty();
    return none ? std::nullopt : std::optional(std::move(error));
}

/// Returns true when a value names a task, or has the result of one.
bool speaks_of_task(json::Value const& value) {
    bool const named =
        !text_or_empty(value, "task_id").empty() || !text_or_empty(value, "id").empty();
    return named || value.boolean("success").value_or(false) || percent_of(value).has_value();
}

constexpr std::size_t tiles_max = 4;
constexpr std::size_t videos_max = engine::links_max;

/// Returns the links of a list, each in its place; what is no link is "". One more than `most` is
/// returned, to tell that there were more.
std::vector<std::string> links_in(json::Value const& value, std::string_view key,
                                  std::size_t most) {
    std::vector<std::string> links;
    auto const* list = value.find(key);
    if (list == nullptr || !list->is_array()) return links;
    for (auto const& item : *list->array()) {
        auto const* text = item.string();
        links.emplace_back(text == nullptr ? "" : *text);
        if (links.size() > most) break;
    }
    return links;
}

} // namespace

std::string text_or_empty(json::Value const& value, std::string_view key) {
    return value.text(key).value_or("");
}

std::optional<ServiceError> read_error(json::Value const& value) {
    if (auto const* given = value.find("error")) {
        if (auto error = error_of(*given)) return error;
    }
    auto const* detail = value.find("detail");
    if (detail == nullptr || speaks_of_task(value)) return std::nullopt;
    auto error = error_of(*detail);
    bool const is_list = detail->is_array() && !detail->array()->empty();
    if (!error && is_list) error = ServiceError{"", json::write(*detail)};
    return error;
}

bool is_own_word(int status, json::Value const& value) {
    if (!value.is_object() || status / 100 == 3) return false;
    auto const* given = value.find("error");
    if (status == 408 || status >= 500)
        return given != nullptr && is_known_code(given->text("code").value_or(""));
    auto const error = read_error(value);
    // A service that is paid by the call asks for the money with an empty object.
    auto const* items = value.find("items");
    bool const lists = items != nullptr && items->is_array();
    return status == 402 || error || lists || speaks_of_task(value) || value.boolean("success");
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
    answer.actions = engine::first_texts(value, "actions", engine::actions_max);
    auto videos = links_in(value, "video_urls", videos_max);
    if (!videos.empty()) {
        if (answer.image_id.empty()) answer.image_id = text_or_empty(value, "video_id");
        answer.url = std::move(videos.front());
        answer.sub_urls.assign(std::next(videos.begin()), videos.end());
        return answer;
    }
    answer.sub_urls = links_in(value, "sub_image_urls", tiles_max);
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
    if (event.percent && !is_finished(value)) event.preview = text_or_empty(value, "image_url");
    event.error = read_error(value);
    // A word that denies success and gives no reason proves nothing: the task is looked up.
    bool const denied = !value.boolean("success").value_or(true);
    bool const may_answer = !event.error && !denied;
    auto written = text.empty() || !may_answer ? std::nullopt : read_text(value, text);
    if (written) {
        event.answer.emplace();
        event.answer->text = std::move(*written);
    } else if (text.empty() && may_answer && is_finished(value)) {
        auto answer = read_answer(value);
        if (!answer.url.empty()) event.answer = std::move(answer);
    }
    bool const says_nothing = event.task_id.empty() && !event.percent && !event.error &&
                              !event.answer && !value.boolean("success");
    return says_nothing ? std::nullopt : std::optional(std::move(event));
}

} // namespace darkroom::provider::midjourney
