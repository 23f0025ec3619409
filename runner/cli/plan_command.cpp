// `darkroom plan FILE…`
#include "runner/base/text.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/plan_report.hpp"
#include "runner/report/board.hpp"
#include "runner/report/words.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace darkroom::cli {

namespace {

constexpr auto about =
    R"(Prints what would run: steps by action, pictures, cost and time. Sends nothing.

Examples:
  darkroom plan cars.yaml
  darkroom plan cars.yaml --list          one line per paid request
  darkroom plan cars.yaml --only night --limit 10 --json
)";

struct Options {
    JobOptions job;
    bool list = false;
    bool json = false;
};

/// Prints "cars/12/upscale4  upscale4  the prompt" for each step, or the same as a JSON object.
void list_steps(Job const& job, bool json) {
    for_each_step(job, [&](jobs::Step const& step) {
        auto const info = engine::info_of(step);
        if (!json) {
            auto const line =
                fmt::format("{}  {}  {}", report::step_name(info), info.action, info.prompt);
            print_line(trim(report::printable(line)));
            return;
        }
        json::Value line;
        line.set("key", to_hex(step.key));
        line.set("job", info.job);
        line.set("item", info.item);
        line.set("repeat", info.repeat);
        line.set("path", info.path);
        line.set("action", info.action);
        line.set("prompt", info.prompt);
        line.set("price", report::money_value(job.file.prices.of(info.action)));
        line.set("request", step.request.body);
        print_line(json::write(line));
    });
}

ExitCode plan(Options const& options) {
    for (auto const& path : options.job.files) {
        auto const job = load_job(options.job, path);
        if (options.list) {
            list_steps(job, options.json);
        } else {
            print_plan(job, options.json);
        }
    }
    return ExitCode::ok;
}

} // namespace

void add_plan(CLI::App& app, CommandLine& command_line) {
    auto* command = app.add_subcommand("plan", about);
    auto const options = std::make_shared<Options>();
    add_file_options(*command, options->job);
    add_part_options(*command, options->job);
    command->add_flag("--list", options->list, "print one line per paid request");
    command->add_flag("--json", options->json, "print JSON; with --list one object per line");
    command->callback(
        [&command_line, options] { command_line.action = [options] { return plan(*options); }; });
}

} // namespace darkroom::cli
