#include "runner/engine/manifest_row.hpp"

#include "runner/base/time_text.hpp"

#include <algorithm>
#include <utility>

namespace darkroom::engine {

using json::Value;

namespace {

Value text_or_null(std::string text) { return text.empty() ? Value() : Value(std::move(text)); }
Value number_or_null(int number) { return number > 0 ? Value(number) : Value(); }
Value time_or_null(WallTime at) { return at == WallTime() ? Value() : Value(format_rfc3339(at)); }

Value variables_of(jobs::Variables const& variables) {
    json::Object out; // they are few, and a name that comes again is rare
    for (auto const& [name, value] : variables) {
        auto const has_its_name = [&wanted = name](json::Member const& member) {
            return member.first == wanted;
        };
        auto const same = std::find_if(out.begin(), out.end(), has_its_name);
        if (same == out.end())
            out.emplace_back(name, value);
        else
            same->second = value;
    }
    return out;
}

bool has_a_name_twice(jobs::Variables const& variables) {
    for (auto variable = variables.begin(); variable != variables.end(); ++variable) {
        auto const has_its_name = [variable](auto const& other) {
            return other.first == variable->first;
        };
        if (std::any_of(variables.begin(), variable, has_its_name)) return true;
    }
    return false;
}

Value drawn_of(Value drawn) { return drawn.is_object() ? std::move(drawn) : json::Object(); }

Value array_of(std::vector<std::string> texts) {
    json::Array out;
    for (auto& text : texts) out.emplace_back(std::move(text));
    return out;
}

/// Builds an object of distinct keys without looking each of them up.
class Columns {
public:
    explicit Columns(std::size_t count) { members_.reserve(count); }
    void add(char const* key, Value value) { members_.emplace_back(key, std::move(value)); }
    Value object() { return std::move(members_); }

private:
    json::Object members_;
};

/// Returns what a step has cost in all, for the image that was saved first.
jobs::Micros cost_of(StepState const& state, int tile) {
    bool const is_first = state.saved.empty() || state.saved.front().tile == tile;
    return is_first ? state.price + state.cost_again : 0;
}

/// Returns money in whole units of the currency.
Value money_of(jobs::Micros micros) { return static_cast<double>(micros) / 1e6; }

} // namespace

std::string const& root_prompt_of(StepInfo const& info) {
    return info.path.empty() ? info.prompt : info.root_prompt;
}

ManifestRow manifest_row_of(Event const& saved, StepState const& state) {
    auto const& image = std::get<ImageSaved>(saved.fact).image;
    auto const& info = state.info;
    auto const& answer = state.answer;
    ManifestRow row;
    row.key = saved.step;
    row.job = info.job;
    row.item = info.item;
    row.repeat = info.repeat;
    row.path = info.path;
    row.kind = kind_of_result(info);
    row.tile = shown_tile(info, answer, image.tile);
    if (makes_text(info)) row.result = answer.text;
    row.variables = info.variables;
    row.drawn = info.drawn;
    row.prompt = info.prompt;
    row.root_prompt = root_prompt_of(info);
    row.action = info.action;
    row.mode = info.mode;
    row.parent_image_id = info.parent_image_id;
    row.task_id = answer.task_id;
    row.trace_id = answer.trace_id;
    row.image_id = answer.image_id;
    row.actions = answer.actions;
    row.url = image.url;
    row.file = image.file;
    row.width = image.width;
    row.height = image.height;
    row.format = image.format;
    row.bytes = image.bytes;
    row.sha256 = image.sha256;
    row.account = state.account;
    row.attempts = state.attempts + 1;
    row.cost = cost_of(state, image.tile);
    row.submitted_at = state.submitted_at;
    row.generated_at = state.finished_at;
    row.downloaded_at = saved.at;
    return row;
}

std::string money_text(jobs::Micros amount) { return json::write(money_of(amount)); }

std::string variables_text(jobs::Variables const& variables) {
    if (has_a_name_twice(variables)) return json::write(variables_of(variables));
    std::string text = "{";
    for (auto const& [name, value] : variables) {
        if (text.size() > 1) text += ',';
        json::append_text(text, name);
        text += ':';
        json::append_text(text, value);
    }
    return text += '}';
}

std::string drawn_text(Value const& drawn) { return drawn.is_object() ? json::write(drawn) : "{}"; }

std::string cost_text(StepState const& state, int tile) { return money_text(cost_of(state, tile)); }

Value to_json(ManifestRow row) {
    bool const has_file = !row.file.empty();
    Columns out(35);
    out.add("schema", manifest_schema);
    out.add("key", to_hex(row.key));
    out.add("job", std::move(row.job));
    out.add("item", row.item);
    out.add("repeat", row.repeat);
    out.add("path", std::move(row.path));
    out.add("kind", std::move(row.kind));
    out.add("tile", number_or_null(row.tile));
    out.add("result", row.result ? Value(std::move(*row.result)) : Value());
    out.add("variables", variables_of(row.variables));
    out.add("drawn", drawn_of(std::move(row.drawn)));
    out.add("prompt", std::move(row.prompt));
    out.add("root_prompt", text_or_null(std::move(row.root_prompt)));
    out.add("action", std::move(row.action));
    out.add("mode", text_or_null(std::move(row.mode)));
    out.add("parent_image_id", text_or_null(std::move(row.parent_image_id)));
    out.add("task_id", text_or_null(std::move(row.task_id)));
    out.add("trace_id", text_or_null(std::move(row.trace_id)));
    out.add("image_id", text_or_null(std::move(row.image_id)));
    out.add("actions", array_of(std::move(row.actions)));
    out.add("picked", Value());
    out.add("url", text_or_null(std::move(row.url)));
    out.add("file", text_or_null(std::move(row.file)));
    out.add("same_as", text_or_null(std::move(row.same_as)));
    out.add("width", number_or_null(row.width));
    out.add("height", number_or_null(row.height));
    out.add("format", text_or_null(std::move(row.format)));
    out.add("bytes", has_file ? Value(row.bytes) : Value());
    out.add("sha256", text_or_null(std::move(row.sha256)));
    out.add("account", text_or_null(std::move(row.account)));
    out.add("attempts", row.attempts);
    out.add("cost", money_of(row.cost));
    out.add("submitted_at", time_or_null(row.submitted_at));
    out.add("generated_at", time_or_null(row.generated_at));
    out.add("downloaded_at", time_or_null(row.downloaded_at));
    return out.object();
}

FailedRow failed_row_of(Digest const& key, StepState const& state, WallTime at) {
    FailedRow row;
    row.key = key;
    row.job = state.info.job;
    row.item = state.info.item;
    row.repeat = state.info.repeat;
    row.path = state.info.path;
    row.action = state.info.action;
    row.prompt = state.info.prompt;
    row.problem = state.problem;
    row.task_id = state.problem.task_id.empty() ? state.task_id : state.problem.task_id;
    row.attempts = state.attempts;
    row.at = at;
    row.is_paid = state.phase == Phase::finished;
    return row;
}

Value to_json(FailedRow row) {
    auto& problem = row.problem;
    Columns out(17);
    out.add("schema", manifest_schema);
    out.add("key", to_hex(row.key));
    out.add("job", std::move(row.job));
    out.add("item", row.item);
    out.add("repeat", row.repeat);
    out.add("path", std::move(row.path));
    out.add("action", std::move(row.action));
    out.add("prompt", std::move(row.prompt));
    out.add("class", class_of(problem.verdict));
    out.add("code", text_or_null(std::move(problem.code)));
    out.add("message", text_or_null(std::move(problem.message)));
    out.add("trace_id", text_or_null(std::move(problem.trace_id)));
    out.add("task_id", text_or_null(std::move(row.task_id)));
    out.add("url", text_or_null(std::move(problem.url)));
    out.add("file", text_or_null(std::move(problem.kept)));
    out.add("attempts", row.attempts);
    out.add("at", time_or_null(row.at));
    return out.object();
}

} // namespace darkroom::engine
