#include "jobs/read/branches.hpp"

#include "jobs/language/variables.hpp"
#include "jobs/read/request_fields.hpp"
#include "jobs/read/sent_check.hpp"
#include "jobs/read/text_lint.hpp"
#include "jobs/services/addresses.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace darkroom::jobs {

namespace {

std::string_view kind_name(ResultKind kind) {
    switch (kind) {
    case ResultKind::grid: return "a grid";
    case ResultKind::single: return "a single image";
    case ResultKind::edited: return "an edited image";
    case ResultKind::video: return "a video";
    case ResultKind::text: return "a text";
    }
    return "nothing";
}

/// The published actions of a kind, for a person who named another.
std::string offer_of(ServiceModel const& service, ResultKind kind) {
    std::vector<std::string> names;
    for (auto const& action : service.follow_ups) {
        if (action.published && action.parent == kind) names.emplace_back(action.name);
    }
    return names.empty() ? "nothing" : join(names, ", ");
}

bool is_action_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '*';
    });
}

/// Each action once: globs below globs must not multiply.
void add_origin(std::vector<Origin>& origins, Origin origin) {
    auto const known = std::find_if(origins.begin(), origins.end(), [&](Origin const& other) {
        return other.action == origin.action;
    });
    if (known == origins.end()) origins.push_back(std::move(origin));
}

bool knows_kind(Origin const& origin) { return origin.kind.has_value(); }

/// Returns the error about a glob below an image of `kind`; null when it means what it seems to.
MisleadingGlob const* misleading(ServiceModel const& service, std::string_view glob,
                                 ResultKind kind) {
    auto const& known = service.misleading_globs;
    auto const found = std::find_if(known.begin(), known.end(), [&](MisleadingGlob const& row) {
        return row.glob == glob && row.below == kind;
    });
    return found == known.end() ? nullptr : &*found;
}

/// The steps of a tree below an image of either kind: both at once, so that each branch is visited
/// once.
struct TreeSteps {
    std::uint64_t grid = 0;
    std::uint64_t single = 0;
};

TreeSteps tree_steps(ServiceModel const& service, std::vector<Branch> const& then) {
    TreeSteps sum;
    for (auto const& branch : then) {
        auto const below = tree_steps(service, branch.then);
        auto const with = [&](std::string_view action) {
            return plus(1, service.made_by(action) == ResultKind::grid ? below.grid : below.single);
        };
        for (auto const& pattern : branch.actions) {
            for (auto const kind : {ResultKind::grid, ResultKind::single}) {
                auto& total = kind == ResultKind::grid ? sum.grid : sum.single;
                if (!is_glob(pattern)) total = plus(total, with(pattern));
                if (!is_glob(pattern)) continue;
                for (auto const name : service.matching_actions(pattern, kind))
                    total = plus(total, with(name));
            }
        }
    }
    return sum;
}

} // namespace

std::vector<Branch> BranchReader::read_then(Member const& then,
                                            std::vector<Origin> const& origins) {
    std::vector<Branch> branches;
    for (auto const& entry : elements_of(then, findings_))
        branches.push_back(read_entry(entry, origins));
    check_twice(then, branches);
    check_picked_twice(then, branches);
    return branches;
}

std::vector<Branch> BranchReader::read_chain(Member const& chain, Origin const& origin) {
    std::vector<Branch> line;
    std::vector<Origin> origins{origin};
    std::vector<std::string> names;
    for (auto const& element : elements_of(chain, findings_)) {
        auto const name = text_of(element, findings_);
        if (!name) continue;
        Text const text{*name, element.value->where};
        if (is_glob(*name)) {
            findings_.error(text.where, "a chain has one name a step: write a branch with 'then'");
            continue;
        }
        check_needs(text, nullptr);
        origins = follow(text, origins);
        names.push_back(*name);
    }
    for (auto name = names.rbegin(); name != names.rend(); ++name) {
        Branch branch;
        branch.actions = {*name};
        branch.then = std::exchange(line, {});
        line.push_back(std::move(branch));
    }
    return line;
}

