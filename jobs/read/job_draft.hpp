// A job as it is written: the defaults with the keys of the job laid over them, not yet checked as
// a whole.
#pragma once

#include "jobs/model/job_spec.hpp"
#include "jobs/read/job_kind.hpp"
#include "jobs/read/table_keys.hpp"
#include "jobs/read/text_check.hpp"
#include "jobs/yaml/values.hpp"
#include "runner/base/json.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::jobs {

/// One key of `params`.
struct ParamDraft {
    enum class Kind { value, flag, removed } kind = Kind::value;
    Text key;
    Text value;
};

struct VariableDraft {
    Text name;
    Text value;
    bool inherited = false; ///< From the defaults: a matrix of the job may replace it.
};

struct AxisDraft {
    Text name;
    std::vector<Text> values;
};

struct JobDraft {
    ServiceModel const* service = &default_service(); ///< Never null.
    JobKind const* kind = &service->kinds.front();
    std::optional<Text> prompt, action, image_id;
    std::vector<Text> prompt_list; ///< All prompts of a list; `prompt` is then the first.
    Text prefix, suffix;
    std::vector<Text> images;
    std::vector<ParamDraft> params;
    std::vector<VariableDraft> vars;
    std::vector<AxisDraft> matrix;
    std::vector<std::vector<VariableDraft>> exclude;
    int repeat = 1;
    std::optional<Text> repeat_from; ///< A row or a variable says it.
    json::Value fields;
    std::map<std::string, Where, std::less<>> field_places; ///< The place of each request field.
    std::map<std::string, Text, std::less<>> filled;        ///< Fields to fill in, by key.
    bool download = true;
    std::optional<Member> then, chain; ///< At most one of them.
    std::optional<TableDraft> table;
    bool expand = false; ///< Cells are prompt language.
    Where expand_where;
    std::optional<Text> placeholder; ///< A literal in cells that the prompt replaces.
    std::optional<Text> style;       ///< `prompt` in `prompts:`, when there is a placeholder.
    std::optional<Sample> sample;
    std::optional<std::uint64_t> max_items;
    Where max_items_where;
    bool misses_prompt = true;   ///< There was no prompt, not even a faulty or misspelt one.
    bool knows_variables = true; ///< `vars` and `matrix` had no errors.
};

/// Lays the keys of `map` over `draft`. A job has an `id`, the defaults have none.
void overlay_job_keys(JobDraft& draft, Member const& map, bool is_job, Findings& findings);

} // namespace darkroom::jobs
