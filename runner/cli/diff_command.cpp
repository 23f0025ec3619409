// `darkroom diff OLD NEW`
#include "runner/cli/commands.hpp"
#include "runner/cli/job_walk.hpp"
#include "runner/report/board.hpp"
#include "runner/report/words.hpp"

#include <fmt/format.h>

#include <map>
#include <vector>

namespace darkroom::cli {

namespace {

constexpr auto about_diff =
    R"(Prints which paid steps an edit adds, keeps and drops.
Sends nothing.

Examples:
  darkroom diff cars.yaml cars-new.yaml
  git show HEAD:cars.yaml | darkroom diff - cars.yaml --list
)";

struct DiffOptions {
    std::string before;
    std::string after;
    bool list = false;
    bool json = false;
};

/// The part of a planned step that is shown.
struct PlannedStep {
    std::string name;
    jobs::Micros price = 0;
};
struct PlannedSteps {
    std::map<Digest, PlannedStep> by_key;
    std::vector<Digest> order; ///< In the order of the file; each key once.
};

struct Sum {
    std::uint64_t steps = 0;
    jobs::Micros cost = 0;
    void add(PlannedStep const& step) {
        ++steps;
        cost += step.price;
    }
};

struct Difference {
    Sum added, kept, dropped;
};

PlannedSteps steps_of(Job const& job) {
    PlannedSteps steps;
    for_each_step(job, [&](jobs::Step const& step) {
        auto const price = job.file.prices.of(step.request.action());
        auto planned = PlannedStep{report::step_name(engine::info_of(step)), price};
        bool const is_new = steps.by_key.try_emplace(step.key, std::move(planned)).second;
        if (is_new) steps.order.push_back(step.key);
    });
    return steps;
}

Difference compare(PlannedSteps const& before, PlannedSteps const& after, bool list) {
    Difference difference;
    auto const show = [list](char sign, PlannedStep const& step) {
        if (list) print_line(report::printable(fmt::format("{} {}", sign, step.name)));
    };
    for (auto const& key : before.order) {
        if (after.by_key.contains(key)) continue;
        auto const& step = before.by_key.at(key);
        difference.dropped.add(step);
        show('-', step);
    }
    for (auto const& key : after.order) {
        bool const known = before.by_key.contains(key);
        auto const& step = after.by_key.at(key);
        (known ? difference.kept : difference.added).add(step);
        show(known ? ' ' : '+', step);
    }
    return difference;
}

json::Value value_of(Sum const& sum) {
    json::Value value;
    value.set("steps", sum.steps);
    value.set("cost", report::money_value(sum.cost));
    return value;
}

void print_difference(Difference const& difference, std::string const& currency, bool json) {
    if (json) {
        json::Value value;
        value.set("added", value_of(difference.added));
        value.set("kept", value_of(difference.kept));
        value.set("dropped", value_of(difference.dropped));
        value.set("currency", currency);
        return print_json(value);
    }
    auto const line = [&](std::string_view name, Sum const& sum, std::string_view note) {
        print_line(fmt::format("{:<8} {:>8} {:<5}  {:>10} {}  {}", name, sum.steps,
                               sum.steps == 1 ? "step" : "steps", report::format_money(sum.cost),
                               currency, note));
    };
    line("added", difference.added, "to be paid");
    line("kept", difference.kept, "finished steps are not paid again");
    line("dropped", difference.dropped, "no longer planned; existing files stay");
}

ExitCode diff(DiffOptions const& options) {
    auto const before = load_job({}, options.before);
    auto const after = load_job({}, options.after);
    auto const difference =
        compare(steps_of(before), steps_of(after), options.list && !options.json);
    print_difference(difference, after.file.prices.currency, options.json);
    return ExitCode::ok;
}

} // namespace

void add_diff(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("diff", about_diff);
    command.footer(exit_codes_of_others);
    auto const options = std::make_shared<DiffOptions>();
    command.add_option("OLD", options->before, "the job file as it was").required().job_file();
    command.add_option("NEW", options->after, "the job file as it is now").required().job_file();
    command.add_flag("--list", options->list, "print one line per step: + added, - dropped");
    command.add_flag("--json", options->json, "print one JSON object");
    command.callback(
        [&command_line, options] { command_line.action = [options] { return diff(*options); }; });
}

} // namespace darkroom::cli