Branch BranchReader::read_entry(Member const& entry, std::vector<Origin> const& origins) {
    Branch branch;
    if (findings_.is_full()) return branch;
    if (!entry.value->is_map()) {
        if (!entry.value->is_text()) {
            needs(entry, "actions: a name, or a mapping with 'action'", findings_);
        } else if (auto const name = text_of(entry, findings_)) {
            branch.actions = {*name};
            check_needs({*name, entry.value->where}, nullptr);
            follow({*name, entry.value->where}, origins);
        }
        return branch;
    }
    std::vector<std::string_view> keys{"action", "then", "download", "prompt", "pick"};
    auto const fields = field_keys(service_);
    keys.insert(keys.end(), fields.begin(), fields.end());
    Section const map(entry, findings_, keys);
    map.read("download", branch.download);
    read_fields(*entry.value, branch);
    std::vector<Origin> made;
    auto const* action = map.find("action");
    auto const* pick = map.find("pick");
    if (action && pick)
        findings_.error(pick->where, "an entry of 'then' has an 'action' or a 'pick', not both");
    else if (action)
        made = read_actions(*action, *entry.value, branch, origins);
    else if (pick)
        made = read_pick(*pick, *entry.value, branch, origins);
    else
        findings_.error(entry.where, "an entry of 'then' needs an 'action' or a 'pick'");
    for (auto const& name : branch.actions) check_fields(*entry.value, name);
    if (auto const* then = map.find("then")) {
        branch.then = read_then(*then, made);
        check_visible(*then, branch.download, branch.then);
    }
    return branch;
}

std::vector<Origin> BranchReader::read_actions(Member const& action, Node const& entry,
                                               Branch& branch, std::vector<Origin> const& origins) {
    std::vector<Origin> made;
    auto const named =
        action.value->is_list() ? elements_of(action, findings_) : std::vector<Member>{action};
    if (named.empty() && action.value->is_list()) needs(action, "at least one name", findings_);
    for (auto const& one : named) {
        auto const name = text_of(one, findings_);
        if (!name) continue;
        branch.actions.push_back(*name);
        for (auto& image : follow({*name, one.value->where}, origins))
            add_origin(made, std::move(image));
        check_needs({*name, one.value->where}, &entry);
    }
    return made;
}

/// Checks that an action has the field that it cannot do without. `entry`: the mapping with the
/// action; null where there is only its name.
void BranchReader::check_needs(Text const& name, Node const* entry) {
    auto const* known = service_.find_action(name.value);
    if (known == nullptr || known->needs.empty()) return;
    if (entry != nullptr && entry->find(known->needs) != nullptr) return;
    auto error = fmt::format("'{}' needs a '{}' next to it", name.value, known->needs);
    if (entry == nullptr)
        error += fmt::format(": {{action: {}, {}: ...}} in 'then'", name.value, known->needs);
    findings_.error(name.where, std::move(error));
}

void BranchReader::read_fields(Node const& map, Branch& branch) {
    FieldReader reader(service_, findings_);
    reader.refuse_delivery_fields(map);
    reader.read(map, branch.fields);
    for (auto const& field : service_.fields) {
        if (!field.is_address()) continue;
        if (auto const address = address_to_fill(branch.fields, field.key))
            check_fill({*address, map.find(field.key)->value->where}, variables_, findings_);
    }
    auto const* prompt = map.find("prompt");
    auto const text = prompt ? text_of(*prompt, findings_) : std::nullopt;
    if (!text) return;
    auto const& where = prompt->value->where;
    if (read_template({*text, where}, variables_, findings_).count() > 1)
        findings_.error(where, "a follow-up has one prompt: write an entry for each permutation");
    lint_part(*text, {TextOrigin::follow_up}, where, service_.params, findings_);
    if (service_.params != nullptr)
        check_sent_follow_up({*text, where}, *service_.params, findings_);
    branch.fields.set("prompt", *text);
}

/// Refuses keys that the endpoint of `action` does not take: a text needs nothing but the image,
/// and has no file to keep.
void BranchReader::check_fields(Node const& map, std::string const& action) {
    auto const& endpoint = service_.endpoint_of(action);
    for (auto const& member : map.members) {
        bool const of_drawings = member.key == "prompt" || member.key == "download";
        bool const fits = service_.find_field(member.key) ? endpoint.takes(member.key)
                                                          : !of_drawings || endpoint.draws();
        if (!fits)
            findings_.error(member.where, fmt::format("'{}' takes no '{}': write an entry of its "
                                                      "own for it",
                                                      action, member.key));
        for (auto const& refused : endpoint.refuses) {
            if (member.key == refused.field && member.value->text == refused.value)
                findings_.error(member.value->where, std::string(refused.why));
        }
    }
}

