#include "runner/cli/session.hpp"

#include "jobs/plan/estimate.hpp"
#include "runner/base/text.hpp"
#include "runner/base/time_text.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/engine_options.hpp"
#include "runner/cli/fan_out.hpp"
#include "runner/cli/host.hpp"
#include "runner/cli/job_walk.hpp"
#include "runner/cli/line_arranger.hpp"
#include "runner/cli/open_files.hpp"
#include "runner/cli/owner_only.hpp"
#include "runner/cli/retry_choice.hpp"
#include "runner/cli/run_counts.hpp"
#include "runner/cli/run_desk.hpp"
#include "runner/cli/run_ledger.hpp"
#include "runner/cli/run_note.hpp"
#include "runner/cli/run_start.hpp"
#include "runner/cli/run_storage.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/cli/script_end.hpp"
#include "runner/cli/service_link.hpp"
#include "runner/cli/session_end.hpp"
#include "runner/cli/shard_rule.hpp"
#include "runner/cli/stop_signals.hpp"
#include "runner/engine/conductor.hpp"
#include "runner/report/make_progress.hpp"
#include "runner/report/run_notes.hpp"
#include "runner/store/journal_meta.hpp"
#include "runner/store/run_history.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <unistd.h>

namespace darkroom::cli {

namespace asio = boost::asio;

namespace {

constexpr auto last_words = std::chrono::seconds(2);

jobs::Estimate estimate_of(Job const& job) { return jobs::estimate(job.file, job.plan); }

class Session {
public:
    /// Both outlive the session; the clock its end, too.
    Session(RunRequest const& request, Clock& clock)
        : request_(request), clock_(clock), plan_(estimate_of(request.job)),
          link_(context_.get_executor(), clock_, request.job.file.service,
                {request.token_file, request.record, request.directory + "/journal.db",
                 request.keep_exchanges}),
          storage_(context_.get_executor(), request.directory, request.job.file,
                   request.accept_manifest ? RunStorage::Trust::manifest
                                           : RunStorage::Trust::journal),
          ledger_(open_ledger(context_, clock, request, storage_.folder().journal())),
          lines_(storage_, request.job, request.directory),
          log_(std::make_unique<LogFile>(request.log_file, request.log_form, clock)),
          begun_(clock_.now()), since_(clock_.wall()) {
        raise_open_files_limit(request.job.file);
        link_.keep_in(request.directory + "/service");
        if (request.keep_exchanges > 0)
            link_.keep_exchanges(storage_.folder().exchanges(),
                                 storage_.folder().older_exchanges());
    }

    SessionEnd run();

private:
    void say(report::Worded const& line);
    void say_at_start();
    asio::awaitable<void> live();
    void requeue();
    void open_desk();
    void stop();
    asio::awaitable<void> conduct();
    SessionEnd close();
    Result<> finish_files();
    report::Closing closing();
    report::UnknownSteps unknown_steps() const;

