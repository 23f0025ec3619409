#include "runner/report/run_state.hpp"

#include "runner/base/time_text.hpp"
#include "runner/report/terminal_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace darkroom::report {

namespace {

constexpr auto rate_window = std::chrono::minutes(5);
constexpr std::uint64_t rate_steps_max = 20'000; ///< Enough for a rate.
constexpr double seconds_a_minute = 60;

struct ReasonWords {
    std::string_view reason;
    std::string_view words;
};
/// The words for a person; the names of engine::RunEnd are for scripts.
constexpr ReasonWords reason_words[] = {
    {"all_done", "done"},
    {"some_failed", "some steps failed, are unknown or were left"},
    {"budget_spent", "stopped by the budget"},
    {"account_empty", "stopped, no account has money left or may spend more"},
    {"too_many_failures", "stopped, too many failures in a row"},
    {"account_refused", "stopped, the token was refused"},
    {"interrupted", "interrupted"},
    {"disk_failed", "stopped, the disk is full or not writable"},
    {"input_failed", "stopped, a table could not be read"},
    {"no_room", "stopped, the disk has no room for more"},
    {"ledger_failed", "stopped, the ledger cannot be used"},
    {"ledger_away", "stopped, the ledger could not be reached"},
    {"shard_taken", "stopped, another process has taken over this shard"},
    {"wrong_http", "stopped, the service does not speak HTTP/2"},
};

std::string words_for(std::string const& reason) {
    for (auto const& [name, words] : reason_words)
        if (name == reason) return std::string(words);
    return reason;
}

/// Returns "2026-11-28 14:02:11Z".
std::string second_text(WallTime at) {
    auto text = format_rfc3339(at).substr(0, 19) + "Z";
    std::replace(text.begin(), text.end(), 'T', ' ');
    return text;
}

std::string rate_text(double rate) {
    double const a_minute = rate * seconds_a_minute;
    if (a_minute >= 600) return fmt::format("{:.0f} steps a second", rate);
    if (a_minute >= 9.5) return fmt::format("{:.0f} steps a minute", a_minute);
    return fmt::format("{:.1f} steps a minute", a_minute);
}

std::string process_text(int pid, std::string const& host) {
    auto text = pid > 0 ? fmt::format("process {}", pid) : std::string("a process");
    if (!host.empty()) text += " on " + host;
    return text;
}

std::optional<RunEnding> read_ending(json::Value const& note) {
    auto const* end = note.find("ended");
    if (end == nullptr || end->object() == nullptr) return std::nullopt;
    auto const exit = end->integer("exit");
    auto const at = parse_rfc3339(end->text("at").value_or(""));
    if (!exit || !at) return std::nullopt;
    return RunEnding{static_cast<int>(*exit), end->text("reason").value_or(""), *at};
}

} // namespace

std::string to_text(RunNote const& note) {
    json::Value value;
    value.set("pid", note.pid);
    value.set("host", note.host);
    value.set("since", format_rfc3339(note.since));
    if (note.ending) value.set("ended", ended_json(note));
    if (note.is_unfinished) value.set("unfinished", true);
    return json::write(value);
}

bool has_ended_by_itself(RunNote const& note) {
    if (!note.ending || note.is_unfinished) return false;
    auto const& reason = note.ending->reason;
    return reason == name_of(engine::RunEnd::all_done) ||
           reason == name_of(engine::RunEnd::some_failed) ||
           reason == name_of(engine::RunEnd::budget_spent);
}

std::optional<RunNote> read_run_note(std::string_view text) {
    auto const value = json::read(text);
    if (value.has_error()) return std::nullopt;
    auto const since = parse_rfc3339(value->text("since").value_or(""));
    if (!since) return std::nullopt;
    RunNote note;
    note.pid = static_cast<int>(value->integer("pid").value_or(0));
    note.host = value->text("host").value_or("");
    note.since = *since;
    note.ending = read_ending(*value);
    note.is_unfinished = value->boolean("unfinished").value_or(false);
    return note;
}

Result<std::optional<double>> finished_rate(engine::History& history, WallTime since,
                                            WallTime now) {
    auto const from = std::max(since, now - rate_window);
    std::uint64_t steps = 0;
    auto first = from;
    TRY(history.for_each_finished_backwards([&](WallTime at) {
        if (at < from) return false;
        ++steps;
        if (steps == rate_steps_max) first = at;
        return steps < rate_steps_max;
    }));
    auto const seconds = std::chrono::duration<double>(now - first).count();
    if (steps < 2 || seconds <= 0) return std::optional<double>();
    return std::optional(static_cast<double>(steps) / seconds);
}

json::Value to_json(RunAtWork const& run) {
    auto const time = [](std::optional<WallTime> const& at) {
        return at ? json::Value(format_rfc3339(*at)) : json::Value();
    };
    json::Value value;
    value.set("pid", run.pid > 0 ? json::Value(run.pid) : json::Value());
    value.set("host", run.host.empty() ? json::Value() : json::Value(run.host));
    value.set("since", time(run.since));
    value.set("rate", run.rate ? json::Value(std::round(*run.rate * 1000) / 1000) : json::Value());
    value.set("eta", time(run.done));
    value.set("changes", to_json(run.changes));
    return value;
}

json::Value ended_json(RunNote const& note) {
    json::Value value;
    value.set("exit", note.ending ? json::Value(note.ending->exit) : json::Value());
    value.set("reason", note.ending ? note.ending->reason : std::string("killed"));
    value.set("at", note.ending ? json::Value(format_rfc3339(note.ending->at)) : json::Value());
    return value;
}

std::string running_text(RunAtWork const& run, WallTime now) {
    auto text = std::string("running");
    if (run.since) text += " since " + second_text(*run.since);
    text += fmt::format(" ({})", process_text(run.pid, run.host));
    if (run.rate) text += ", " + rate_text(*run.rate);
    if (run.done && *run.done > now)
        text += fmt::format(", about {} left", format_span(Duration(*run.done - now)));
    return printable(text);
}

std::string ended_text(RunNote const& note) {
    if (!note.ending)
        return printable(fmt::format("killed: the run of {} (since {}) has left no last word",
                                     process_text(note.pid, note.host), second_text(note.since)));
    auto const& [exit, reason, at] = *note.ending;
    return printable(
        fmt::format("ended {}: {} (exit {})", second_text(at), words_for(reason), exit));
}

} // namespace darkroom::report
