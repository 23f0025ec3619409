#include "runner/cli/ledger_view.hpp"

#include "jobs/read/ledger.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/ledger_call.hpp"
#include "runner/cli/run_storage.hpp"
#include "runner/cli/shared_ledger.hpp"
#include "runner/report/words.hpp"
#include "runner/store/digest_table.hpp"
#include "runner/store/journal_meta.hpp"
#include "runner/store/journal_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace darkroom::cli {

namespace {

struct Present {};
using DoneKeys = store::DigestTable<Present>;

DoneKeys done_keys(std::string const& journal) {
    auto reader = or_quit(store::JournalReader::open(journal));
    DoneKeys keys;
    or_quit(reader.for_each_finished_key([&keys](Digest const& step) { keys.add(step, {}); }));
    return keys;
}

/// Counts for each shard of a campaign what none of the directories has.
std::vector<MissingSteps> missing_of(std::string const& campaign,
                                     std::vector<DoneKeys> const& directories,
                                     std::string const& url) {
    std::map<std::int64_t, MissingSteps> missing;
    auto const take = [&](std::int64_t shard, postgres::LedgerStep const& step) {
        bool const is_here =
            std::any_of(directories.begin(), directories.end(),
                        [&step](DoneKeys const& keys) { return keys.find(step.step) != nullptr; });
        if (is_here) return;
        auto& lacks = missing[shard];
        (step.is_paid ? lacks.paid : lacks.open) += 1;
        lacks.cost += step.is_paid ? step.cost : 0;
    };
    boost::asio::io_context context{1};
    SteadyClock clock;
    auto const shards = made(
        context, postgres::read_steps(context.get_executor(), clock, line_to(url), campaign, take));
    if (shards == 0)
        throw Quit(ExitCode::no_input, fmt::format("the ledger has no campaign '{}'", campaign));
    std::vector<MissingSteps> all;
    for (auto& [shard, lacks] : missing) {
        lacks.campaign = campaign;
        lacks.shard = shard;
        lacks.shards = shards;
        all.push_back(std::move(lacks));
    }
    return all;
}

void refuse_other_ledger(std::vector<std::string> const& directories, std::string const& url) {
    boost::asio::io_context context{1};
    SteadyClock clock;
    auto const name =
        made(context, postgres::read_name(context.get_executor(), clock, line_to(url)));
    for (auto const& directory : directories) {
        auto const used = shared_ledger_in(journal_of(directory));
        if (used && *used != name)
            throw Quit(ExitCode::contradiction, directory + " has used another ledger");
    }
}

} // namespace

std::string text_of(MissingSteps const& lacks) {
    auto const shard =
        lacks.shards == 1 ? "" : fmt::format("shard {}/{} of ", lacks.shard, lacks.shards);
    return fmt::format("The ledger has steps of {}campaign {} that are done in none of these "
                       "directories: {} paid ({}), {} open",
                       shard, lacks.campaign, lacks.paid, report::money_text(lacks.cost, ""),
                       lacks.open);
}

LedgerView view_of_ledger(std::vector<std::string> const& directories, std::string const& url) {
    if (!jobs::is_database(url))
        throw Quit(ExitCode::usage, "--ledger needs the URL of a database, as in "
                                    "postgresql://db.example.org/darkroom");
    refuse_password(url);
    refuse_other_ledger(directories, url);
    LedgerView view;
    std::vector<DoneKeys> keys;
    for (auto const& directory : directories) {
        auto const journal = journal_of(directory);
        keys.push_back(done_keys(journal));
        auto const campaign = campaign_in(journal);
        bool const is_new = campaign && std::find(view.campaigns.begin(), view.campaigns.end(),
                                                  *campaign) == view.campaigns.end();
        if (is_new) view.campaigns.push_back(*campaign);
    }
    if (view.campaigns.empty())
        throw Quit(ExitCode::no_input, "none of these directories has a campaign in a ledger of "
                                       "many machines; name those that a merge was made of");
    for (auto const& campaign : view.campaigns) {
        auto missing = missing_of(campaign, keys, url);
        view.missing.insert(view.missing.end(), missing.begin(), missing.end());
    }
    return view;
}

std::string text_of(LedgerView const& view) {
    std::string text;
    for (auto const& lacks : view.missing) text += text_of(lacks) + '\n';
    if (text.empty())
        text = "The ledger has no step of the campaign that is not done in these directories.\n";
    return text;
}

json::Value to_json(LedgerView const& view) {
    json::Array campaigns;
    for (auto const& campaign : view.campaigns) campaigns.emplace_back(campaign);
    json::Array missing;
    for (auto const& lacks : view.missing) {
        json::Value one;
        one.set("campaign", lacks.campaign);
        one.set("shard", lacks.shard);
        one.set("shards", lacks.shards);
        one.set("paid", lacks.paid);
        one.set("cost", report::money_value(lacks.cost));
        one.set("open", lacks.open);
        missing.emplace_back(std::move(one));
    }
    json::Value value;
    value.set("campaigns", std::move(campaigns));
    value.set("missing", std::move(missing));
    return value;
}

void keep_shared_ledger(std::vector<std::string> const& journals, std::string const& target) {
    std::set<std::string> ledgers;
    std::set<std::string> campaigns;
    for (auto const& journal : journals) {
        if (auto const name = shared_ledger_in(journal)) ledgers.insert(*name);
        if (auto const campaign = campaign_in(journal)) campaigns.insert(*campaign);
    }
    if (ledgers.empty()) return;
    write_shared_ledger(target, *ledgers.begin(),
                        campaigns.size() == 1 ? *campaigns.begin() : std::string());
}

} // namespace darkroom::cli
