#include "runner/report/dashboard/live_run.hpp"

#include "runner/base/safe_name.hpp"
#include "runner/base/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace darkroom::report {

namespace {

std::string_view kind_of_line(Ink colour) {
    switch (colour) {
    case Ink::good: return "good";
    case Ink::bad: return "bad";
    case Ink::busy: return "busy";
    default: return "";
    }
}

double seconds_of(Duration time) {
    return std::round(std::chrono::duration<double>(time).count() * 10) / 10;
}

/// Returns the beginning of a text that a card has room for.
std::string beginning_of(std::string const& text) {
    constexpr std::size_t most = 300;
    return text.size() <= most ? text : cut_text(text, most) + "…";
}

json::Value open_json(Digest const& key, OpenStep const& step, Time now, bool has_preview) {
    json::Value value;
    value.set("key", to_hex(key));
    value.set("name", step.name);
    value.set("prompt", beginning_of(step.prompt));
    value.set("action", step.action);
    if (step.percent) value.set("percent", *step.percent);
    if (step.loading) value.set("loading", true);
    if (has_preview) value.set("preview", true);
    if (!step.problem) return value;
    value.set("problem", describe(*step.problem));
    if (step.again_at && *step.again_at > now)
        value.set("again_in", seconds_of(*step.again_at - now));
    return value;
}

} // namespace

LiveRun::LiveRun(Start start, LiveSources sources, Clock& clock,
                 boost::asio::any_io_executor executor)
    : board_(std::move(start)), sources_(std::move(sources)), clock_(clock),
      changed_(std::move(executor)) {}

void LiveRun::change() {
    ++version_;
    changed_.wake_all();
}

void LiveRun::on_event(engine::Event const& event, engine::StepState const& state) {
    board_.apply(event, state, clock_.now());
    bool const has_ended = std::holds_alternative<engine::Finished>(event.fact);
    if (has_ended || !board_.open().contains(event.step)) previews_.erase(event.step);
    if (std::holds_alternative<engine::Submitted>(event.fact)) ++sent_;
    if (std::holds_alternative<engine::ImageSaved>(event.fact)) add_picture(event, state);
    auto const* failed = std::get_if<engine::Failed>(&event.fact);
    if (failed != nullptr && failed->final) {
        ++failures_[std::string(class_of(failed->problem.verdict))];
        json::Value one;
        one.set("name", step_name(failed->info ? *failed->info : state.info));
        one.set("problem", describe(failed->problem));
        one.set("advice", advice(failed->problem));
        failed_.push_back(std::move(one));
        if (failed_.size() > failed_max) failed_.pop_front();
    }
    say(word(event, state));
}

void LiveRun::on_progress(Digest const& step, int percent) {
    board_.progress(step, percent);
    change();
}

void LiveRun::on_preview(Digest const& step, std::string const& url) {
    if (!board_.open().contains(step)) return;
    previews_[step] = url;
    change();
}

void LiveRun::on_loaded_again(engine::Event const& saved, engine::StepState const& state) {
    on_event(saved, state);
}

void LiveRun::on_waiting(engine::Waiting const& waiting) {
    board_.wait(waiting, clock_.now());
    previews_.erase(waiting.step);
    say(word(waiting, board_.name_of(waiting.step)));
}

void LiveRun::on_parked(engine::ParkedAccount const& parked) { say(word(parked)); }

void LiveRun::say(Worded const& line) {
    lines_.push_back({clock_.wall(), line.text, kind_of_line(line.colour)});
    if (lines_.size() > lines_max) {
        lines_.pop_front();
        ++lines_begin_;
    }
    change();
}

void LiveRun::end(engine::RunEnd end, bool stays) {
    ended_ = name_of(end);
    stays_ = stays;
    sample();
}

void LiveRun::add_picture(engine::Event const& saved, engine::StepState const& state) {
    auto const row = engine::manifest_row_of(saved, state);
    json::Value picture;
    picture.set("name", step_name(state.info));
    picture.set("prompt", beginning_of(engine::root_prompt_of(state.info)));
    picture.set("action", row.action);
    picture.set("kind", row.kind);
    picture.set("file", row.file);
    picture.set("sha256", row.sha256);
    picture.set("key", to_hex(row.key));
    picture.set("tile", row.tile);
    if (row.kind == "text" && row.result) picture.set("text", beginning_of(*row.result));
    pictures_.push_back(std::move(picture));
    if (pictures_.size() <= pictures_max) return;
    pictures_.pop_front();
    ++pictures_begin_;
}

boost::asio::awaitable<void> LiveRun::take_samples() {
    for (;;) {
        sample();
        co_await clock_.sleep_for(sample_rest_);
    }
}

/// The longer the run, the farther apart are the samples: each time that they are many, every other
/// one goes.
void LiveRun::sample() {
    auto const load = sources_.load();
    samples_.push_back({clock_.wall(), load.open, load.places, sent_, sources_.limits().rate,
                        board_.done(), board_.failed(), board_.cost()});
    ++samples_taken_;
    if (samples_.size() > samples_max) {
        std::deque<Sample> kept;
        for (std::size_t i = 0; i < samples_.size(); i += 2) kept.push_back(samples_[i]);
        samples_ = std::move(kept);
        sample_rest_ *= 2;
    }
    change();
}

