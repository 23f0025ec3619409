#include "runner/cli/shard_rule.hpp"

#include "runner/base/json.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/store/file.hpp"
#include "runner/store/journal_meta.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace darkroom::cli {

namespace {

namespace fs = std::filesystem;
using jobs::ShardRule;

// The key under which a run directory stores its rule. Stored: never changed.
constexpr std::string_view shard_rule_key = "shard_rule";
constexpr std::size_t neighbours_max = 1000; // each takes a millisecond

/// Returns the rule as the copy of the job file has it, which is there a moment before the rule is.
/// Version 0.1 stored only that the run took a part of its job. Nothing: it took all of it.
std::optional<std::string> rule_in_snapshot(std::string const& journal) {
    auto const snapshot = or_quit(store::read_meta(journal, saved_job_key));
    if (!snapshot) return std::nullopt;
    auto const value = json::read(*snapshot);
    if (value.has_error() || !value->text("shard")) return std::nullopt;
    auto const rule = value->integer("shard_rule");
    return std::to_string(rule.value_or(static_cast<int>(ShardRule::by_step)));
}

/// Returns the journals of the other shards: NAME-shard-I-of-N beside NAME-shard-J-of-N.
std::vector<std::string> neighbours_of(std::string const& directory) {
    auto const path = fs::path(directory).lexically_normal();
    auto const name = path.filename().string();
    auto const start = name.rfind("-shard-");
    auto const count = name.rfind("-of-");
    std::vector<std::string> journals;
    if (start == std::string::npos || count == std::string::npos || count < start) return journals;
    auto const parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
    std::error_code none; // a new output directory is not there yet
    for (auto const& entry : fs::directory_iterator(parent, none)) {
        auto const other = entry.path().filename().string();
        bool const is_neighbour = other != name && other.starts_with(name.substr(0, start + 7)) &&
                                  other.ends_with(name.substr(count));
        auto const journal = entry.path().string() + "/journal.db";
        if (!is_neighbour || !store::exists(journal)) continue;
        journals.push_back(journal);
        if (journals.size() == neighbours_max) break;
    }
    std::sort(journals.begin(), journals.end());
    return journals;
}

std::string_view words_of(ShardRule rule) {
    switch (rule) {
    case ShardRule::by_step: return "as version 0.1 did, repeats of one request apart";
    case ShardRule::by_request: return "repeats of one request together";
    }
    return "";
}

[[noreturn]] void refuse_mix(std::string const& one, std::string const& other, ShardRule rule,
                             ShardRule other_rule) {
    throw Quit(ExitCode::contradiction,
               fmt::format("{} and {} were divided into shards by different rules ({}; {}): "
                           "together they would pay for some items twice and for others never. "
                           "Begin the shards in another output directory",
                           one, other, words_of(rule), words_of(other_rule)));
}

} // namespace

std::optional<ShardRule> shard_rule_of(std::string const& journal) {
    auto text = or_quit(store::read_meta(journal, shard_rule_key));
    if (!text) text = rule_in_snapshot(journal);
    if (!text) return std::nullopt;
    for (auto const rule : {ShardRule::by_step, ShardRule::by_request}) {
        if (*text == std::to_string(static_cast<int>(rule))) return rule;
    }
    throw Quit(ExitCode::disk,
               fmt::format("{}: it was divided by rule {}, which this version does not know; use "
                           "the newer one",
                           journal, *text));
}

std::optional<ShardRule> common_shard_rule(std::vector<std::string> const& journals) {
    std::optional<ShardRule> common;
    std::string first;
    for (auto const& journal : journals) {
        auto const rule = shard_rule_of(journal);
        if (!rule) continue;
        if (common && *common != *rule) refuse_mix(first, journal, *common, *rule);
        if (!common) first = journal;
        common = rule;
    }
    return common;
}

void keep_shard_rule(Job& job, std::string const& directory) {
    if (!job.plan.shard) return;
    auto journals = neighbours_of(directory);
    auto const own = directory + "/journal.db";
    auto const own_size = store::file_size(own);
    if (own_size.has_value() && *own_size > 0) journals.insert(journals.begin(), own);
    if (auto const rule = common_shard_rule(journals)) job.plan.shard->rule = *rule;
}

void write_shard_rule(std::string const& journal, ShardRule rule) {
    or_quit(store::write_meta(journal, shard_rule_key, std::to_string(static_cast<int>(rule))));
}

} // namespace darkroom::cli
