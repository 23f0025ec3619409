#include "runner/cli/job.hpp"

#include "jobs/model/job_spec.hpp"
#include "jobs/read/job_text.hpp"
#include "runner/base/spelling.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/files_read.hpp"
#include "runner/cli/job_start.hpp"
#include "runner/cli/shard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace darkroom::cli {

namespace {

/// Returns the absolute path of a job file. Standard input counts as a file in the working
/// directory, so that relative paths mean the same when it is read again.
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
    for (auto const& id : only) {
        if (std::find(ids.begin(), ids.end(), id) != ids.end()) continue;
        throw Quit(ExitCode::usage, fmt::format("--only {}: {} has no such job{}", id, file.path,
                                                did_you_mean(id, ids)));
    }
}

bool is_error(jobs::Finding const& finding) { return finding.level == jobs::Finding::Level::error; }

} // namespace

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

void read_job(Job& job, Verbosity verbosity) {
    auto loaded = check_job(job.text, job.path, job.load);
    for (auto const& finding : loaded.findings) {
        bool const is_printed =
            verbosity == Verbosity::all || (verbosity == Verbosity::errors && is_error(finding));
        if (is_printed)
            complain(finding);
        else
            job.unprinted.push_back(finding.format());
    }
    if (!loaded.file) throw Quit(code_of(loaded.findings), "");
    job.file = std::move(*loaded.file);
    if (job.file.dated_name) job.files_mark = mark_of_files(job.file, job.load.user_config);
}

namespace {

void load_into(Job& job, JobOptions const& options, std::string const& path, Verbosity verbosity) {
    auto text = jobs::read_job_text(path);
    if (text.has_error()) throw Quit(ExitCode::no_input, text.error().message());
    job.text = std::move(*text);
    job.path = anchored(path);
    job.load = {overrides_of(options), options.strict, user_config()};
    read_job(job, verbosity);
    check_only(options.only, job.file);
    job.plan.only.insert(options.only.begin(), options.only.end());
    job.plan.limit = options.limit;
    job.plan.shard = shard_of(options.shard);
    if (!job.file.dated_name) return;
    auto const name = name_at_start(job.file, SteadyClock().wall());
    job = named_job(std::move(job), name);
}

} // namespace

Job load_job(JobOptions const& options, std::string const& path, Verbosity verbosity) {
    Job job;
    load_into(job, options, path, verbosity);
    return job;
}

Job load_job(JobOptions const& options, std::string const& path,
             std::vector<std::string>& findings) {
    Job job;
    try {
        load_into(job, options, path, Verbosity::nothing);
    } catch (Quit const&) {
        findings = std::move(job.unprinted);
        throw;
    }
    findings = std::exchange(job.unprinted, {});
    return job;
}

void change_job(Job& job, JobOptions const& changes) {
    auto const overrides = overrides_of(changes);
    job.load.overrides.insert(job.load.overrides.end(), overrides.begin(), overrides.end());
    if (!overrides.empty()) read_job(job, Verbosity::errors);
    if (changes.only.empty()) return;
    check_only(changes.only, job.file);
    job.plan.only = {changes.only.begin(), changes.only.end()};
}

void check_number_of_items(Job const& job, bool yes) {
    for (auto const& spec : job.file.jobs) {
        bool const is_selected = job.plan.only.empty() || job.plan.only.contains(spec->id);
        if (yes || spec->max_items || !is_selected) continue;
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

Job named_job(Job job, std::string const& name) {
    job.file.name = name;
    job.load.overrides.push_back({"name", '"' + name + '"'});
    return job;
}

std::string run_directory_of(Job const& job, std::string const& output) {
    namespace fs = std::filesystem;
    if (!output.empty()) return output;
    auto name = job.file.name; // shards run at the same time, each in its own directory
    if (auto const& part = job.plan.shard)
        name += fmt::format("-shard-{}-of-{}", part->index, part->count);
    auto const whole = fs::path(job.file.output.directory) / name;
    std::error_code failure;
    auto const here = fs::current_path(failure);
    if (failure) return whole.string(); // the working directory was removed
    auto const near = whole.lexically_proximate(here);
    return near.empty() || *near.begin() == ".." ? whole.string() : near.string();
}

} // namespace darkroom::cli
