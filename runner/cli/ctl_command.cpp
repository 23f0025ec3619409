// `darkroom ctl DIR ORDER`
#include "runner/cli/commands.hpp"
#include "runner/cli/control_socket.hpp"
#include "runner/report/terminal_text.hpp"

#include <fmt/format.h>

namespace darkroom::cli {

namespace {

constexpr auto about_ctl = R"(Steers a run that is at work.
What is changed holds for this run only; 'darkroom status' shows it.

Orders:
  pause               submits nothing more; open generations go on
  resume              ends the pause
  stop                as Ctrl-C in the run's terminal
  set PATH=VALUE      another limits.rate or limits.concurrency
  cancel STEP         leaves a step, and what is below it, to the next run

Examples:
  darkroom ctl out/cars pause
  darkroom ctl out/cars set limits.rate=30/min
  darkroom ctl out/cars cancel 'night/*'
)";

struct CtlOptions {
    std::string directory;
    std::vector<std::string> words;
};

json::Value order_of(std::vector<std::string> const& words) {
    auto const& name = words.front();
    bool const takes_one = name == "set" || name == "cancel";
    bool const is_known = takes_one || name == "pause" || name == "resume" || name == "stop";
    if (!is_known)
        throw Quit(ExitCode::usage,
                   fmt::format("'{}' is no order: use pause, resume, stop, set or cancel", name));
    if (takes_one && words.size() != 2)
        throw Quit(ExitCode::usage, name == "set" ? "use: set PATH=VALUE" : "use: cancel STEP");
    if (!takes_one && words.size() > 1) throw Quit(ExitCode::usage, name + " takes nothing more");
    json::Value order;
    order.set("order", name);
    if (name == "cancel") order.set("step", words.back());
    if (name != "set") return order;
    auto const equals = words.back().find('=');
    if (equals == std::string::npos)
        throw Quit(ExitCode::usage, "use: set PATH=VALUE, as in set limits.rate=30/min");
    order.set("path", words.back().substr(0, equals));
    order.set("value", words.back().substr(equals + 1));
    return order;
}

ExitCode give(CtlOptions const& options) {
    auto const reply = give_order(options.directory, order_of(options.words));
    if (!reply.is_done) throw Quit(ExitCode::usage, report::printable(reply.text));
    print_line(report::printable(reply.text));
    return ExitCode::ok;
}

} // namespace

void add_ctl(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("ctl", about_ctl);
    command.footer(exit_codes_of_others);
    auto const options = std::make_shared<CtlOptions>();
    command.add_option("DIR", options->directory, "the run directory").required();
    command.add_option("ORDER", options->words, "what the run is to do")
        .required()
        .suggests({"pause", "resume", "stop", "set", "cancel"});
    command.callback(
        [&command_line, options] { command_line.action = [options] { return give(*options); }; });
}

} // namespace darkroom::cli
