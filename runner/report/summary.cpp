#include "runner/report/summary.hpp"

#include "runner/base/text.hpp"
#include "runner/base/time_text.hpp"

#include <fmt/format.h>

#include <cmath>

namespace darkroom::report {

namespace {

using engine::RunEnd;

std::string branches(std::uint64_t count) {
    return count == 1 ? "1 branch" : fmt::format("{} branches", count);
}

bool has_several(Closing const& closing) { return closing.result.accounts.size() > 1; }

/// Returns whether each account has spent its own limit: nobody's balance is empty then.
bool are_all_capped(Closing const& closing) {
    auto const& accounts = closing.result.accounts;
    return !accounts.empty() && std::all_of(accounts.begin(), accounts.end(), [](auto const& one) {
        return one.parked && one.parked->code == engine::code_cost_cap;
    });
}

/// Returns whether the run stopped because another server answers at the URL.
bool is_not_the_service(Closing const& closing) {
    return closing.result.end == RunEnd::too_many_failures && closing.last_failure &&
           closing.last_failure->code == not_the_service;
}

std::string failures_in_a_row(Closing const& closing, std::string const& why) {
    if (!is_not_the_service(closing)) return "Stopped: too many failures in a row" + why;
    return fmt::format("Stopped: this is not the service at {}{}", closing.url, why);
}

/// Returns the reason of the end, as a sentence.
std::string reason(Closing const& closing) {
    auto const& error = closing.result.error;
    auto const why = error.message().empty() ? std::string() : ": " + error.message();
    switch (closing.result.end) {
    case RunEnd::all_done:
        if (closing.settles) return "Settled: nothing is unknown, and nothing was bought";
        return closing.result.tally.waiting == 0
                   ? "Done"
                   : fmt::format("Waiting for picks: {}", branches(closing.result.tally.waiting));
    case RunEnd::some_failed:
        return closing.settles ? "Settled as far as possible; nothing was bought"
                               : "Finished, but not everything worked";
    case RunEnd::budget_spent:
        if (!why.empty()) return "Stopped: the budget is spent" + why;
        return closing.share.empty()
                   ? "Stopped: the budget is spent"
                   : fmt::format("Stopped: this shard's part of the budget ({}) is spent",
                                 closing.share);
    case RunEnd::account_empty:
        if (are_all_capped(closing)) return "Stopped: no account may spend more" + why;
        return (has_several(closing) ? "Stopped: no account is left, the last is out of balance"
                                     : "Stopped: the account is out of balance") +
               why;
    case RunEnd::too_many_failures: return failures_in_a_row(closing, why);
    case RunEnd::account_refused:
        return (has_several(closing) ? "Stopped: no account is left, the last is refused"
                                     : "Stopped: the token is refused") +
               why;
    case RunEnd::interrupted: return "Interrupted";
    case RunEnd::disk_failed: return "Stopped: the run directory cannot be written" + why;
    case RunEnd::input_failed: return "Stopped: the input cannot be read on" + why;
    case RunEnd::ledger_failed:
    case RunEnd::ledger_away: return "Stopped: the ledger cannot be used" + why;
    case RunEnd::shard_taken: return "Stopped: another process goes on with this shard" + why;
    case RunEnd::wrong_http: return "Stopped" + why;
    case RunEnd::no_room:
        return "Stopped: the disk has no room for what would be bought next" + why;
    }
    return "Ended";
}

/// Returns advice after a run whose steps failed, are unknown or were left.
std::string next_after_failures(Closing const& closing) {
    auto const& tally = closing.result.tally;
    bool const is_rest = tally.unknown + closing.by_state().pending > 0;
    if (closing.settles && is_rest && !closing.advice_on_rest.empty())
        return closing.advice_on_rest;
    if (closing.settles && closing.by_state().failed == 0)
        return "Run the job file without --settle to go on with the rest.";
    if (tally.unknown > 0)
        return "Run the same command again: what is unknown is looked up, not bought again.";
    if (tally.stranded > 0)
        return "See to the accounts that are parked or missing, then run the same command "
               "again: what waits for them goes on.";
    auto const is = closing.by_state();
    if (is.failed == 0 && is.pending > 0)
        return "Run the same command again: it tries the steps that are left, with all attempts.";
    auto const advice = advice_on_failures(is.failed, closing.rejected, closing.directory);
    if (is.pending == 0 || tally.left == 0) return advice;
    return advice + fmt::format(" The same command again tries {} left.",
                                is.pending == 1 ? "the step that is" : "the steps that are");
}

/// Returns advice after a run that too many failures in a row have ended.
std::string next_after_stop(Closing const& closing) {
    if (is_not_the_service(closing))
        return "Check service.url or --service, its path too, and whether a proxy or a sign-in "
               "page answers in its place; then run the same command again. Nothing is unknown "
               "for its sake, and nothing was paid.";
    if (closing.by_state().failed > 0)
        return advice_on_failures(closing.by_state().failed, closing.rejected, closing.directory);
    return "See to the cause, then run the same command again: nothing that is unknown is bought "
           "again before it is looked up.";
}

/// Returns advice for the next step, "" when there is none.
std::string next_step(Closing const& closing) {
    auto const again = "Run the same command again to go on; nothing is paid twice.";
    switch (closing.result.end) {
    case RunEnd::all_done: return "";
    case RunEnd::some_failed: return next_after_failures(closing);
    case RunEnd::budget_spent:
        if (!closing.result.error.message().empty())
            return "Run the same command again when there is money again; nothing is paid twice.";
        return std::string("Raise `budget` to go on. ") + again;
    case RunEnd::account_empty:
        return (are_all_capped(closing) ? std::string("Raise `cost_cap` to go on. ")
                                        : std::string("Top up the account. ")) +
               again;
    case RunEnd::too_many_failures: return next_after_stop(closing);
    case RunEnd::account_refused:
        return (has_several(closing) ? "Check the tokens in service.accounts. "
                                     : std::string("Check service.token or --token-file. ")) +
               again;
    case RunEnd::interrupted: return again;
    case RunEnd::disk_failed: return std::string("Free some space or fix its rights. ") + again;
    case RunEnd::input_failed: return std::string("Mend the input. ") + again;
    case RunEnd::ledger_failed: return std::string("Nothing is bought without it. ") + again;
    case RunEnd::ledger_away:
        return std::string("Nothing is sent without it; what was open is saved. ") + again;
    case RunEnd::shard_taken: return "See 'darkroom ledger status'; nothing is paid twice.";
    case RunEnd::wrong_http:
        return "Set service.http to auto or 1.1, or let the server there speak HTTP/2; then run "
               "the same command again.";
    case RunEnd::no_room: return std::string("Free some space. ") + again;
    }
    return again;
}

Ink colour_of(Closing const& closing) {
    auto const end = closing.result.end;
    bool const waits = closing.result.tally.waiting > 0;
    if (end == RunEnd::all_done) return waits ? Ink::busy : Ink::good;
    return end == RunEnd::interrupted || end == RunEnd::budget_spent ? Ink::busy : Ink::bad;
}

/// Returns "3 of 6 steps done, 1 failed, 2 skipped".
std::string steps_of(Closing const& closing) {
    auto const& tally = closing.result.tally;
    auto const is = closing.by_state();
    auto text = steps_text(is);
    bool const is_done = closing.result.end == RunEnd::all_done; // what is left waits for picks
    if (tally.waiting > 0 && !is_done)
        text += fmt::format(", {} waiting for picks", branches(tally.waiting));
    if (is.pending > 0 && !(is_done && tally.waiting > 0))
        text += fmt::format(", {} left for the next run", is.pending);
    if (tally.stranded > 0)
        text += fmt::format(", {} of them for want of their account", tally.stranded);
    return text;
}

/// Returns what the counts of this run leave out.
std::string outside_text(std::uint64_t failed, std::string const& directory) {
    bool const is_one = failed == 1;
    return fmt::format("{} of the job file {} outside of this part; {}/failed.jsonl has {}, too.",
                       counted(failed, "failed step"), is_one ? "is" : "are", directory,
                       is_one ? "it" : "them");
}

/// Returns "Account 'a': 12 generations paid (0.31 USD); parked: refused, invalid_token (401): …"
std::string account_line(engine::AccountTally const& account, std::string const& currency) {
    auto name = account_name(account.name);
    name.front() = account.name.empty() ? 'T' : 'A';
    auto const text = fmt::format("{}: {} paid ({} {})", name,
                                  counted(static_cast<std::uint64_t>(account.paid), "generation"),
                                  format_money(account.cost), currency);
    return account.parked ? text + "; parked: " + describe(*account.parked) : text;
}

json::Value to_json(engine::AccountTally const& account) {
    json::Value value;
    value.set("name", account.name.empty() ? json::Value() : json::Value(account.name));
    value.set("paid", account.paid);
    value.set("cost", money_value(account.cost));
    value.set("parked", account.parked ? json::Value(describe(*account.parked)) : json::Value());
    return value;
}

} // namespace

StepsByState Closing::by_state() const {
    if (counts) return counts->by_state();
    auto const& tally = result.tally;
    auto const ended = tally.done + tally.failed + tally.skipped + tally.unknown;
    return {steps,         tally.done,    tally.failed,
            tally.skipped, tally.unknown, steps > ended ? steps - ended : 0};
}

json::Value to_json(Closing const& closing) {
    auto const& tally = closing.result.tally;
    json::Value out;
    out.set("name", closing.name);
    out.set("directory", closing.directory);
    out.set("items", tally.items);
    out.set("steps", to_json(closing.by_state()));
    out.set("waiting", tally.waiting);
    out.set("images", tally.images);
    out.set("bytes", tally.bytes);
    out.set("paid", tally.paid);
    out.set("cost", money_value(tally.cost));
    out.set("retries", tally.retries);
    out.set("seconds", std::round(closing.seconds * 1000) / 1000);
    out.set("exit", closing.exit);
    out.set("unknown_steps", to_json(closing.unknown));
    out.set("charged_again", to_json(closing.charges));
    if (!has_several(closing)) return out;
    json::Array accounts;
    for (auto const& account : closing.result.accounts) accounts.push_back(to_json(account));
    out.set("accounts", std::move(accounts));
    out.set("stranded", tally.stranded);
    return out;
}

std::vector<Worded> closing_words(Closing const& closing) {
    auto const& tally = closing.result.tally;
    auto const end = closing.result.end;
    std::vector<Worded> lines;
    auto const add = [&lines](Ink colour, std::string const& text, bool is_error = false) {
        lines.push_back({printable(text), colour, is_error});
    };
    add(colour_of(closing), fmt::format("{}. {}.", reason(closing), steps_of(closing)),
        end != RunEnd::all_done);
    auto const span =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(closing.seconds));
    add(Ink::plain,
        fmt::format("This run: {} paid ({} {}), {} ({}), {}, in {}.",
                    counted(static_cast<std::uint64_t>(tally.paid), "generation"),
                    format_money(tally.cost), closing.currency, counted(tally.images, "image"),
                    format_bytes(tally.bytes),
                    tally.retries == 1 ? "1 retry" : fmt::format("{} retries", tally.retries),
                    format_span(span)));
    for (auto const& account : closing.result.accounts) {
        if (has_several(closing))
            add(account.parked ? Ink::bad : Ink::plain, account_line(account, closing.currency));
    }
    if (closing.has_lines || tally.images > 0)
        add(Ink::plain, fmt::format("Pictures  {}", closing.pictures));
    if (closing.has_lines)
        add(Ink::plain, fmt::format("Manifest  {}/manifest.jsonl", closing.directory));
    for (auto const& line : unknown_lines(closing.unknown, closing.directory))
        add(Ink::busy, line, true);
    for (auto const& line : charge_lines(closing.charges, closing.currency))
        add(Ink::bad, line, true);
    auto const next = next_step(closing);
    if (!next.empty()) add(Ink::plain, next, true);
    if (closing.outside > 0)
        add(Ink::plain, outside_text(closing.outside, closing.directory), true);
    if (tally.waiting > 0)
        add(Ink::plain,
            fmt::format("'darkroom pick {}' shows what waits; then run the same command again.",
                        closing.directory));
    return lines;
}

} // namespace darkroom::report
