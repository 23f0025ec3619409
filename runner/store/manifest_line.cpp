#include "runner/store/manifest_line.hpp"

#include "runner/base/text.hpp"

#include <fmt/format.h>

namespace darkroom::store {

using namespace engine;
using json::Value;

namespace {

constexpr std::size_t key_digits = 64;

std::string line_start() { return fmt::format(R"({{"schema":{},"key":")", manifest_schema); }

Value text_or_null(std::string const& text) { return text.empty() ? Value() : Value(text); }
Value size_or_null(int size) { return size > 0 ? Value(size) : Value(); }
Value time_or_null(WallTime at) { return at == WallTime() ? Value() : Value(format_rfc3339(at)); }

Value variables_of(StepInfo const& info) {
    Value out = json::Object();
    for (auto const& [name, value] : info.variables) out.set(name, value);
    return out;
}

Value texts_of(std::vector<std::string> const& texts) {
    json::Array out;
    for (auto const& text : texts) out.emplace_back(text);
    return out;
}

/// Money in whole units of the currency.
Value cost_of(jobs::Micros micros) { return static_cast<double>(micros) / 1e6; }

} // namespace

std::string manifest_line(Event const& event, StepState const& state) {
    auto const& image = std::get<ImageSaved>(event.fact).image;
    auto const& info = state.info;
    auto const& answer = state.answer;
    return json::write(json::Object{{"schema", manifest_schema},
                                    {"key", to_hex(event.step)},
                                    {"job", info.job},
                                    {"item", info.item},
                                    {"repeat", info.repeat},
                                    {"path", info.path},
                                    {"kind", kind_of_result(info)},
                                    {"tile", size_or_null(shown_tile(info, answer, image.tile))},
                                    {"result", makes_text(info) ? Value(answer.text) : Value()},
                                    {"variables", variables_of(info)},
                                    {"prompt", info.prompt},
                                    {"action", info.action},
                                    {"mode", text_or_null(info.mode)},
                                    {"parent_image_id", text_or_null(info.parent_image_id)},
                                    {"task_id", text_or_null(answer.task_id)},
                                    {"trace_id", text_or_null(answer.trace_id)},
                                    {"image_id", text_or_null(answer.image_id)},
                                    {"actions", texts_of(answer.actions)},
                                    {"url", text_or_null(image.url)},
                                    {"file", text_or_null(image.file)},
                                    {"width", size_or_null(image.width)},
                                    {"height", size_or_null(image.height)},
                                    {"format", text_or_null(image.format)},
                                    {"bytes", image.file.empty() ? Value() : Value(image.bytes)},
                                    {"sha256", text_or_null(image.sha256)},
                                    {"account", text_or_null(state.account)},
                                    {"attempts", state.attempts + 1},
                                    {"cost", cost_of(state.price)},
                                    {"submitted_at", time_or_null(state.submitted_at)},
                                    {"generated_at", time_or_null(state.finished_at)},
                                    {"downloaded_at", time_or_null(event.at)}});
}

std::string failed_line(GivenUp const& given_up) {
    auto const& info = given_up.state.info;
    auto const& problem = given_up.state.problem;
    auto const& task_id = problem.task_id.empty() ? given_up.state.task_id : problem.task_id;
    return json::write(json::Object{{"schema", manifest_schema},
                                    {"key", to_hex(given_up.step)},
                                    {"job", info.job},
                                    {"item", info.item},
                                    {"repeat", info.repeat},
                                    {"path", info.path},
                                    {"action", info.action},
                                    {"prompt", info.prompt},
                                    {"class", name_of(problem.verdict)},
                                    {"code", text_or_null(problem.code)},
                                    {"message", text_or_null(problem.message)},
                                    {"trace_id", text_or_null(problem.trace_id)},
                                    {"task_id", text_or_null(task_id)},
                                    {"attempts", given_up.state.attempts},
                                    {"at", time_or_null(given_up.at)}});
}

std::string_view key_of_line(std::string_view line) {
    static std::string const start = line_start();
    bool const whole = line.size() > start.size() + key_digits && line.starts_with(start) &&
                       line[start.size() + key_digits] == '"' && line.back() == '}';
    return whole ? line.substr(start.size(), key_digits) : std::string_view();
}

} // namespace darkroom::store