std::vector<Origin> BranchReader::follow(Text const& name, std::vector<Origin> const& origins) {
    if (!is_action_name(name.value)) {
        findings_.error(name.where,
                        fmt::format("'{}' is not an action name: they have small letters, "
                                    "digits and '_', a glob also '*'",
                                    name.value));
        return {{name.value, std::nullopt}};
    }
    if (is_glob(name.value)) return follow_glob(name, origins);
    auto const* known = service_.find_action(name.value);
    if (!known) {
        check_unknown(name);
        return {{name.value, std::nullopt}};
    }
    if (name.value == service_.first_actions.front().name) {
        findings_.error(
            name.where,
            fmt::format("'{}' makes the first image; it can't follow another", name.value));
    } else if (service_.begins_a_job(name.value)) {
        findings_.error(name.where, fmt::format("'{0}' can't follow an image: write a job with "
                                                "'kind: {0}'",
                                                name.value));
    } else {
        for (auto const& origin : origins) check_origin(name, origin);
    }
    return {{name.value, known->makes}};
}

std::vector<Origin> BranchReader::follow_glob(Text const& glob,
                                              std::vector<Origin> const& origins) {
    std::vector<Origin> made;
    bool const all_known = std::all_of(origins.begin(), origins.end(), knows_kind);
    for (auto const& origin : origins) {
        if (!knows_kind(origin)) {
            add_origin(made, {glob.value, std::nullopt});
            continue;
        }
        if (auto const* row = misleading(service_, glob.value, *origin.kind)) {
            findings_.error(glob.where, fmt::format("'{}' after '{}', {}", glob.value,
                                                    origin.action, row->why));
            return {{glob.value, std::nullopt}};
        }
        for (auto const name : service_.matching_actions(glob.value, *origin.kind))
            add_origin(made, {std::string(name), service_.made_by(name)});
    }
    if (made.empty() && all_known && !origins.empty())
        findings_.error(glob.where, fmt::format("'{}' matches nothing that {} offers: {}",
                                                glob.value, kind_name(*origins.front().kind),
                                                offer_of(service_, *origins.front().kind)));
    return made;
}

void BranchReader::check_origin(Text const& name, Origin const& origin) {
    if (!knows_kind(origin)) return;
    if (!service_.can_offer(*origin.kind, name.value)) {
        findings_.error(name.where, fmt::format("'{}' can't follow '{}': {} offers {}", name.value,
                                                origin.action, kind_name(*origin.kind),
                                                offer_of(service_, *origin.kind)));
        return;
    }
    auto const again = service_.find_action(name.value)->repeats;
    bool const fits = again.empty() || origin.action == name.value || origin.action == again;
    if (!fits)
        findings_.error(name.where, fmt::format("'{}' can't follow '{}', only '{}'", name.value,
                                                origin.action, again));
}

void BranchReader::check_unknown(Text const& name) {
    auto const& misnomers = service_.misnomers;
    auto const wrong = std::find_if(misnomers.begin(), misnomers.end(), [&](Misnomer const& known) {
        return known.name == name.value;
    });
    if (wrong != misnomers.end()) {
        findings_.error(name.where, fmt::format("'{}' is not an action of the service: use {}",
                                                name.value, wrong->remedy));
        return;
    }
    std::vector<std::string_view> names;
    for (auto const& action : service_.follow_ups) names.push_back(action.name);
    auto const hint = did_you_mean(name.value, names);
    auto text = fmt::format("unknown action '{}'{}", name.value, hint);
    if (!hint.empty())
        findings_.error(name.where, std::move(text)); // the image above would be paid for nothing
    else
        findings_.warning(name.where,
                          text + " (it is sent only if the image turns out to offer it)");
}

void BranchReader::check_twice(Member const& then, std::vector<Branch> const& branches) {
    std::map<std::string, std::string> seen; // name and request: the entry that named it
    for (std::size_t i = 0; i < branches.size() && i < then.value->items.size(); ++i) {
        auto const request = json::write_canonical(branches[i].fields);
        for (auto const& name : branches[i].actions) {
            if (seen.emplace(name + ' ' + request, name).second) continue;
            findings_.error(then.value->items[i]->where,
                            fmt::format("'{}' is taken twice from the same image", name));
        }
    }
}

std::uint64_t most_steps(ServiceModel const& service, std::vector<Branch> const& then,
                         ResultKind kind) {
    auto const steps = tree_steps(service, then);
    return kind == ResultKind::grid ? steps.grid : steps.single;
}

} // namespace darkroom::jobs
