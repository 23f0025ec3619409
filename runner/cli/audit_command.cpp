// `darkroom audit DIR`
#include "runner/base/backoff.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/service_link.hpp"
#include "runner/cli/trusted_job.hpp"
#include "runner/engine/step_run.hpp"
#include "runner/report/board.hpp"
#include "runner/report/task_audit.hpp"
#include "runner/report/words.hpp"
#include "runner/store/journal_questions.hpp"
#include "runner/store/journal_reader.hpp"
#include "runner/store/run_folder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>

namespace darkroom::cli {

namespace asio = boost::asio;

namespace {

constexpr auto about_audit =
    R"(Lists the tasks of the account that no step of a run has.
Asks the service, and buys nothing. The tasks are those of the run's time. A task of another run or
program on the same account is listed, too.

Examples:
  darkroom audit out/cars
  darkroom audit out/cars --json
)";

struct AuditOptions {
    std::string directory;
    std::string token_file;
    bool is_trusted = false;
    bool json = false;
};

constexpr auto margin = std::chrono::minutes(15);
constexpr int page_records = 100;
constexpr int pages_max = 10'000; ///< The most pages of one account.
constexpr int failures_max = 6;   ///< In a row.
constexpr Backoff after_failure{std::chrono::seconds(2), std::chrono::seconds(64)};

/// Reads the lists of all accounts of a job, one after the other.
class AuditRun {
public:
    AuditRun(AuditOptions const& options, Job const& job)
        : options_(options), job_(job),
          journal_(or_quit(store::JournalReader::open(journal_of(options.directory)))),
          link_(context_.get_executor(), clock_, job.file.service, {options.token_file, ""}) {
        audit_.directory = options.directory;
    }

    ExitCode run();

private:
    using Times = store::SubmissionTimes;

    asio::awaitable<void> live(Times submitted);
    asio::awaitable<void> read_accounts(Times submitted);
    asio::awaitable<void> read_account(std::string account, Times submitted);
    asio::awaitable<std::optional<engine::TaskPage>> page_at(std::string account, int offset);
    report::AuditTimes times_of(Times submitted, engine::TaskPage const& page) const;
    Result<std::optional<report::TaskOwner>> owner_of_task(std::string const& task);
    report::AccountAudit::Unnamed unnamed_of(std::string const& account);
    void note_if_bought(std::string const& account);
    void add_gap(std::string const& account, std::string const& why);
    void note_missing_accounts();

    AuditOptions const& options_;
    Job const& job_;
    SteadyClock clock_;
    asio::io_context context_{1};
    store::JournalReader journal_;
    ServiceLink link_;
    store::File hold_; ///< Open while the built-in service uses its part of the run directory.
    report::Audit audit_;
    bool is_refused_ = false;
};

/// The built-in service has its tasks in the run directory, so no run may use them meanwhile.
ExitCode AuditRun::run() {
    if (link_.client().task_access() != engine::TaskAccess::listing)
        throw Quit(ExitCode::usage, "this service cannot list its tasks");
    for (auto const& warning : link_.warnings()) complain(warning);
    auto questions = or_quit(store::JournalQuestions::open(journal_of(options_.directory)));
    auto const submitted = or_quit(questions.submission_times());
    if (submitted) {
        if (link_.server() != nullptr) {
            hold_ = or_quit(store::hold_for_reading(options_.directory));
            link_.keep_in(options_.directory + "/service");
        }
        std::exception_ptr defect;
        auto const on_end = [this, &defect](std::exception_ptr error) {
            defect = std::move(error);
            context_.stop(); // a host name that is being resolved cannot be cancelled
        };
        asio::co_spawn(context_, live(*submitted), on_end);
        context_.run();
        if (defect) std::rethrow_exception(defect);
        note_missing_accounts();
    }
    if (options_.json)
        print_json(to_json(audit_));
    else
        print(report::audit_text(audit_));
    for (auto const& gap : audit_.gaps) complain("warning: " + gap);
    if (is_refused_) return ExitCode::token_refused;
    bool const is_clean = audit_.all == 0 && audit_.gaps.empty();
    return is_clean ? ExitCode::ok : ExitCode::some_failed;
}

asio::awaitable<void> AuditRun::live(Times submitted) {
    auto const executor = co_await asio::this_coro::executor;
    TaskGroup service(executor);
    if (link_.server() != nullptr) service.spawn(link_.server()->run());
    std::exception_ptr defect;
    try {
        co_await read_accounts(submitted);
    } catch (...) { // rethrown below, after the service has ended
        defect = std::current_exception();
    }
    if (link_.server() != nullptr) link_.server()->stop();
    co_await service.join();
    if (defect) std::rethrow_exception(defect);
}

asio::awaitable<void> AuditRun::read_accounts(Times submitted) {
    auto const& accounts = job_.file.service.accounts;
    if (accounts.empty()) co_await read_account("", submitted);
    for (auto const& account : accounts) co_await read_account(account.name, submitted);
}

asio::awaitable<void> AuditRun::read_account(std::string account, Times submitted) {
    auto const rate = std::max(1.0, job_.file.limits.rate / 10);
    auto const pause =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / rate));
    auto const owner_of = [this](std::string const& task) { return owner_of_task(task); };
    std::optional<report::AccountAudit> walk;
    for (int pages = 0; pages < pages_max; ++pages) {
        if (walk) co_await clock_.sleep_for(pause);
        int const offset = walk ? walk->offset() : 0;
        auto const page = co_await page_at(account, offset);
        if (!page) co_return;
        if (!walk)
            walk.emplace(*job_.file.service.model, account, times_of(submitted, *page), owner_of,
                         unnamed_of(account));
        auto const more = walk->take(*page, audit_);
        if (or_quit(more)) continue;
        if (!walk->has_shown_ours()) note_if_bought(account);
        co_return;
    }
    add_gap(account, fmt::format("it was read for {} pages, and not to the run's time", pages_max));
}

