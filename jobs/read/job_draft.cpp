#include "jobs/read/job_draft.hpp"

#include "jobs/read/request_fields.hpp"
#include "jobs/services/addresses.hpp"

#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

namespace darkroom::jobs {

namespace {

constexpr std::array<std::string_view, 20> own_keys{
    "prompt",   "prompts", "prefix",    "suffix", "images",   "params",     "vars",
    "matrix",   "exclude", "repeat",    "action", "image_id", "then",       "chain",
    "download", "sample",  "max_items", "kind",   "expand",   "placeholder"};

std::vector<std::string_view> keys_of(ServiceModel const& service, bool is_job) {
    std::vector<std::string_view> keys(own_keys.begin(), own_keys.end());
    auto const fields = field_keys(service);
    keys.insert(keys.end(), fields.begin(), fields.end());
    if (is_job) keys.push_back("id");
    return keys;
}

constexpr std::size_t names_max = 200;   // of variables, of parameters
constexpr std::size_t text_max = 65'536; // bytes of a prompt or of a part of it

/// Returns the members of a map that is searched often and so must not be large.
std::vector<Member> few_members_of(Member const& map, Findings& findings) {
    auto members = members_of(map, findings);
    if (members.size() <= names_max) return members;
    findings.error(map.where, fmt::format("'{}' has {} keys; {} are the most", map.key,
                                          members.size(), names_max));
    return {};
}

std::optional<Text> text_at(Member const* member, Findings& findings) {
    if (!member) return std::nullopt;
    auto value = text_of(*member, findings);
    if (!value) return std::nullopt;
    if (value->size() > text_max) {
        findings.error(member->value->where, fmt::format("'{}' has {} bytes; {} are the most",
                                                         member->key, value->size(), text_max));
        return std::nullopt;
    }
    return Text{std::move(*value), member->value->where};
}

std::vector<Text> texts_at(Member const& member, Findings& findings) {
    std::vector<Text> texts;
    for (auto const& element : elements_of(member, findings)) {
        if (auto text = text_at(&element, findings)) texts.push_back(std::move(*text));
    }
    return texts;
}

bool is_param_name(std::string_view text) {
    return !text.empty() && text.front() != '-' &&
           std::all_of(text.begin(), text.end(),
                       [](unsigned char c) { return c < 0x80 && (std::isalnum(c) || c == '-'); });
}

std::optional<ParamDraft> param_of(Member const& member, Findings& findings) {
    ParamDraft param;
    param.key = {member.key, member.where};
    if (!is_param_name(member.key)) {
        findings.error(member.where,
                       fmt::format("'{}' is not a parameter: write it without dashes, "
                                   "as in 'ar: \"16:9\"'",
                                   member.key));
        return std::nullopt;
    }
    if (is_truth(*member.value)) {
        bool const on = flag_of(member, findings).value_or(false);
        param.kind = on ? ParamDraft::Kind::flag : ParamDraft::Kind::removed;
        return param;
    }
    if (!member.value->is_text()) {
        needs(member, "a text, a number, true or false", findings);
        return std::nullopt;
    }
    param.value = {member.value->text, member.value->where};
    return param;
}

void overlay_params(JobDraft& draft, Member const& map, Findings& findings) {
    for (auto const& member : few_members_of(map, findings)) {
        auto param = param_of(member, findings);
        if (!param) continue;
        auto const old =
            std::find_if(draft.params.begin(), draft.params.end(), [&](ParamDraft const& known) {
                return known.key.value == param->key.value;
            });
        if (old == draft.params.end()) {
            draft.params.push_back(std::move(*param));
        } else {
            *old = std::move(*param);
        }
    }
}

/// Returns a variable's name and value, or nothing and an error.
std::optional<VariableDraft> variable_of(Member const& member, Findings& findings) {
    if (!is_variable_name(member.key)) {
        findings.error(member.where, fmt::format("'{}' is not a variable name: it has letters, "
                                                 "digits, '_' and '-'",
                                                 member.key));
        return std::nullopt;
    }
    auto value = text_at(&member, findings);
    if (!value) return std::nullopt;
    return VariableDraft{{member.key, member.where}, std::move(*value), false};
}

void overlay_vars(JobDraft& draft, Member const& map, Findings& findings) {
    for (auto const& member : few_members_of(map, findings)) {
        auto variable = variable_of(member, findings);
        if (!variable) continue;
        auto const old =
            std::find_if(draft.vars.begin(), draft.vars.end(), [&](VariableDraft const& known) {
                return known.name.value == variable->name.value;
            });
        if (old == draft.vars.end()) {
            draft.vars.push_back(std::move(*variable));
        } else {
            *old = std::move(*variable);
        }
    }
}

void overlay_matrix(JobDraft& draft, Member const& map, Findings& findings) {
    draft.matrix.clear();
    for (auto const& member : few_members_of(map, findings)) {
        if (!is_variable_name(member.key)) {
            findings.error(member.where, fmt::format("'{}' is not a variable name: it has letters, "
                                                     "digits, '_' and '-'",
                                                     member.key));
            continue;
        }
        AxisDraft axis{{member.key, member.where}, texts_at(member, findings)};
        if (axis.values.empty() && member.value->is_list() && member.value->items.empty())
            needs(member, "at least one value", findings);
        draft.matrix.push_back(std::move(axis));
    }
}

void overlay_exclude(JobDraft& draft, Member const& list, Findings& findings) {
    draft.exclude.clear();
    for (auto const& element : elements_of(list, findings)) {
        std::vector<VariableDraft> rule;
        for (auto const& member : few_members_of(element, findings)) {
            if (auto variable = variable_of(member, findings)) rule.push_back(std::move(*variable));
        }
        if (rule.empty() && element.value->is_map() && element.value->members.empty())
            needs(element, "a mapping with at least one key of 'matrix'", findings);
        draft.exclude.push_back(std::move(rule));
    }
}

void overlay_fields(JobDraft& draft, Node const& map, Findings& findings) {
    FieldReader(*draft.service, findings).read(map, draft.fields, true);
    for (auto const& field : draft.service->fields) {
        auto const* member = map.find(field.key);
        if (!member) continue;
        draft.field_places[std::string(field.key)] = member->where;
        if (auto const text = address_to_fill(draft.fields, field.key))
            draft.filled[std::string(field.key)] = {*text, member->value->where};
    }
}

void overlay_follow_ups(JobDraft& draft, Section const& map, Findings& findings) {
    auto const* then = map.find("then");
    auto const* chain = map.find("chain");
    if (then && chain) {
        auto const& later = then->where.offset > chain->where.offset ? *then : *chain;
        findings.error(later.where, "'then' and 'chain' together: a chain is a 'then' with one "
                                    "branch, write one of them");
    }
    if (!then && !chain) return;
    draft.then = then ? std::optional(*then) : std::nullopt;
    draft.chain = !then ? std::optional(*chain) : std::nullopt;
}

/// Reads prompts one by one, in the place of any that were there before.
void overlay_prompt_list(JobDraft& draft, Member const& list, Findings& findings) {
    if (list.value->items.empty()) needs(list, "at least one prompt", findings);
    draft.prompt_list = texts_at(list, findings);
    draft.prompt.reset();
    if (!draft.prompt_list.empty()) draft.prompt = draft.prompt_list.front();
}

void overlay_prompt(JobDraft& draft, Member const* prompt, Findings& findings) {
    if (prompt && prompt->value->is_list()) return overlay_prompt_list(draft, *prompt, findings);
    auto text = text_at(prompt, findings);
    if (!text) return;
    draft.prompt = std::move(text);
    draft.prompt_list.clear();
}

void overlay_table(JobDraft& draft, Section const& map, Findings& findings) {
    auto const* prompts = map.find("prompts");
    if (!prompts) return;
    auto const before = findings.errors();
    if (prompts->value->is_list()) {
        draft.table.reset();
        if (map.find("prompt"))
            findings.error(prompts->where, "'prompt' and a list of 'prompts' together: write one");
        return overlay_prompt_list(draft, *prompts, findings);
    }
    draft.table = read_table(*prompts, findings);
    if (findings.errors() != before) draft.knows_variables = false;
    auto const* prompt = prompts->value->is_map() ? prompts->value->find("prompt") : nullptr;
    if (draft.placeholder) { // the job's own prompt takes its place
        draft.style = text_at(prompt, findings);
        return;
    }
    if (prompt && map.find("prompt"))
        findings.error(prompt->where, "'prompt' is in the job and in 'prompts': write one of them");
    overlay_prompt(draft, prompt, findings);
}

/// Reads how cells become part of a prompt. Comes before overlay_table().
void overlay_cells(JobDraft& draft, Section const& map, Findings& findings) {
    auto const* prompts = map.find("prompts");
    auto const* inner =
        prompts && prompts->value->is_map() ? prompts->value->find("expand") : nullptr;
    for (auto const* expand : {map.find("expand"), inner}) {
        if (!expand) continue;
        draft.expand = flag_of(*expand, findings).value_or(draft.expand);
        draft.expand_where = expand->where;
    }
    auto const* member = map.find("placeholder");
    if (!member) return;
    constexpr std::size_t placeholder_max = 100;
    draft.placeholder = text_at(member, findings);
    auto const bytes = draft.placeholder ? trim(draft.placeholder->value).size() : 1;
    if (bytes == 0 || bytes > placeholder_max)
        needs(*member, "a text such as \"{prompt}\"", findings);
}

void overlay_numbers(JobDraft& draft, Section const& map, Findings& findings) {
    if (auto const* repeat = map.find("repeat")) {
        bool const is_filled = repeat->value->is_text() && has_variables(repeat->value->text);
        draft.repeat_from = is_filled ? text_at(repeat, findings) : std::nullopt;
        if (is_filled) draft.repeat = 1;
        if (!is_filled) map.read("repeat", draft.repeat, {1, 1'000'000});
    }
    if (auto const* most = map.find("max_items")) {
        auto const number = whole_of(*most, findings, {1, static_cast<std::int64_t>(items_max)});
        if (number) draft.max_items = static_cast<std::uint64_t>(*number);
        draft.max_items_where = most->value->where;
    }
    auto const* sample = map.find("sample");
    if (!sample) return;
    constexpr std::array<std::string_view, 2> keys{"count", "seed"};
    Section const section(*sample, findings, keys);
    auto const number = [&](std::string_view key, Bounds bounds) {
        auto const* member = section.find(key);
        return member ? whole_of(*member, findings, bounds) : std::nullopt;
    };
    if (!sample->value->is_list() && !sample->value->is_text() && !section.find("count"))
        findings.error(sample->where, "'sample' needs a 'count'");
    auto const count = number("count", {1, static_cast<std::int64_t>(sample_max)});
    auto const seed = number("seed", {0, std::numeric_limits<std::int64_t>::max()});
    draft.sample = Sample{static_cast<std::uint64_t>(count.value_or(1)),
                          static_cast<std::uint64_t>(seed.value_or(0))};
}

/// Returns true if a key is or looks like a prompt: its own error is then enough.
bool means_prompt(Node const& map, std::span<std::string_view const> keys) {
    return std::any_of(map.members.begin(), map.members.end(), [&](Member const& member) {
        bool const known = std::find(keys.begin(), keys.end(), member.key) != keys.end();
        return known ? member.key == "prompt"
                     : nearest(member.key, keys) == std::string_view("prompt");
    });
}

void overlay_variables(JobDraft& draft, Section const& map, Findings& findings) {
    auto const before = findings.errors();
    for (auto& variable : draft.vars) variable.inherited = true;
    if (auto const* vars = map.find("vars")) overlay_vars(draft, *vars, findings);
    if (auto const* matrix = map.find("matrix")) overlay_matrix(draft, *matrix, findings);
    if (findings.errors() != before) draft.knows_variables = false;
    if (auto const* exclude = map.find("exclude")) overlay_exclude(draft, *exclude, findings);
}

} // namespace

void overlay_job_keys(JobDraft& draft, Member const& map, bool is_job, Findings& findings) {
    auto const keys = keys_of(*draft.service, is_job);
    Section const section(map, findings, keys);
    if (!map.value->is_map()) return;
    bool const meant = section.find("prompts") || means_prompt(*map.value, keys);
    if (meant) draft.misses_prompt = false;
    if (auto const* kind = section.find("kind"))
        draft.kind = read_kind(*kind, *draft.service, findings);
    if (is_job) {
        refuse_foreign_keys(section, *draft.kind, own_keys);
        for (auto const& field : draft.service->fields)
            refuse_foreign_keys(section, *draft.kind, {&field.key, 1});
    }
    FieldReader(*draft.service, findings).refuse_delivery_fields(*map.value);
    auto const take = [&](std::string_view key, auto& into) {
        if (auto text = text_at(section.find(key), findings)) into = std::move(*text);
    };
    overlay_prompt(draft, section.find("prompt"), findings);
    overlay_cells(draft, section, findings);
    overlay_table(draft, section, findings);
    take("prefix", draft.prefix);
    take("suffix", draft.suffix);
    take("action", draft.action);
    take("image_id", draft.image_id);
    if (auto const* images = section.find("images")) draft.images = texts_at(*images, findings);
    if (auto const* params = section.find("params")) overlay_params(draft, *params, findings);
    overlay_variables(draft, section, findings);
    overlay_numbers(draft, section, findings);
    section.read("download", draft.download);
    overlay_fields(draft, *map.value, findings);
    overlay_follow_ups(draft, section, findings);
}

} // namespace darkroom::jobs
