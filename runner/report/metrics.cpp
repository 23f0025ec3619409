#include "runner/report/metrics.hpp"

#include "runner/base/utf8.hpp"
#include "runner/report/words.hpp"

#include <fmt/format.h>

#include <string_view>

namespace darkroom::report {

namespace {

std::string escaped_label(std::string_view value) {
    std::string text;
    for (char const c : mended_utf8(value)) {
        if (c == '\n') {
            text += "\\n";
            continue;
        }
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text;
}

double seconds_since_1970(WallTime time) {
    return static_cast<double>(time.time_since_epoch().count()) / 1000;
}

std::string exact_money(jobs::Micros amount) {
    return fmt::format("{:.6f}", static_cast<double>(amount) / 1e6);
}

/// Writes families of samples, all with the labels of the run.
class MetricsWriter {
public:
    explicit MetricsWriter(std::string const& labels) : labels_(labels) {}

    void family(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        text += fmt::format("# HELP darkroom_{0} {1}\n# TYPE darkroom_{0} {2}\n", name, help, type);
    }
    template <class Number>
    void sample(Number value) {
        text += fmt::format("darkroom_{}{{{}}} {}\n", name_, labels_, value);
    }
    template <class Number>
    void sample(std::string_view label, std::string_view of, Number value) {
        text += fmt::format("darkroom_{}{{{},{}=\"{}\"}} {}\n", name_, labels_, label,
                            escaped_label(of), value);
    }

    std::string text;

private:
    std::string const& labels_;
    std::string_view name_;
};

void write_steps(MetricsWriter& out, Board const& board) {
    out.family("steps", "gauge", "Steps of the plan, by their state.");
    out.sample("state", "done", board.done());
    out.sample("state", "failed", board.failed());
    out.sample("state", "skipped", board.skipped());
    out.sample("state", "left", board.left());
}

void write_load(MetricsWriter& out, MetricsNow const& now) {
    out.family("generations_open", "gauge", "Requests that the service works on.");
    out.sample(now.load.open);
    out.family("generation_places", "gauge", "Requests that may be open at present.");
    out.sample(now.load.places);
    out.family("concurrency_limit", "gauge", "Requests that may be open at most.");
    out.sample(now.limits.concurrency);
    out.family("rate_limit_per_second", "gauge", "Requests that may be sent a second.");
    out.sample(now.limits.rate);
    out.family("paused", "gauge", "1 while a person has paused the run.");
    out.sample(now.load.is_paused ? 1 : 0);
}

void write_money(MetricsWriter& out, Board const& board) {
    auto const& start = board.start();
    out.family("generations_paid_total", "counter",
               "Generations that were paid, by all runs of the directory.");
    out.sample(board.paid());
    out.family("cost_total", "counter", "What they cost.");
    out.sample("currency", start.currency, exact_money(board.cost()));
    if (start.budget.cost) {
        out.family("cost_budget", "gauge", "What they may cost.");
        out.sample("currency", start.currency, exact_money(*start.budget.cost));
    }
    if (start.budget.generations) {
        out.family("generations_budget", "gauge", "Generations that may be paid.");
        out.sample(*start.budget.generations);
    }
}

void write_classes(MetricsWriter& out, std::map<std::string, std::uint64_t> const& classes) {
    for (auto const& [name, count] : classes) out.sample("class", name, count);
}

} // namespace

Metrics::Metrics(Start start, std::string directory, Clock& clock)
    : board_(std::move(start)),
      labels_(fmt::format("run=\"{}\",directory=\"{}\"", escaped_label(board_.start().name),
                          escaped_label(directory))),
      clock_(clock), begun_(clock.wall()), last_event_(begun_) {}

void Metrics::on_event(engine::Event const& event, engine::StepState const& state) {
    board_.apply(event, state, clock_.now());
    last_event_ = clock_.wall();
    auto const* sent = std::get_if<engine::Submitted>(&event.fact);
    if (sent != nullptr && !sent->by_earlier_run()) ++sent_;
    auto const* failed = std::get_if<engine::Failed>(&event.fact);
    if (failed == nullptr) return;
    auto const name = std::string(class_of(failed->problem.verdict));
    ++problems_[name];
    if (failed->final) ++failures_[name];
}

std::string Metrics::text(MetricsNow const& now) const {
    MetricsWriter out(labels_);
    out.family("build_info", "gauge", "The version of the program.");
    out.sample("version", DARKROOM_VERSION, 1);
    write_steps(out, board_);
    write_load(out, now);
    out.family("requests_total", "counter", "Requests that this run has sent.");
    out.sample(sent_);
    out.family("retries_total", "counter", "Attempts after the first one of their step.");
    out.sample(board_.retries());
    out.family("problems_total", "counter", "Attempts that failed, by class.");
    write_classes(out, problems_);
    out.family("failed_steps_total", "counter", "Steps that this run has given up, by class.");
    write_classes(out, failures_);
    write_money(out, board_);
    out.family("images_saved_total", "counter", "Pictures and videos that this run saved.");
    out.sample(board_.images());
    out.family("image_bytes_total", "counter", "The bytes of all files that this run saved.");
    out.sample(board_.bytes());
    out.family("start_time_seconds", "gauge", "When the run began, since 1970.");
    out.sample(fmt::format("{:.3f}", seconds_since_1970(begun_)));
    out.family("last_event_time_seconds", "gauge", "When something last happened, since 1970.");
    out.sample(fmt::format("{:.3f}", seconds_since_1970(last_event_)));
    if (!now.exit) return std::move(out.text);
    out.family("end_time_seconds", "gauge", "When the run ended, since 1970.");
    out.sample(fmt::format("{:.3f}", seconds_since_1970(now.now)));
    out.family("exit_code", "gauge", "The exit code of the run.");
    out.sample(*now.exit);
    return std::move(out.text);
}

} // namespace darkroom::report