/// Asks again after a failure. None: the list cannot be read, which is noted.
asio::awaitable<std::optional<engine::TaskPage>> AuditRun::page_at(std::string account,
                                                                   int offset) {
    engine::TaskQuery query;
    query.offset = offset;
    query.limit = page_records;
    query.account = account;
    query.with_requests = true;
    engine::Problem problem;
    for (int failures = 0; failures < failures_max; ++failures) {
        auto answer = co_await link_.client().look_up(query);
        if (auto* page = std::get_if<engine::TaskPage>(&answer)) co_return std::move(*page);
        problem = std::get<engine::Problem>(std::move(answer));
        is_refused_ = is_refused_ || problem.verdict == engine::Verdict::account;
        bool const may_pass = problem.verdict != engine::Verdict::account &&
                              problem.verdict != engine::Verdict::empty;
        if (!may_pass || failures + 1 == failures_max) break;
        co_await clock_.sleep_for(with_hint(after_failure.after(failures), problem.retry_after));
    }
    add_gap(account, "it cannot be read: " + report::describe(problem));
    co_return std::nullopt;
}

/// None: no step names the task. One that several name has failed only if it has for all.
Result<std::optional<report::TaskOwner>> AuditRun::owner_of_task(std::string const& task) {
    std::optional<report::TaskOwner> owner;
    TRY_ASSIGN(auto const steps, journal_.steps_of(task));
    for (auto const& step : steps) {
        TRY_ASSIGN(auto const row, journal_.summary(step));
        bool const failed = row && row->phase == engine::Phase::failed;
        if (owner && !owner->failed) return owner;
        owner.emplace();
        owner->failed = failed;
        if (!failed) continue;
        TRY_ASSIGN(auto const record, journal_.find(step));
        owner->step = report::step_name(record.state.info);
    }
    return owner;
}

report::AccountAudit::Unnamed AuditRun::unnamed_of(std::string const& account) {
    report::AccountAudit::Unnamed unnamed;
    or_quit(journal_.for_each_unnamed([&](Digest const& step, engine::StepState const& state) {
        if (state.account == account) ++unnamed[engine::lost_request(step, state).key];
    }));
    return unnamed;
}

/// A list without any task that the account was charged for shows nothing about the others.
void AuditRun::note_if_bought(std::string const& account) {
    auto const paid = or_quit(journal_.paid_by_account());
    auto const found = paid.find(account);
    if (found != paid.end() && found->second.paid > 0)
        add_gap(account, "it has none of the tasks that this run has paid for");
}

/// Returns the run's time by the service's clock, which `page` tells.
report::AuditTimes AuditRun::times_of(Times submitted, engine::TaskPage const& page) const {
    auto const now = clock_.wall();
    auto const ahead = page.service_time.value_or(now) - now;
    return {submitted.first + ahead - margin, submitted.last + ahead + margin};
}

void AuditRun::add_gap(std::string const& account, std::string const& why) {
    audit_.gaps.push_back(
        fmt::format("the list of {} is not whole: {}", report::account_name(account), why));
}

/// Tasks of an account that the job file no longer has cannot be listed.
void AuditRun::note_missing_accounts() {
    auto const& accounts = job_.file.service.accounts;
    for (auto const& [name, totals] : or_quit(journal_.paid_by_account())) {
        auto const is_it = [&name = name](auto const& account) { return account.name == name; };
        bool const is_listed =
            accounts.empty() ? name.empty() : std::any_of(accounts.begin(), accounts.end(), is_it);
        if (!is_listed) add_gap(name, "the job file does not have the account any more");
    }
}

} // namespace

void add_audit(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("audit", about_audit);
    command.footer(exit_codes_of_others);
    auto const options = std::make_shared<AuditOptions>();
    command.add_option("DIR", options->directory, "a run directory").required();
    command.add_option("--token-file", options->token_file, "read the token from this file")
        .not_empty()
        .type_name("PATH");
    command.add_flag("--trust", options->is_trusted, trust_help);
    command.add_flag("--json", options->json, "print one JSON object");
    command.callback([&command_line, options] {
        auto& directory = options->directory;
        while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
        command_line.action = [options] {
            auto const job = trusted_job(options->directory, Verbosity::errors, options->is_trusted,
                                         JobUse::look_up);
            return AuditRun(*options, job).run();
        };
    });
}

} // namespace darkroom::cli
