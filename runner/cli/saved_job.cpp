#include "runner/cli/saved_job.hpp"

#include "jobs/read/job_text.hpp"
#include "runner/base/json.hpp"
#include "runner/cli/shard.hpp"
#include "runner/store/file.hpp"
#include "runner/store/journal_meta.hpp"

#include <fmt/format.h>

namespace darkroom::cli {

namespace {

constexpr int snapshot_version = 1; // stored: never renumber

constexpr std::string_view name_key = "job_name"; // stored: never changed

std::vector<jobs::Override> overrides_in(json::Value const& snapshot) {
    std::vector<jobs::Override> overrides;
    auto const* sets = snapshot.find("set");
    if (sets == nullptr || sets->array() == nullptr) return overrides;
    for (auto const& set : *sets->array()) {
        auto const* pair = set.array();
        if (pair == nullptr || pair->size() != 2) continue;
        overrides.push_back({pair->front().text().value_or(""), pair->back().text().value_or("")});
    }
    return overrides;
}

} // namespace

std::string job_snapshot(Job const& job) {
    json::Array sets;
    for (auto const& set : job.load.overrides)
        sets.emplace_back(json::Array{json::Value(set.path), json::Value(set.value)});
    json::Array only;
    for (auto const& id : job.plan.only) only.emplace_back(id);
    json::Value snapshot;
    snapshot.set("version", snapshot_version);
    snapshot.set("path", job.path);
    snapshot.set("text", job.text);
    snapshot.set("set", std::move(sets));
    snapshot.set("only", std::move(only));
    snapshot.set("limit", job.plan.limit ? json::Value(*job.plan.limit) : json::Value());
    snapshot.set("shard", job.plan.shard ? json::Value(text_of(*job.plan.shard)) : json::Value());
    if (job.plan.shard) snapshot.set("shard_rule", static_cast<int>(job.plan.shard->rule));
    if (!job.files_mark.empty()) snapshot.set("files", job.files_mark);
    snapshot.set("strict", job.load.strict);
    return json::write(snapshot);
}

std::string without_part_options(std::string const& snapshot) {
    auto value = json::read(snapshot);
    if (value.has_error()) return snapshot; // job_from_snapshot() reports the error
    value->set("only", json::Array());
    value->set("limit", json::Value());
    value->set("shard", json::Value());
    value->erase("shard_rule");
    return json::write(*value);
}

Job job_from_snapshot(std::string const& snapshot, Verbosity verbosity, JobText text) {
    auto const value = json::read(snapshot);
    if (value.has_error() || value->integer("version") != snapshot_version)
        throw Quit(ExitCode::bad_file, "this version cannot read the job file that the run "
                                       "directory keeps; use 'darkroom run FILE'");
    Job job;
    job.path = value->text("path").value_or("");
    job.text = value->text("text").value_or("");
    job.is_kept_text = true;
    if (text == JobText::on_disk && store::exists(job.path)) {
        auto present = jobs::read_job_text(job.path);
        if (present.has_error()) throw Quit(ExitCode::no_input, present.error().message());
        job.text = std::move(*present);
        job.is_kept_text = false;
    }
    job.load.strict = value->boolean("strict").value_or(false);
    job.load.overrides = overrides_in(*value);
    for (auto const& id : value->texts("only")) job.plan.only.insert(id);
    if (auto const limit = value->integer("limit"))
        job.plan.limit = static_cast<std::uint64_t>(*limit);
    job.plan.shard = shard_of(value->text("shard").value_or(""));
    bool const by_request =
        value->integer("shard_rule") == static_cast<int>(jobs::ShardRule::by_request);
    if (job.plan.shard && !by_request) job.plan.shard->rule = jobs::ShardRule::by_step; // 0.1
    job.load.user_config = user_config();
    read_job(job, verbosity);
    share_budget(job.file.budget, job.plan.shard, true);
    return job;
}

std::optional<JobSource> last_job_source(std::string const& directory) {
    auto const snapshot = or_quit(store::read_meta(journal_of(directory), saved_job_key));
    auto const value = snapshot ? json::read(*snapshot) : Result<json::Value>(json::Value());
    if (value.has_error() || !value->text("path") || !value->text("text")) return std::nullopt;
    return JobSource{*value->text("path"), *value->text("text"), overrides_in(*value),
                     value->text("files").value_or("")};
}

std::optional<std::string> last_job_name(std::string const& directory) {
    auto const journal = journal_of(directory);
    if (auto name = or_quit(store::read_meta(journal, name_key))) return name;
    auto const snapshot = or_quit(store::read_meta(journal, saved_job_key));
    if (!snapshot) return std::nullopt;
    try { // an earlier version stored the text alone
        return job_from_snapshot(*snapshot, Verbosity::nothing).file.name;
    } catch (Quit const&) {
        return std::nullopt;
    }
}

void write_job_name(std::string const& directory, Job const& job) {
    or_quit(store::write_meta(journal_of(directory), name_key, job.file.name));
}

std::string journal_of(std::string const& directory) {
    auto path = directory + "/journal.db";
    if (!store::exists(path))
        throw Quit(ExitCode::no_input, fmt::format("{} is no run directory: it has no journal.db; "
                                                   "give the directory of a run, like out/cars",
                                                   directory));
    return path;
}

Job saved_job(std::string const& directory, Verbosity verbosity, JobText text) {
    auto const snapshot = store::read_meta(journal_of(directory), saved_job_key);
    if (snapshot.has_error()) throw Quit(ExitCode::disk, snapshot.error().message());
    if (!*snapshot)
        throw Quit(ExitCode::no_input, fmt::format("{} has no saved job file; use "
                                                   "'darkroom run FILE --output {}' once",
                                                   directory, directory));
    return job_from_snapshot(**snapshot, verbosity, text);
}

std::optional<std::string> common_snapshot(std::vector<std::string> const& directories) {
    std::optional<std::string> common;
    for (auto const& directory : directories) {
        auto const snapshot = or_quit(store::read_meta(journal_of(directory), saved_job_key));
        if (!snapshot) return std::nullopt;
        auto const whole = without_part_options(*snapshot);
        if (common && *common != whole) return std::nullopt;
        common = whole;
    }
    return common;
}

} // namespace darkroom::cli
