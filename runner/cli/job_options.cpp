#include "runner/cli/job_options.hpp"

#include "jobs/model/job_spec.hpp"
#include "jobs/read/job_text.hpp"
#include "runner/base/text.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/cli/option_checks.hpp"
#include "runner/cli/shard.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace darkroom::cli {

namespace {

/// The absolute path of a job file; of standard input one in the working directory, so that
/// relative paths mean the same when it is read again.
std::string anchored(std::string const& path) {
    std::error_code failure;
    auto const whole = std::filesystem::absolute(path == "-" ? "stdin" : path, failure);
    if (failure)
        throw Quit(ExitCode::no_input,
                   "the working directory cannot be used: " + failure.message());
    return whole.lexically_normal().string();
}

void check_only(std::vector<std::string> const& only, jobs::JobFile const& file) {
    std::vector<std::string_view> ids;
    for (auto const& job : file.jobs) ids.push_back(job->id);
    for (auto const& wanted : only) {
        if (std::find(ids.begin(), ids.end(), wanted) != ids.end()) continue;
        throw Quit(ExitCode::usage, fmt::format("--only {}: {} has no such job{}", wanted,
                                                file.path, did_you_mean(wanted, ids)));
    }
}

bool is_error(jobs::Finding const& finding) { return finding.level == jobs::Finding::Level::error; }

/// The file, once its findings are printed; throws when there is an error among them.
void take_file(jobs::Loaded loaded, Say say, Job& job) {
    for (auto const& finding : loaded.findings) {
        bool const is_printed = say == Say::all || (say == Say::errors && is_error(finding));
        if (is_printed)
            complain(finding.format());
        else
            job.untold.push_back(finding.format());
    }
    if (!loaded.file) throw Quit(code_of(loaded.findings), "");
    job.file = std::move(*loaded.file);
}

jobs::Override override_of(std::string const& set) {
    auto const equals = set.find('=');
    if (equals == std::string::npos || equals == 0)
        throw Quit(ExitCode::usage,
                   fmt::format("--set {}: use --set PATH=VALUE, like --set limits.rate=2/s", set));
    return {set.substr(0, equals), set.substr(equals + 1)};
}

} // namespace

void add_file_options(CLI::App& command, JobOptions& options) {
    command.add_option("FILE", options.files, "job files; - is standard input")
        ->required()
        ->take_all();
    command.add_option("--set", options.sets, "change a value: --set limits.rate=2/s (repeatable)")
        ->type_name("PATH=VALUE")
        ->take_all()
        ->allow_extra_args(false);
    command.add_option("--service", options.service, "the service's URL, or 'local'")
        ->check(not_empty())
        ->type_name("URL");
    command.add_option("--concurrency", options.concurrency, "generations open at once")
        ->type_name("N");
    command.add_option("--rate", options.rate, "generations submitted: N/s, N/min or N/h")
        ->check(not_empty())
        ->type_name("R");
    command.add_flag("--strict", options.strict, "unknown actions are errors");
}

