#include "runner/cli/ledger_repair.hpp"

#include "runner/cli/console.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/cli/ledger_call.hpp"
#include "runner/cli/run_ledger.hpp"
#include "runner/cli/run_name.hpp"
#include "runner/cli/run_storage.hpp"
#include "runner/cli/shared_ledger.hpp"
#include "runner/engine/directory_facts.hpp"
#include "runner/ledger/ledger_file.hpp"
#include "runner/ledger/sqlite_ledger.hpp"
#include "runner/store/file.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <exception>
#include <map>
#include <memory>

namespace darkroom::cli {

namespace asio = boost::asio;

namespace {

constexpr std::size_t recent_tasks = 1000;

/// Returns the identities of a run directory's accounts by their names, as its last tasks have
/// them.
std::map<std::string, std::string> identities_of(std::vector<engine::KnownTask> const& tasks) {
    std::map<std::string, std::string> identities;
    for (auto const& task : tasks) identities.try_emplace(task.account, task.identity);
    return identities;
}

/// Enters all that a run directory knows, and gives its shard back.
asio::awaitable<Result<>> restore(postgres::PostgresLedger& ledger, engine::DirectoryFacts facts,
                                  std::int64_t grants, Clock& clock) {
    constexpr auto patience = std::chrono::seconds(10);
    auto const named = co_await ledger.enter(std::move(facts));
    if (!named) co_return ledger.failure();
    auto const restored = co_await ledger.restore(grants);
    CO_TRY(restored);
    bool const is_heard = co_await ledger.end(clock.now() + patience);
    if (!is_heard) co_return Error(postgres::Errc::unreachable, "");
    co_return Result<>();
}

/// A locked run directory with its journal.
class EnteredDirectory {
public:
    explicit EnteredDirectory(std::string const& path)
        : folder_(or_quit(store::RunFolder::open(path))),
          journal_(or_quit(
              store::SqliteJournal::open(context_.get_executor(), sound_journal(folder_)))) {}

    /// Returns the ledger that has all of it now. Throws Quit.
    std::unique_ptr<ledger::SqliteLedger> enter(Clock& clock, std::string const& path) {
        auto const name = run_name_of(folder_.journal());
        ledger::LedgerOptions options;
        options.path = path;
        options.run = name.run;
        options.origin = name.origin;
        options.is_durable = true;
        auto ledger = or_quit(ledger::SqliteLedger::open(clock, std::move(options)));
        run(ledger->enter(facts()));
        if (ledger->failure().code)
            throw Quit(ExitCode::disk, "the ledger: " + ledger->failure().message());
        note_own_ledger(folder_.journal(), path, ledger->name_of_file());
        return ledger;
    }

    /// Returns how many payments name an account that the last tasks do not, or are of version 0.1.
    std::uint64_t left_out() const { return left_out_; }

    /// Enters it in the ledger of many machines. Throws Quit, also where it has no place there.
    void enter_in(Clock& clock, std::string const& url) {
        auto const place = shard_place_in(folder_.journal());
        if (!place)
            throw Quit(ExitCode::no_input,
                       folder_.path() + " is no shard in a ledger of many machines: name those "
                                        "that a merge was made of");
        postgres::PostgresLedger ledger(context_.get_executor(), clock,
                                        shared_ledger_options(url, *place, folder_.journal()));
        begin_shared_ledger(context_, ledger);
        made(context_, restore(ledger, facts(), place->grants, clock));
        write_shared_ledger(folder_.journal(), ledger.name_of_ledger(), place->campaign);
    }

private:
    engine::DirectoryFacts facts() {
        auto recent = journal_->recent_tasks(recent_tasks);
        auto const identity_of = [known = identities_of(recent)](std::string const& account) {
            auto const found = known.find(account);
            return found == known.end() ? std::string() : found->second;
        };
        auto facts = engine::facts_of(*journal_, identity_of);
        facts.recent = std::move(recent);
        facts.fate_of = [fate_of = facts.fate_of](Digest const& step, WallTime granted_at,
                                                  std::uint64_t nonce) {
            auto const fate = fate_of(step, granted_at, nonce);
            return fate == engine::Fate::not_known ? engine::Fate::not_asked : fate;
        };
        facts.payer_of = [this, payer_of = facts.payer_of](engine::Payment const& payment) {
            auto payer = payer_of(payment);
            left_out_ += payer.empty() ? 1 : 0;
            return payer;
        };
        return facts;
    }

    static std::string sound_journal(store::RunFolder const& folder) {
        check_run_directory(folder.path());
        return folder.journal();
    }

    void run(asio::awaitable<std::optional<std::vector<engine::NamedStep>>> entering) {
        std::exception_ptr defect;
        auto on_end = [&defect](std::exception_ptr why, auto const&) { defect = why; };
        asio::co_spawn(context_, std::move(entering), on_end);
        context_.run();
        if (defect) std::rethrow_exception(defect);
    }

    asio::io_context context_{1};
    store::RunFolder folder_;
    std::unique_ptr<store::SqliteJournal> journal_;
    std::uint64_t left_out_ = 0;
};

void check_journals(std::vector<std::string> const& directories) {
    for (auto const& directory : directories) {
        if (!store::exists(directory + "/journal.db"))
            throw Quit(ExitCode::no_input, directory + " is no run directory: it has no journal");
    }
}

} // namespace

void repair_shared_ledger(std::string const& url, std::vector<std::string> const& directories) {
    check_journals(directories);
    SteadyClock clock;
    for (auto const& directory : directories) {
        EnteredDirectory entered(directory);
        entered.enter_in(clock, url);
        print_line(directory + ": entered");
    }
    print_line("The ledger knows what these directories have sent and paid.");
}

void repair_ledger(std::vector<std::string> const& directories) {
    auto const found = ledger::find_ledger(environment);
    if (found.path.empty()) throw Quit(ExitCode::contradiction, "no ledger: " + found.why_not);
    check_journals(directories);
    SteadyClock clock;
    std::unique_ptr<ledger::SqliteLedger> last;
    bool is_any_left_out = false;
    for (auto const& directory : directories) {
        EnteredDirectory entered(directory);
        last = entered.enter(clock, found.path);
        auto const left_out = entered.left_out();
        is_any_left_out = is_any_left_out || left_out > 0;
        print_line(left_out == 0 ? directory + ": entered"
                                 : fmt::format("{}: entered, but {} payments of accounts that it "
                                               "does not name",
                                               directory, left_out));
    }
    if (is_any_left_out)
        throw Quit(ExitCode::contradiction,
                   "limits of the day and the month do not hold yet: run the jobs of these "
                   "directories with all their accounts once, then repair again");
    or_quit(last->note_whole());
    print_line("The ledger knows what these directories have spent. Limits of the day and the "
               "month hold again.");
}

} // namespace darkroom::cli
