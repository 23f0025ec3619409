// `darkroom status DIR`
#include "runner/base/text.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/pick_file.hpp"
#include "runner/cli/pick_walk.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/report/board.hpp"
#include "runner/report/words.hpp"
#include "runner/store/journal_meta.hpp"
#include "runner/store/journal_reader.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace darkroom::cli {

namespace {

constexpr auto about =
    R"(Prints the state of a run directory: counts, cost, what failed or is unknown.
Works during a run, too. Sends nothing.

Examples:
  darkroom status out/cars
  darkroom status out/cars --json
)";

struct Options {
    std::string directory;
    bool json = false;
};

/// More failures than this are counted, not listed.
constexpr std::size_t listed_max = 50;

struct Listed {
    std::string name;
    std::string state; ///< "failed", "unknown", "image missing"
    engine::Problem problem;
};

struct Status {
    store::StepCounts counts;
    engine::Totals totals;
    std::map<std::string, engine::Totals> accounts; ///< What each has paid for.
    std::int64_t images = 0;
    std::uint64_t unknown = 0;
    std::uint64_t waiting = 0;    ///< Picks that nobody has made.
    std::vector<Listed> troubles; ///< At most listed_max.

    /// Whether there is more to say of accounts than that there was one.
    bool has_names() const {
        return accounts.size() > 1 || (accounts.size() == 1 && !accounts.begin()->first.empty());
    }
    std::int64_t of(engine::Phase phase) const { return counts.of(phase); }
};

/// The job file is read again only if it may have picks, and is not judged here.
std::uint64_t waiting_in(std::string const& directory, std::string const& journal) {
    auto const snapshot = store::recall(journal, saved_job_key);
    if (snapshot.has_error() || !*snapshot) return 0;
    bool const may_pick = (*snapshot)->find("pick") != std::string::npos ||
                          (*snapshot)->find("include") != std::string::npos;
    if (!may_pick) return 0;
    try {
        return count_waiting(job_from_snapshot(**snapshot, Verbosity::nothing), directory,
                             load_picks(directory));
    } catch (Quit const&) {
        return 0; // the file is no longer right: 'darkroom pick' and 'run' say what is wrong
    }
}

Status status_of(std::string const& directory) {
    auto const path = journal_of(directory);
    auto journal = or_quit(store::JournalReader::open(path));
    Status status;
    status.waiting = waiting_in(directory, path);
    status.counts = or_quit(journal.counts());
    status.totals = or_quit(journal.totals());
    status.accounts = or_quit(journal.paid_by_account());
    status.images = or_quit(journal.count_images());
    auto const list = [&status](engine::StepState const& state, std::string_view what) {
        if (status.troubles.size() < listed_max)
            status.troubles.push_back(
                {report::step_name(state.info), std::string(what), state.problem});
    };
    or_quit(
        journal.for_each_given_up([&](Digest const&, store::StepRecord const& record) -> Result<> {
            bool const paid = record.state.phase == engine::Phase::finished;
            list(record.state, paid ? "image missing" : "failed");
            return {};
        }));
    or_quit(
        journal.for_each_unsettled([&](Digest const&, store::StepRecord const& record) -> Result<> {
            if (record.state.phase != engine::Phase::open) return {};
            ++status.unknown;
            list(record.state, "unknown");
            return {};
        }));
    return status;
}

json::Value to_json(Status const& status, std::string const& directory) {
    using engine::Phase;
    json::Value steps;
    steps.set("done", status.of(Phase::finished));
    steps.set("failed", status.of(Phase::failed));
    steps.set("skipped", status.of(Phase::skipped));
    steps.set("unknown", status.unknown);
    steps.set("pending", status.of(Phase::wanted));
    json::Array troubles;
    for (auto const& trouble : status.troubles) {
        json::Value value;
        value.set("step", trouble.name);
        value.set("state", trouble.state);
        value.set("class", name_of(trouble.problem.verdict));
        value.set("code", trouble.problem.code);
        value.set("message", trouble.problem.message);
        value.set("trace_id", trouble.problem.trace_id);
        troubles.push_back(std::move(value));
    }
    json::Value out;
    out.set("directory", directory);
    out.set("steps", std::move(steps));
    out.set("waiting", status.waiting);
    out.set("images", status.images);
    out.set("paid", status.totals.paid);
    out.set("cost", report::money_value(status.totals.cost));
    out.set("troubles", std::move(troubles));
    if (!status.has_names()) return out;
    json::Array accounts;
    for (auto const& [name, totals] : status.accounts) {
        json::Value value;
        value.set("name", name.empty() ? json::Value() : json::Value(name));
        value.set("paid", totals.paid);
        value.set("cost", report::money_value(totals.cost));
        accounts.push_back(std::move(value));
    }
    out.set("accounts", std::move(accounts));
    return out;
}

void print_status(Status const& status, std::string const& directory) {
    using engine::Phase;
    auto counts = fmt::format("{}: {} steps done", directory, status.of(Phase::finished));
    auto const add = [&counts](std::int64_t count, std::string_view what) {
        if (count > 0) counts += fmt::format(", {} {}", count, what);
    };
    add(status.of(Phase::failed), "failed");
    add(status.of(Phase::skipped), "skipped");
    add(static_cast<std::int64_t>(status.unknown), "open or unknown");
    add(status.of(Phase::wanted), "to be tried again");
    print_line(counts);
    print_line(fmt::format("{} images; {} generations paid, {}", status.images, status.totals.paid,
                           report::format_money(status.totals.cost)));
    for (auto const& [name, totals] : status.accounts) {
        if (status.has_names())
            print_line(report::printable(fmt::format("  {}: {} generations paid, {}",
                                                     report::account_name(name), totals.paid,
                                                     report::format_money(totals.cost))));
    }
    if (status.waiting > 0)
        print_line(fmt::format("{} waiting for picks: 'darkroom pick {}' shows what",
                               status.waiting == 1 ? "1 branch"
                                                   : fmt::format("{} branches", status.waiting),
                               directory));
    for (auto const& trouble : status.troubles)
        print_line(report::printable(fmt::format("  {}  {}  {}", trouble.name, trouble.state,
                                                 report::describe(trouble.problem))));
    auto const all = static_cast<std::uint64_t>(status.counts.gave_up) + status.unknown;
    if (all > status.troubles.size())
        print_line(fmt::format("  and {} more", all - status.troubles.size()));
    if (status.of(Phase::failed) > 0)
        print_line(fmt::format("'darkroom retry {}' tries the failed ones again.", directory));
}

} // namespace

void add_status(CLI::App& app, CommandLine& command_line) {
    auto* command = app.add_subcommand("status", about);
    auto const options = std::make_shared<Options>();
    command->add_option("DIR", options->directory, "a run directory")->required();
    command->add_flag("--json", options->json, "print one JSON object");
    command->callback([&command_line, options] {
        command_line.action = [options] {
            auto const status = status_of(options->directory);
            if (options->json) print_line(json::write(to_json(status, options->directory)));
            if (!options->json) print_status(status, options->directory);
            return ExitCode::ok;
        };
    });
}

} // namespace darkroom::cli
