// How events are put into words: money, advice, a plain line, a JSON line. Pure.
#pragma once

#include "runner/engine/ports.hpp"
#include "runner/report/terminal_text.hpp"

#include <string>
#include <string_view>

namespace darkroom::report {

/// "15.60", "0.078": two decimals, more only where they say something. No currency.
std::string format_money(jobs::Micros amount);
/// The amount as a JSON number, exact in its six decimals.
json::Value money_value(jobs::Micros amount);

/// What the user can do about a failed step; never empty.
std::string_view advice(engine::Problem const& problem);
/// "rejected, bad_request: the prompt is empty [trace 01J…]", printable.
std::string describe(engine::Problem const& problem);

/// An event as one line without its time: "cars/12  saved  images/… 1024x1024 1.4 MB". Printable.
/// A failure for good is in Ink::bad, with what to do about it.
struct Worded {
    std::string text;
    Ink colour = Ink::plain;
    bool is_error = false;
};
Worded word(engine::Event const& event, engine::StepState const& state);
/// The same for a wait; `name` is step_name() of the step.
Worded word(engine::Waiting const& waiting, std::string const& name);

/// The same for an account that pays for nothing more.
Worded word(engine::ParkedAccount const& parked);
/// "account 'a'", "the account without a name"
std::string account_name(std::string const& name);

/// An event as the object of a `--progress json` line. docs/cli.md, "Progress as JSON".
json::Value to_line(engine::Event const& event, engine::StepState const& state);
json::Value to_line(engine::Waiting const& waiting, WallTime at);
json::Value to_line(engine::ParkedAccount const& parked, WallTime at);

} // namespace darkroom::report