void add_part_options(CLI::App& command, JobOptions& options) {
    command.add_option("--only", options.only, "only this job (repeatable)")
        ->type_name("JOB")
        ->take_all()
        ->allow_extra_args(false);
    command.add_option("--limit", options.limit, "at most N items")
        ->check(whole_number())
        ->type_name("N");
    command
        .add_option("--shard", options.shard,
                    "the I-th of N shards; 'auto': from a SLURM array or an indexed Kubernetes job")
        ->type_name("I/N");
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

ExitCode code_of(std::vector<jobs::Finding> const& findings) {
    bool const only_flags =
        std::all_of(findings.begin(), findings.end(), [](jobs::Finding const& finding) {
            return finding.level == jobs::Finding::Level::warning || finding.file.starts_with("--");
        });
    return only_flags ? ExitCode::usage : ExitCode::bad_file;
}

jobs::Loaded check_job(std::string const& text, std::string const& path,
                       jobs::LoadOptions const& options) {
    auto loaded = jobs::load_job_text(text, path, options);
    if (!loaded.file) return loaded;
    if (std::any_of(loaded.findings.begin(), loaded.findings.end(), is_error)) loaded.file.reset();
    return loaded;
}

Job load_job(JobOptions const& options, std::string const& path, Say say) {
    Job job;
    auto text = jobs::read_job_text(path);
    if (text.has_error()) throw Quit(ExitCode::no_input, text.error().message());
    job.text = std::move(*text);
    job.path = anchored(path);
    job.load = {overrides_of(options), options.strict, user_config()};
    take_file(check_job(job.text, path, job.load), say, job);
    check_only(options.only, job.file);
    job.plan.only.insert(options.only.begin(), options.only.end());
    job.plan.limit = options.limit;
    job.plan.shard = shard_of(options.shard);
    return job;
}

void check_number_of_items(Job const& job, bool yes) {
    for (auto const& spec : job.file.jobs) {
        bool const wanted = job.plan.only.empty() || job.plan.only.contains(spec->id);
        if (yes || spec->max_items || !wanted) continue;
        auto const items = jobs::count_items(*spec, job.plan.shard);
        if (std::min(items, job.plan.limit.value_or(items)) <= jobs::items_asked_above) continue;
        throw Quit(ExitCode::usage,
                   fmt::format("{}: job '{}' stands for {} items. If that is meant, say --yes, or "
                               "'max_items: {}' in the job",
                               job.file.path, spec->id, items, items));
    }
}

std::string user_config() {
    auto folder = environment("XDG_CONFIG_HOME");
    auto const home = environment("HOME");
    if (folder.empty() && !home.empty()) folder = home + "/.config";
    return folder.empty() ? "" : folder + "/darkroom/config.yaml";
}

std::string to_memory(Job const& job) {
    json::Array sets;
    for (auto const& set : job.load.overrides)
        sets.emplace_back(json::Array{json::Value(set.path), json::Value(set.value)});
    json::Array only;
    for (auto const& id : job.plan.only) only.emplace_back(id);
    json::Value memory;
    memory.set("version", 1);
    memory.set("path", job.path);
    memory.set("text", job.text);
    memory.set("set", std::move(sets));
    memory.set("only", std::move(only));
    memory.set("limit", job.plan.limit ? json::Value(*job.plan.limit) : json::Value());
    memory.set("shard", job.plan.shard ? json::Value(text_of(*job.plan.shard)) : json::Value());
    memory.set("strict", job.load.strict);
    return json::write(memory);
}

std::string without_part(std::string const& memory) {
    auto value = json::read(memory);
    if (value.has_error()) return memory; // from_memory() says what is wrong with it
    value->set("only", json::Array());
    value->set("limit", json::Value());
    value->set("shard", json::Value());
    return json::write(*value);
}

Job from_memory(std::string const& memory, Say say) {
    auto const value = json::read(memory);
    if (value.has_error() || value->integer("version") != 1)
        throw Quit(ExitCode::bad_file, "this run directory remembers its job file in a way that "
                                       "this version cannot read; use 'darkroom run FILE'");
    Job job;
    job.path = value->text("path").value_or("");
    job.text = value->text("text").value_or("");
    job.load.strict = value->boolean("strict").value_or(false);
    if (auto const* sets = value->find("set"); sets != nullptr && sets->array() != nullptr) {
        for (auto const& set : *sets->array()) {
            auto const* pair = set.array();
            if (pair == nullptr || pair->size() != 2) continue;
            job.load.overrides.push_back(
                {pair->front().text().value_or(""), pair->back().text().value_or("")});
        }
    }
    for (auto const& id : value->texts("only")) job.plan.only.insert(id);
    if (auto const limit = value->integer("limit"))
        job.plan.limit = static_cast<std::uint64_t>(*limit);
    job.plan.shard = shard_of(value->text("shard").value_or(""));
    job.load.user_config = user_config();
    take_file(check_job(job.text, job.path, job.load), say, job);
    return job;
}

} // namespace darkroom::cli
