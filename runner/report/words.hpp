// The texts of events: money, advice, a plain line, a JSON line. Pure.
#pragma once

#include "runner/engine/ports.hpp"
#include "runner/report/terminal_text.hpp"

#include <string>
#include <string_view>

namespace darkroom::report {

/// Returns "15.60", "0.078": two decimals, more only where they are not zero. No currency.
std::string format_money(jobs::Micros amount);
/// Returns "1.56 USD"; without a currency the number alone.
std::string money_text(jobs::Micros amount, std::string const& currency);
/// Returns the amount as a JSON number, exact to six decimals.
json::Value money_value(jobs::Micros amount);

/// Returns the text as JSON; null for "", which stands for nothing known.
json::Value text_or_null(std::string const& text);

/// The code of a problem whose answer came from another server than the service. Given by the
/// provider.
constexpr std::string_view not_the_service = "not_the_service";

/// Returns "40 generations and 1.56 USD"; "" without a limit.
std::string budget_words(jobs::Budget const& budget, std::string const& currency);

/// Returns "1 step", "2 steps".
std::string counted(std::uint64_t number, std::string_view noun);

/// Returns advice on failed steps, of which the service refused `rejected` for their content: they
/// would be refused again. "" when nothing has failed.
std::string advice_on_failures(std::uint64_t failed, std::uint64_t rejected,
                               std::string const& directory);
/// Returns advice about a failed step; never empty.
std::string_view advice(engine::Problem const& problem);
/// Returns "rejected, bad_request: the prompt is empty [trace 01J…]", printable.
std::string describe(engine::Problem const& problem);

/// An event as one line without its time: "cars/12  saved  images/… 1024x1024 1.4 MB". Printable.
/// A final failure is in Ink::bad and comes with advice.
struct Worded {
    std::string text;
    Ink colour = Ink::plain;
    bool is_error = false;
};
Worded word(engine::Event const& event, engine::StepState const& state);
/// Returns the length of a wait: "0.3s", "12s", "1m 05s".
std::string wait_text(Duration time);
/// Returns the line of a wait; `name` is step_name() of the step.
Worded word(engine::Waiting const& waiting, std::string const& name);

/// Returns the line of an account that is no longer used.
Worded word(engine::ParkedAccount const& parked);
/// Returns "account 'a'", or "the account without a name".
std::string account_name(std::string const& name);

/// Returns an event as the object of a `--progress json` line. docs/cli.md, "Progress as JSON".
json::Value to_line(engine::Event const& event, engine::StepState const& state);
json::Value to_line(engine::Waiting const& waiting, WallTime at);
json::Value to_line(engine::ParkedAccount const& parked, WallTime at);

} // namespace darkroom::report
