#include "runner/cli/job_options.hpp"

#include "runner/cli/exit_code.hpp"

#include <fmt/format.h>

namespace darkroom::cli {

namespace {

jobs::Override override_of(std::string const& set) {
    auto const equals = set.find('=');
    if (equals == std::string::npos || equals == 0)
        throw Quit(ExitCode::usage,
                   fmt::format("--set {}: use --set PATH=VALUE, like --set limits.rate=2/s", set));
    return {set.substr(0, equals), set.substr(equals + 1)};
}

} // namespace

void add_file_options(Command const& command, JobOptions& options) {
    command.add_option("FILE", options.files, "job files; - is standard input")
        .required()
        .take_all()
        .job_file();
    add_change_options(command, options);
    command.add_flag("--strict", options.strict, "every warning is an error");
}

void add_change_options(Command const& command, JobOptions& options) {
    command.add_option("--set", options.sets, "change a value: --set limits.rate=2/s (repeatable)")
        .type_name("PATH=VALUE")
        .take_all()
        .one_value();
    command.add_option("--service", options.service, "the service's URL, or 'local'")
        .not_empty()
        .suggests({"local"})
        .type_name("URL");
    command.add_option("--concurrency", options.concurrency, "generations open at once")
        .type_name("N");
    command.add_option("--rate", options.rate, "generations submitted: N/s, N/min or N/h")
        .not_empty()
        .type_name("R");
}

void add_only_option(Command const& command, JobOptions& options) {
    command.add_option("--only", options.only, "only this job (repeatable)")
        .type_name("JOB")
        .take_all()
        .one_value();
}

void add_part_options(Command const& command, JobOptions& options) {
    add_only_option(command, options);
    command.add_option("--limit", options.limit, "at most N items").whole_number().type_name("N");
    command
        .add_option("--shard", options.shard,
                    "the I-th of N shards; 'auto': from a SLURM array or an indexed Kubernetes job")
        .type_name("I/N");
    command.add_flag("--budget-share", options.budget_share,
                     "with --shard I/N: spend an N-th of the budget, which all shards share");
}

std::vector<jobs::Override> overrides_of(JobOptions const& options) {
    std::vector<jobs::Override> overrides;
    for (auto const& set : options.sets) overrides.push_back(override_of(set));
    if (!options.service.empty())
        overrides.push_back({"service.url", options.service, "--service"});
    if (!options.rate.empty()) overrides.push_back({"limits.rate", options.rate, "--rate"});
    if (options.concurrency)
        overrides.push_back(
            {"limits.concurrency", std::to_string(*options.concurrency), "--concurrency"});
    return overrides;
}

} // namespace darkroom::cli
