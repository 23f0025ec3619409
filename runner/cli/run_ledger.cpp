#include "runner/cli/run_ledger.hpp"

#include "runner/cli/console.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/cli/run_name.hpp"
#include "runner/cli/shared_ledger.hpp"
#include "runner/ledger/ledger_file.hpp"
#include "runner/ledger/sqlite_ledger.hpp"
#include "runner/ledger/task_owner.hpp"
#include "runner/postgres/error.hpp"
#include "runner/store/file.hpp"
#include "runner/store/journal_meta.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <sys/stat.h>

namespace darkroom::cli {

namespace {

/// The one place that says whether a run has a ledger where nobody chooses.
constexpr bool is_on_by_default = true;

// The names under which the journal keeps these texts: never changed.
constexpr std::string_view ledger_key = "ledger";
constexpr std::string_view place_key = "ledger_file";

/// The built-in service takes no money.
bool needs_ledger(jobs::JobFile const& file) {
    return !file.is_local() && (file.budget.per_day || file.budget.per_month);
}

/// Returns whether the run uses a ledger: the option, else the job file, else what is usual. A
/// budget of the day or the month is kept there.
bool is_asked_for(RunRequest const& request) {
    auto const& said = request.ledger.empty() ? request.job.file.ledger : request.ledger;
    if (said == "none") return false;
    return said == "sqlite" || is_on_by_default || needs_ledger(request.job.file);
}

/// Returns the zone in which its days begin.
jobs::Zone zone_of(jobs::JobFile const& file) {
    std::string name = file.budget.timezone;
    if (name.empty() && file.schedule) name = file.schedule->timezone;
    auto const zone = jobs::Zone::named(name.empty() ? "UTC" : name);
    if (zone.has_error()) throw Quit(ExitCode::usage, zone.error().message());
    return *zone;
}

/// Returns whether this directory has used another ledger than this one.
bool knows_another(std::string const& journal, std::string const& name) {
    auto const last = or_quit(store::read_meta(journal, ledger_key));
    return last && *last != name;
}

/// Returns whether that one may have been at this place, and not in another home.
bool was_here(std::string const& journal, std::string const& path) {
    auto const place = or_quit(store::read_meta(journal, place_key));
    return !place || *place == path;
}

void note_text(std::string const& journal, std::string_view key, std::string const& text) {
    auto const last = or_quit(store::read_meta(journal, key));
    if (last && *last == text) return;
    or_quit(store::write_meta(journal, key, text, store::Durability::soon));
}

/// Returns the time since which the money must be known.
WallTime first_time(std::vector<engine::SpendingCap> const& caps) {
    auto first = WallTime::max();
    for (auto const& cap : caps) first = std::min(first, cap.since);
    return first;
}

[[noreturn]] void throw_without_ledger(std::string const& why) {
    throw Quit(ExitCode::contradiction,
               fmt::format("the ledger cannot be used: {}. 'budget' has per_day or per_month, and "
                           "nobody knows what other runs spend: nothing is bought",
                           why));
}

/// Throws Quit where the money of the day or the month may not all be in the ledger.
void refuse_unknowing(ledger::SqliteLedger const& ledger, WallTime since, bool is_another) {
    if (ledger.begun() <= since) return;
    if (ledger.is_second())
        throw_without_ledger("it has replaced an earlier one, and may not know what was spent "
                             "before; 'darkroom ledger repair DIR…' enters what run directories "
                             "have spent");
    if (is_another)
        throw_without_ledger("it is not the one that this directory has used, and is newer "
                             "than the day or the month");
}

/// Opens that of this machine.
RunLedger open_own_ledger(Clock& clock, RunRequest const& request, std::string const& journal) {
    RunLedger out;
    auto const& file = request.job.file;
    bool const is_needed = needs_ledger(file) && !request.settle_only;
    if (!is_asked_for(request)) {
        if (is_needed) throw_without_ledger("--ledger none, or 'ledger: none', switches it off");
        return out;
    }
    if (file.is_local()) return out; // the built-in service is this run's alone
    auto const found = ledger::find_ledger(environment);
    auto const none = [&](std::string const& why) {
        if (is_needed) throw_without_ledger(why);
        out.notes.push_back(fmt::format("no ledger: {}; this run does not see others", why));
        return std::move(out);
    };
    if (found.path.empty()) return none(found.why_not);
    ledger::LedgerOptions options;
    options.path = found.path;
    auto const name_here = run_name_of(journal);
    options.run = name_here.run;
    options.origin = name_here.origin;
    options.total = file.service.timeouts.total;
    if (is_needed) options.broken = ledger::Broken::is_an_error;
    options.is_durable = is_needed;
    auto opened = ledger::SqliteLedger::open(clock, std::move(options));
    if (opened.has_error()) return none(opened.error().message());
    auto& own = **opened;
    auto const& name = own.name_of_file();
    bool const is_another = knows_another(journal, name);
    if (is_another && was_here(journal, found.path)) or_quit(own.note_second());
    if (is_needed) refuse_unknowing(own, first_time(caps_of(file)(clock.wall())), is_another);
    note_own_ledger(journal, found.path, name);
    if (own.has_replaced() && !own.was_rebuilt())
        out.notes.push_back(fmt::format("the ledger was removed or replaced: {} does not know all "
                                        "that was spent before",
                                        found.path));
    if (own.was_rebuilt())
        out.notes.push_back(fmt::format("the ledger was broken: {} is a new one, and the old one "
                                        "has '.broken' behind its name",
                                        found.path));
    out.ledger = std::move(*opened);
    return out;
}

} // namespace

void note_own_ledger(std::string const& journal, std::string const& path, std::string const& name) {
    note_text(journal, place_key, path);
    note_text(journal, ledger_key, name);
}

RunLedger open_ledger(boost::asio::io_context& context, Clock& clock, RunRequest const& request,
                      std::string const& journal) {
    if (uses_shared_ledger(request.ledger, request.job.file)) {
        RunLedger out;
        auto shared = open_shared_ledger(context, clock, request, journal);
        out.shared = shared.get();
        out.ledger = std::move(shared);
        return out;
    }
    refuse_without_shared_ledger(journal, request);
    if (!request.campaign.empty())
        throw Quit(ExitCode::usage, "--campaign goes with a ledger of many machines: --ledger "
                                    "postgresql://…");
    return open_own_ledger(clock, request, journal);
}

WallTime day_of(jobs::Zone const& zone, WallTime time) {
    auto const local = zone.local_of(std::chrono::floor<std::chrono::seconds>(time));
    return zone.first_of(std::chrono::floor<std::chrono::days>(local));
}

WallTime month_of(jobs::Zone const& zone, WallTime time) {
    auto const local = zone.local_of(std::chrono::floor<std::chrono::seconds>(time));
    std::chrono::year_month_day const day(std::chrono::floor<std::chrono::days>(local));
    auto const first = day.year() / day.month() / 1;
    return zone.first_of(std::chrono::local_days(first));
}

/// The next day begins within 25 hours, the next month within 31 days.
std::function<std::string(engine::SpendingCap const&, jobs::Micros)>
cap_words_of(jobs::JobFile const& file) {
    using namespace std::chrono_literals;
    if (!needs_ledger(file)) return nullptr;
    return [zone = zone_of(file), currency = file.shown_currency()](engine::SpendingCap const& cap,
                                                                    jobs::Micros spent) {
        auto const next =
            cap.is_month ? month_of(zone, cap.since + 40 * 24h) : day_of(zone, cap.since + 36h);
        auto const shown = std::chrono::floor<std::chrono::seconds>(next);
        return fmt::format("{} of {} a {} for all runs of the account; the next {} begins at {}",
                           report::money_text(spent, currency),
                           report::money_text(cap.most, currency), cap.is_month ? "month" : "day",
                           cap.is_month ? "month" : "day", jobs::text_of_start(zone, shown));
    };
}

boost::asio::awaitable<void> end_ledger(RunLedger const& ledger, Clock& clock,
                                        engine::RunResult& result) {
    constexpr auto last_words = std::chrono::seconds(10);
    if (ledger.shared == nullptr) co_return;
    bool const is_heard = co_await ledger.shared->end(clock.now() + last_words);
    bool const has_ended =
        result.end == engine::RunEnd::all_done || // and a later run says the same
        result.end == engine::RunEnd::some_failed;
    if (is_heard || !has_ended) co_return;
    auto failure = ledger.shared->failure();
    if (!failure.code) failure = Error(postgres::Errc::unreachable, "");
    if (failure.code != make_error_code(postgres::Errc::unreachable)) co_return;
    result.end = engine::RunEnd::ledger_away;
    result.error = std::move(failure);
}

void note_ledger(RunLedger const& ledger, std::string const& journal) {
    if (ledger.shared == nullptr) return;
    ledger.shared->warn_by(nullptr);
    note_shared_ledger(*ledger.shared, journal);
}

void set_ledger_words(engine::EngineOptions& options, RunLedger const& ledger,
                      std::function<void(report::Worded)> const& say) {
    if (ledger.shared != nullptr)
        ledger.shared->warn_by([say](std::string const& why) {
            say({"the ledger is away, and nothing is sent meanwhile: " + why, report::Ink::bad,
                 true});
        });
    options.on_ledger_lost = [say](std::string const& why) {
        say({"warning: this run goes on without the ledger: " + why, report::Ink::bad, true});
    };
    options.on_places_taken = [say](std::string const& account, std::string const& who) {
        auto const of = account.empty() ? std::string("the account") : "'" + account + "'";
        auto const whose = who.empty() ? std::string("other runs have them") : who;
        say({fmt::format("waiting: all places of {} are taken; {}", of, whose), report::Ink::busy,
             true});
    };
}

void refuse_task_of_other_directory(std::string const& journal, std::string const& identity,
                                    std::string const& task) {
    if (identity.empty() || !or_quit(store::read_meta(journal, ledger_key))) return;
    auto const found = ledger::find_ledger(environment);
    struct stat file {};
    if (found.path.empty() || ::stat(found.path.c_str(), &file) != 0) {
        auto const why =
            found.path.empty() ? found.why_not : store::file_error("open", found.path).message();
        complain("warning: the ledger does not say whose the task is: " + why);
        return;
    }
    auto const is_other =
        ledger::is_task_of_other(found.path, run_name_of(journal), identity, task);
    if (is_other.has_error())
        complain("warning: the ledger does not say whose the task is: " +
                 is_other.error().message());
    else if (*is_other)
        throw Quit(ExitCode::usage,
                   fmt::format("task {} belongs to a step of another run directory", task));
}

std::function<std::vector<engine::SpendingCap>(WallTime)> caps_of(jobs::JobFile const& file) {
    if (!needs_ledger(file)) return nullptr;
    return [zone = zone_of(file), budget = file.budget](WallTime now) {
        std::vector<engine::SpendingCap> caps;
        if (budget.per_day) caps.push_back({day_of(zone, now), *budget.per_day, false});
        if (budget.per_month) caps.push_back({month_of(zone, now), *budget.per_month, true});
        return caps;
    };
}

} // namespace darkroom::cli