    RunRequest const& request_;
    Clock& clock_;
    asio::io_context context_{1};
    jobs::Estimate plan_;
    ServiceLink link_; // first: a missing token creates no directory
    RunStorage storage_;
    RunLedger ledger_;
    LineArranger lines_;
    report::Output out_{STDERR_FILENO};
    std::unique_ptr<LogFile> log_;
    FanOut observers_;
    report::RunNotes notes_;
    std::unique_ptr<report::Progress> progress_;
    std::unique_ptr<engine::Conductor> conductor_;
    std::unique_ptr<RunDesk> desk_;
    engine::RunResult result_;
    RunCounts counts_;
    report::Start start_;
    RetryChoice retries_;
    Time begun_;
    WallTime since_; ///< The same time, for people.
    int signals_ = 0;
    bool is_unfinished_ = false; ///< See report::RunNote.
    bool has_ended_ = false;     ///< Nothing more is sent.
};

void Session::say(report::Worded const& line) {
    if (request_.host != nullptr) request_.host->say(line.text);
    progress_->say(line);
    if (desk_) desk_->note(line);
    if (log_->lines() != nullptr) log_->lines()->say(line);
}

/// Prints notes about the run before the first request.
void Session::say_at_start() {
    for (auto const& warning : request_.job.unprinted) say({warning, report::Ink::busy, false});
    for (auto const& warning : link_.warnings()) say({warning, report::Ink::busy, true});
    auto const& repaired = storage_.manifest().repaired();
    if (repaired.needed())
        say({"manifest.jsonl was repaired: " + repaired.text(), report::Ink::busy, true});
    for (auto const& note : storage_.notes()) say({note, report::Ink::busy, true});
    for (auto const& note : ledger_.notes) say({note, report::Ink::busy, true});
    for (auto const& remark : storage_.remarks()) say({remark, report::Ink::plain, false});
    if (auto const text = warning_of_rehearsal(request_); !text.empty())
        say({text, report::Ink::bad, true});
    auto const free = storage_.folder().free();
    if (free.has_value() && *free < plan_.bytes.expected)
        say({fmt::format("warning: the pictures may take {}, but only {} are free in {}",
                         format_bytes(plan_.bytes.expected), format_bytes(*free),
                         request_.directory),
             report::Ink::bad, true});
    if (!request_.verbose) return;
    auto const& limits = request_.job.file.limits;
    say({fmt::format("{}, {}; service {}; {} at once, {:g}/s; into {}",
                     report::counted(plan_.items, "item"),
                     report::counted(plan_.steps.expected, "step"), link_.url(), limits.concurrency,
                     limits.rate, request_.directory),
         report::Ink::plain, false});
}

SessionEnd Session::run() {
    if (!request_.keeps_saved_job)
        or_quit(store::write_meta(storage_.folder().journal(), saved_job_key,
                                  job_snapshot(request_.job)));
    write_job_name(request_.directory, request_.job);
    if (auto const& shard = request_.job.plan.shard)
        write_shard_rule(storage_.folder().journal(), shard->rule);
    if (request_.retry)
        retries_ = choose_retries(request_.job, request_.directory, *request_.retry,
                                  storage_.journal().reader());
    start_ = start_of({request_, plan_, storage_.journal(), retries_, begun_});
    progress_ = report::make_progress(out_, clock_, request_.display, start_);
    log_->begin(start_);
    observers_.add(storage_.manifest());
    observers_.add(*progress_);
    observers_.add(notes_);
    if (request_.host != nullptr) observers_.add(request_.host->observer);
    if (log_->lines() != nullptr) observers_.add(*log_->lines());
    say_at_start();
    engine::Ports const ports{
        clock_,     link_.client(),   storage_.journal(), storage_.images(),
        observers_, &storage_.done(), &storage_.marks(),  ledger_.ledger.get()};
    auto options = engine_options_of(request_);
    set_ledger_words(options, ledger_, [this](auto const& said) { say(said); });
    link_.warn_by([this](std::string const& text) { say({text, report::Ink::busy, true}); });
    conductor_ = std::make_unique<engine::Conductor>(context_.get_executor(), ports, options);
    open_desk();
    // From here on it is a run, which has an end.
    auto const before = last_run_note(storage_.folder().journal());
    is_unfinished_ = request_.settle_only && !(before && has_ended_by_itself(*before));
    if (is_unfinished_ && before) since_ = before->since; // what it was made of is as old as that
    or_quit(write_run_note(storage_.folder().journal(), since_, std::nullopt));
    std::exception_ptr defect;
    // Only a host name that is being resolved may be left in the context; nothing can cancel that.
    auto on_end = [this, &defect](std::exception_ptr error) {
        defect = error;
        context_.stop();
    };
    asio::co_spawn(context_, live(), on_end);
    context_.run();
    if (defect) std::rethrow_exception(defect);
    return close();
}

void Session::open_desk() {
    DeskParts parts{context_.get_executor(),
                    clock_,
                    request_,
                    storage_.folder().journal(),
                    *conductor_,
                    link_.client(),
                    [this](auto const& line) { say(line); },
                    [this] { stop(); }};
    desk_ = std::make_unique<RunDesk>(std::move(parts), start_);
    desk_->observe(observers_);
    if (auto const words = desk_->page_words(); !words.empty())
        progress_->say({words, report::Ink::plain, true});
}

/// Runs the conductor with its helpers: display, signals, and the built-in service if it is used.
asio::awaitable<void> Session::live() {
    auto const executor = co_await asio::this_coro::executor;
    TaskGroup helpers(executor);
    TaskGroup service(executor);
    TaskGroup lines(executor);
    if (link_.server() != nullptr) service.spawn(link_.server()->run());
    helpers.spawn(progress_->run());
    if (ledger_.shared != nullptr) helpers.spawn(ledger_.shared->keep_lease());
    helpers.spawn(watch_for_stops(request_.host, [this] { stop(); }));
    helpers.spawn(log_->reopen_on_signal());
    desk_->serve_in(helpers);
    lines.spawn(lines_.run([this](report::Worded const& line) { say(line); }));
    std::exception_ptr defect;
    try {
        co_await conduct();
        co_await end_ledger(ledger_, clock_, result_);
        if (signals_ > 0) lines_.stop();
        co_await lines.join();
        co_await desk_->say_end(result_.end);
    } catch (...) { // rethrown below, after the helpers have ended
        defect = std::current_exception();
    }
    lines_.stop();
    lines.cancel();
    helpers.cancel();
    try {
        co_await helpers.join();
        if (desk_->expected_page()) note_stop_signals();
    } catch (...) { // rethrown below, after the service has ended
        if (!defect) defect = std::current_exception();
    }
    if (link_.server() != nullptr) link_.server()->stop();
    co_await service.join();
    if (defect) std::rethrow_exception(defect);
}

asio::awaitable<void> Session::conduct() {
    if (request_.retry) requeue();
    jobs::Plan plan(request_.job.file, request_.job.plan);
    engine::ItemSource const items = [&plan] { return plan.next(); };
    result_ = co_await conductor_->run(items);
    has_ended_ = true;
}

void Session::requeue() {
    for (auto const& step : retries_.failed) {
        engine::Event const event{step, clock_.wall(), engine::Requeued()};
        storage_.journal().note(event);
        auto const state = storage_.journal().find(step).value_or(engine::StepState());
        progress_->on_event(event, state);
        if (log_->lines() != nullptr) log_->lines()->on_event(event, state);
    }
    say({fmt::format("{} tried again", report::counted(retries_.failed.size(), "failed step")),
         report::Ink::plain, false});
    if (retries_.rejected_left > 0)
        say({fmt::format("{} left: the service refuses what they ask for. Edit the job file and "
                         "run it, or use --class rejected",
                         report::counted(retries_.rejected_left, "rejected step")),
             report::Ink::busy, true});
}

void Session::stop() {
    if (has_ended_) {
        lines_.stop();
        return desk_->forget_page();
    }
    ++signals_;
    auto const open = static_cast<std::uint64_t>(conductor_->generations_open());
    auto const text =
        signals_ == 1
            ? fmt::format("Stopping: nothing more is submitted; {} may finish within {}. A "
                          "second Ctrl-C stops at once.",
                          report::counted(open, "open generation"), format_span(request_.grace))
            : fmt::format("Stopping at once; {} looked up next time.",
                          open == 1 ? "1 open generation is"
                                    : fmt::format("{} open generations are", open));
    say({text, report::Ink::busy, true});
    conductor_->stop();
    lines_.stop();
}

/// Completes and closes the files; what is counted is durable. Returns the first error.
Result<> Session::finish_files() {
    storage_.journal().close();
    show_durable(conductor_->unheard_charges(), request_.directory, observers_);
    counts_ = count_run(request_.job, request_.directory);
    take_durable(counts_, notes_.paid(), result_);
    store::LinesAtEnd end;
    end.given_up = counts_.given_up ? &*counts_.given_up : nullptr;
    bool const has_saved = result_.tally.images > 0;
    if (counts_.part && has_saved) end.repeats = lines_.repeats(counts_.part->repeats);
    return storage_.manifest().finish(end);
}

/// Reads the unknown steps back. When the disk fails there are none to read: the run says so.
report::UnknownSteps Session::unknown_steps() const {
    if (result_.end == engine::RunEnd::disk_failed || result_.tally.unknown == 0) return {};
    auto history = store::RunHistory::open(storage_.folder().journal());
    if (history.has_error()) return {};
    auto steps = report::read_unknown_steps(*history);
    return steps.has_error() ? report::UnknownSteps() : std::move(*steps);
}

/// Returns what is said at the end, all but the exit code.
report::Closing Session::closing() {
    report::Closing closing;
    closing.name = request_.job.file.name;
    closing.directory = request_.directory;
    closing.pictures = storage_.pictures();
    closing.steps = plan_.steps.expected;
    closing.result = result_;
    closing.counts = counts_.part;
    closing.rejected = counts_.failures.rejected;
    closing.outside = counts_.failures.outside;
    closing.has_lines = storage_.has_lines();
    closing.currency = request_.job.file.shown_currency();
    auto const& shard = request_.job.plan.shard;
    if (shard && shard->count > 1)
        closing.share = report::budget_words(request_.job.file.budget, closing.currency);
    closing.seconds = std::chrono::duration<double>(clock_.now() - begun_).count();
    closing.settles = request_.settle_only;
    closing.advice_on_rest = request_.advice_on_rest;
    closing.url = link_.url();
    closing.last_failure = notes_.last_failure();
    closing.unknown = unknown_steps();
    closing.charges = notes_.charges();
    return closing;
}

SessionEnd Session::close() {
    auto const finished = finish_files();
    SessionEnd end;
    end.page = desk_->expected_page();
    if (finished.has_error() && result_.end != engine::RunEnd::disk_failed) {
        result_.end = engine::RunEnd::disk_failed;
        result_.error = finished.error();
    }
    note_ledger(ledger_, storage_.folder().journal());
    auto closing = this->closing();
    auto const code = exit_code_of(result_.end);
    closing.exit = static_cast<int>(code);
    auto const noted = write_run_note(
        storage_.folder().journal(), since_,
        report::RunEnding{closing.exit, std::string(name_of(result_.end)), clock_.wall()},
        is_unfinished_);
    auto const metrics = desk_->end_metrics(closing.exit);
    desk_.reset(); // its page has seen the last events
    progress_->finish();
    for (auto const& line : report::closing_words(closing)) say(line);
    if (noted.has_error() && result_.end != engine::RunEnd::disk_failed)
        say({"warning: the journal could not note how the run ended: " + noted.error().message(),
             report::Ink::bad, true});
    if (metrics.has_error())
        say({"warning: --metrics: " + metrics.error().message(), report::Ink::bad, true});
    if (auto const left = storage_.manifest().sidecars_left(); left > 0)
        say({fmt::format("captions and sidecars: {} not written, since another file has the name",
                         report::counted(left, "file")),
             report::Ink::busy, true});
    if (auto const failure = link_.recording_failure(); failure.code)
        say({"warning: the recording ends early: " + failure.message(), report::Ink::bad, true});
    if (auto const failure = link_.note_failure(); failure.code)
        say({"warning: the journal could not note that the service has answered: " +
                 failure.message(),
             report::Ink::bad, true});
    if (auto const failure = log_->failure(); failure.code)
        say({"warning: the log ends early: " + failure.message(), report::Ink::bad, true});
    out_.finish(last_words);
    end.code = request_.json ? print_summary(closing, code) : code;
    closing.exit = static_cast<int>(end.code);
    end.closing = std::move(closing);
    end.log = std::move(log_);
    if (request_.host != nullptr) request_.host->closing = end.closing;
    if (signals_ == 0 || request_.host != nullptr) return end;
    // A host name that is being resolved would delay the end of the context for many seconds.
    say_end(end, request_, clock_.wall());
    std::_Exit(end.closing.exit);
}

} // namespace

ExitCode run_session(RunRequest const& request) {
    RunHooks const hooks(request.job.file); // first: it is refused before anything is paid
    SteadyClock clock;
    SessionEnd end;
    {
        OwnerOnly const rights(request.job.file.output.is_private);
        Session session(request, clock);
        end = session.run();
    }
    return after_session(std::move(end), request, hooks);
}

} // namespace darkroom::cli