json::Value LiveRun::samples() const {
    json::Array all;
    for (auto const& one : samples_) {
        auto const at =
            std::chrono::duration_cast<std::chrono::milliseconds>(one.at.time_since_epoch());
        json::Array row{json::Value(static_cast<std::int64_t>(at.count())),
                        json::Value(one.open),
                        json::Value(one.places),
                        json::Value(one.sent),
                        json::Value(one.rate),
                        json::Value(one.done),
                        json::Value(one.failed),
                        money_value(one.cost)};
        all.emplace_back(std::move(row));
    }
    return all;
}

json::Value LiveRun::counts() const {
    json::Value value;
    value.set("total", board_.start().steps);
    value.set("done", board_.done());
    value.set("failed", board_.failed());
    value.set("skipped", board_.skipped());
    value.set("left", board_.left());
    value.set("images", board_.images());
    value.set("bytes", board_.bytes());
    value.set("retries", board_.retries());
    value.set("paid", board_.paid());
    value.set("cost", money_value(board_.cost()));
    return value;
}

json::Value LiveRun::open_steps() const {
    std::vector<std::pair<Digest, OpenStep const*>> steps;
    for (auto const& [key, step] : board_.open()) steps.emplace_back(key, &step);
    std::sort(steps.begin(), steps.end(),
              [](auto const& a, auto const& b) { return a.second->order < b.second->order; });
    if (steps.size() > open_max) steps.resize(open_max);
    json::Array open;
    for (auto const& [key, step] : steps)
        open.push_back(open_json(key, *step, clock_.now(), previews_.contains(key)));
    return open;
}

/// Returns "" when nothing that is wanted waits.
std::string LiveRun::why_it_waits(engine::Load const& load) const {
    auto const limits = sources_.limits();
    if (has_ended()) return {};
    if (load.is_stopping) return "It is stopping: nothing more is submitted.";
    if (load.is_paused) return "It is paused.";
    if (board_.left() <= static_cast<std::uint64_t>(std::max(load.open, 0))) return {};
    if (load.waiting_for_money > 0) return "The rest of the budget is held by open generations.";
    if (load.open >= load.places && load.places < limits.concurrency)
        return fmt::format("The service takes {} at once at present.", load.places);
    if (load.open >= load.places)
        return fmt::format("All {} are taken.",
                           counted(static_cast<std::uint64_t>(load.places), "place"));
    return fmt::format("The rate of {:g} a second holds it back, or a wait before an attempt.",
                       limits.rate);
}

json::Value LiveRun::state() const {
    auto const& start = board_.start();
    auto const now = clock_.now();
    auto const load = sources_.load();
    auto const limits = sources_.limits();
    json::Value value;
    value.set("at", format_rfc3339(clock_.wall()));
    value.set("seconds", seconds_of(now - start.begun));
    value.set("ended", text_or_null(ended_));
    value.set("stays", stays_);
    value.set("counts", counts());
    value.set("open", load.open);
    value.set("places", load.places);
    value.set("concurrency", limits.concurrency);
    value.set("rate", limits.rate);
    value.set("paused", load.is_paused);
    value.set("stopping", load.is_stopping);
    value.set("waits", why_it_waits(load));
    auto const speed = board_.images_per_second(now);
    value.set("images_per_second",
              speed ? json::Value(std::round(*speed * 1000) / 1000) : json::Value());
    auto const left = board_.time_left(now);
    value.set("seconds_left", left ? json::Value(seconds_of(*left)) : json::Value());
    value.set("budget_cost", start.budget.cost ? money_value(*start.budget.cost) : json::Value());
    value.set("budget_generations",
              start.budget.generations ? json::Value(*start.budget.generations) : json::Value());
    value.set("currency", start.currency);
    json::Value failures;
    for (auto const& [name, count] : failures_) failures.set(name, count);
    value.set("failures", failures.is_null() ? json::Value(json::Object()) : failures);
    value.set("failed", json::Array(failed_.rbegin(), failed_.rend()));
    value.set("changes", to_json(sources_.changes()));
    value.set("open_steps", open_steps());
    value.set("pictures", pictures_end());
    return value;
}

json::Value LiveRun::lines_from(std::uint64_t from) const {
    json::Array lines;
    auto const first = from > lines_begin_ ? from - lines_begin_ : 0;
    for (std::size_t i = first; i < lines_.size(); ++i) {
        json::Value line;
        line.set("at", format_rfc3339(lines_[i].at));
        line.set("text", lines_[i].text);
        line.set("kind", lines_[i].kind);
        lines.push_back(std::move(line));
    }
    return lines;
}

json::Value LiveRun::pictures_from(std::uint64_t from) const {
    auto const first = from > pictures_begin_ ? from - pictures_begin_ : 0;
    if (first >= pictures_.size()) return json::Array();
    return json::Array(pictures_.begin() + static_cast<std::ptrdiff_t>(first), pictures_.end());
}

std::string LiveRun::preview_of(Digest const& step) const {
    auto const found = previews_.find(step);
    return found == previews_.end() ? std::string() : found->second;
}

} // namespace darkroom::report
