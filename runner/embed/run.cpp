#include "runner/embed/darkroom/run.hpp"

#include "jobs/plan/estimate.hpp"
#include "runner/cli/host.hpp"
#include "runner/cli/job.hpp"
#include "runner/cli/run_storage.hpp"
#include "runner/cli/session.hpp"
#include "runner/cli/shard_rule.hpp"
#include "runner/embed/quiet_signals.hpp"
#include "runner/report/board.hpp"

#include <fmt/format.h>

#include <exception>
#include <functional>
#include <mutex>
#include <new>

namespace darkroom::embed {

namespace {

double money_of(std::uint64_t micros) { return static_cast<double>(micros) / 1e6; }

/// Throws what the program would have said before it ends.
[[noreturn]] void fail(cli::Quit const& quit, std::vector<std::string> const& findings) {
    std::string text;
    for (auto const& finding : findings) text += finding + '\n';
    text += quit.what();
    while (text.ends_with('\n')) text.pop_back();
    throw Failure(static_cast<int>(quit.code), text);
}

/// Calls what may fail, and throws a Failure for whatever it throws, but for a lack of memory.
template <class Body>
auto with_failures_only(std::vector<std::string> const& findings, Body body) {
    try {
        return body();
    } catch (cli::Quit const& quit) {
        fail(quit, findings);
    } catch (Failure const&) {
        throw;
    } catch (std::bad_alloc const&) {
        throw;
    } catch (std::exception const& error) {
        throw Failure(static_cast<int>(cli::ExitCode::internal),
                      fmt::format("internal error: {}. Nothing is lost: run it again to continue",
                                  error.what()));
    }
}

/// Turns the engine's events into the library's.
class Watcher final : public engine::Observer {
public:
    Watcher(embed::Observer& observer, std::string directory)
        : observer_(observer), directory_(std::move(directory)) {}

    void on_event(engine::Event const& event, engine::StepState const& state) override {
        embed::Event out;
        out.key = to_hex(event.step);
        out.step = report::step_name(state.info);
        out.action = state.info.action;
        out.prompt = state.info.prompt;
        out.task_id = state.task_id;
        bool const is_shown =
            std::visit([&](auto const& fact) { return fill(out, fact); }, event.fact);
        if (is_shown) observer_.on_event(out);
    }
    void on_progress(Digest const& step, int percent) override {
        observer_.on_progress(to_hex(step), percent);
    }
    void on_waiting(engine::Waiting const&) override {}

private:
    using Kind = Event::Kind;

    bool fill(Event& out, engine::Submitted const&) const { return is(out, Kind::submitted); }
    bool fill(Event& out, engine::Accepted const&) const { return is(out, Kind::accepted); }
    bool fill(Event& out, engine::Finished const& fact) const {
        out.cost = static_cast<double>(fact.cost) / 1e6;
        return is(out, Kind::finished);
    }
    bool fill(Event& out, engine::Failed const& fact) const {
        out.failure = engine::class_of(fact.problem.verdict);
        out.message = fact.problem.message;
        out.is_final = fact.final;
        return is(out, Kind::failed);
    }
    bool fill(Event& out, engine::ImageSaved const& fact) const {
        if (!fact.image.file.empty()) out.file = directory_ + "/" + fact.image.file;
        return is(out, Kind::saved);
    }
    bool fill(Event& out, engine::Skipped const& fact) const {
        out.message = fact.why;
        return is(out, Kind::skipped);
    }
    bool fill(Event& out, engine::ChargedAgain const& fact) const {
        out.task_id = fact.task_id;
        out.cost = static_cast<double>(fact.cost) / 1e6;
        return is(out, Kind::charged_again);
    }
    bool fill(Event&, engine::Requeued const&) const { return false; }
    bool fill(Event&, engine::SetAside const&) const { return false; }

    static bool is(Event& out, Kind kind) {
        out.kind = kind;
        return true;
    }

    embed::Observer& observer_;
    std::string directory_;
};

Result result_of(report::Closing const& closing) {
    auto const steps = closing.by_state();
    auto const& tally = closing.result.tally;
    Result result;
    result.exit_code = closing.exit;
    result.done = steps.done;
    result.failed = steps.failed;
    result.skipped = steps.skipped;
    result.unknown = steps.unknown;
    result.pending = steps.pending;
    result.images = tally.images;
    result.bytes = tally.bytes;
    result.paid = tally.paid;
    result.cost = static_cast<double>(tally.cost) / 1e6;
    return result;
}

} // namespace

struct Job::Loaded {
    cli::Job job;
    std::string directory;
};

Job Job::load(std::string const& path, Settings const& settings) {
    cli::JobOptions options;
    for (auto const& [key, value] : settings.set) options.sets.push_back(key + "=" + value);
    options.service = settings.service;
    options.only = settings.only;
    if (settings.limit > 0) options.limit = settings.limit;
    options.strict = settings.strict;
    Job job;
    std::vector<std::string> findings;
    with_failures_only(findings, [&] {
        auto loaded = cli::load_job(options, path, findings);
        auto directory = cli::run_directory_of(loaded, settings.directory);
        job.loaded_ = std::make_shared<Loaded>(Loaded{std::move(loaded), std::move(directory)});
    });
    job.warnings_ = std::move(findings);
    return job;
}

std::string Job::name() const { return loaded_->job.file.name; }

std::string Job::directory() const { return loaded_->directory; }

Plan Job::plan() const {
    auto const estimate = with_failures_only(
        {}, [this] { return jobs::estimate(loaded_->job.file, loaded_->job.plan); });
    return {estimate.items,
            estimate.steps.least,
            estimate.steps.most,
            estimate.images.least,
            estimate.images.most,
            money_of(estimate.cost.least),
            money_of(estimate.cost.most),
            loaded_->job.file.shown_currency()};
}

struct Run::State {
    explicit State(Job the_job) : job(std::move(the_job)) {}

    /// Takes the way to end the run, or takes it back.
    void attach(std::function<void()> stop) {
        std::lock_guard const lock(mutex);
        way = std::move(stop);
        for (int i = 0; way && i < cancels; ++i) way();
    }

    Job job;
    std::mutex mutex; ///< For all below.
    std::function<void()> way;
    int cancels = 0;
};

Run::Run(Job job) : state_(std::make_unique<State>(std::move(job))) {}

Run::~Run() = default;

Result Run::run(Observer& observer) {
    QuietSignals const quiet;
    auto const& loaded = *state_->job.loaded_;
    Watcher watcher(observer, loaded.directory);
    cli::Host host{watcher, [&observer](std::string const& text) { observer.on_message(text); },
                   [this](std::function<void()> stop) { state_->attach(std::move(stop)); },
                   std::nullopt};
    cli::RunRequest request;
    request.job = loaded.job;
    request.job.file.hooks = {}; // the program knows when its run has ended
    request.directory = loaded.directory;
    request.display.form = report::Form::none;
    request.host = &host;
    return with_failures_only({}, [&] {
        cli::check_age_of(request.directory);
        cli::keep_shard_rule(request.job, request.directory);
        cli::run_session(request);
        return result_of(host.closing.value());
    });
}

void Run::cancel() {
    std::lock_guard const lock(state_->mutex);
    ++state_->cancels;
    if (state_->way) state_->way();
}

} // namespace darkroom::embed
