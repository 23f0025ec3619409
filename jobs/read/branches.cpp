#include "jobs/read/branches.hpp"

#include "jobs/read/request_fields.hpp"
#include "jobs/read/text_lint.hpp"
#include "jobs/services/addresses.hpp"
#include "jobs/services/midjourney/endpoint.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>

namespace darkroom::jobs {

namespace {

/// Names in circulation that this service answers with an error; never worth a try.
struct Misnomer {
    std::string_view name;
    std::string_view cure;
};
constexpr std::array<Misnomer, 7> misnomers{{
    {"upsample1", "upscale1"},
    {"upsample2", "upscale2"},
    {"upsample3", "upscale3"},
    {"upsample4", "upscale4"},
    {"upscale", "upscale1 … upscale4, or upscale_2x"},
    {"variation", "variation1 … variation4, or variation_subtle"},
    {"blend", "'images' with two to five addresses in the job itself"},
}};

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
std::string offer_of(ResultKind kind) {
    std::vector<std::string> names;
    for (auto const& action : known_actions()) {
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

bool begins_a_job(std::string_view name) {
    auto const firsts = first_actions();
    return std::any_of(firsts.begin(), firsts.end(),
                       [name](Action const& action) { return action.name == name; });
}

bool knows_kind(Origin const& origin) { return origin.kind.has_value(); }

/// The single-image list has names like upscale_2x; `upscale*` is how the grid's are meant.
bool is_grid_upscale(std::string_view glob) { return glob == "upscale*"; }

/// Of a tree below an image of either kind: both at once, so that each branch is visited once.
struct TreeSteps {
    std::uint64_t grid = 0;
    std::uint64_t single = 0;
};

std::uint64_t plus(std::uint64_t a, std::uint64_t b) {
    auto const most = std::numeric_limits<std::uint64_t>::max();
    return a > most - b ? most : a + b;
}

TreeSteps tree_steps(std::vector<Branch> const& then) {
    TreeSteps sum;
    for (auto const& branch : then) {
        auto const below = tree_steps(branch.then);
        auto const with = [&](std::string_view action) {
            return plus(1, made_by(action) == ResultKind::grid ? below.grid : below.single);
        };
        for (auto const& pattern : branch.actions) {
            for (auto const kind : {ResultKind::grid, ResultKind::single}) {
                auto& total = kind == ResultKind::grid ? sum.grid : sum.single;
                if (!is_glob(pattern)) total = plus(total, with(pattern));
                if (!is_glob(pattern)) continue;
                for (auto const name : matching_actions(pattern, kind))
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
            follow({*name, entry.value->where}, origins);
        }
        return branch;
    }
    std::vector<std::string_view> keys{"action", "then", "download", "prompt", "pick"};
    keys.insert(keys.end(), request_fields.begin(), request_fields.end());
    keys.insert(keys.end(), video_fields.begin(), video_fields.end());
    keys.insert(keys.end(), delivery_fields.begin(), delivery_fields.end());
    Section const map(entry, findings_, keys);
    map.read("download", branch.download);
    read_fields(*entry.value, branch);
    std::vector<Origin> made;
    auto const* action = map.find("action");
    auto const* pick = map.find("pick");
    bool const has_mask = map.find("mask") != nullptr;
    if (action && pick)
        findings_.error(pick->where, "an entry of 'then' has an 'action' or a 'pick', not both");
    else if (action)
        made = read_actions(*action, has_mask, branch, origins);
    else if (pick)
        made = read_pick(*pick, has_mask, branch, origins);
    else
        findings_.error(entry.where, "an entry of 'then' needs an 'action' or a 'pick'");
    for (auto const& name : branch.actions) check_fields(*entry.value, name);
    if (auto const* then = map.find("then")) {
        branch.then = read_then(*then, made);
        check_visible(*then, branch.download, branch.then);
    }
    return branch;
}

std::vector<Origin> BranchReader::read_actions(Member const& action, bool has_mask, Branch& branch,
                                               std::vector<Origin> const& origins) {
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
        if (*name == "variation_region" && !has_mask)
            findings_.error(one.value->where, "'variation_region' needs a 'mask' beside it");
    }
    return made;
}

void BranchReader::read_fields(Node const& map, Branch& branch) {
    refuse_delivery_fields(map, findings_);
    read_request_fields(map, branch.fields, findings_);
    for (auto const key : address_fields) {
        if (auto const address = address_to_fill(branch.fields, key))
            check_fill({*address, map.find(key)->value->where}, variables_, findings_);
    }
    auto const* prompt = map.find("prompt");
    auto const text = prompt ? text_of(*prompt, findings_) : std::nullopt;
    if (!text) return;
    auto const& where = prompt->value->where;
    if (read_template({*text, where}, variables_, findings_).count() > 1)
        findings_.error(where, "a follow-up has one prompt: write an entry for each permutation");
    lint_part(*text, where, findings_);
    branch.fields.set("prompt", *text);
}

/// A text is asked for with nothing but the image, and there is no file not to keep.
void BranchReader::check_fields(Node const& map, std::string const& action) {
    for (auto const& member : map.members) {
        auto const is_key = [&member](std::string_view key) { return key == member.key; };
        bool const of_video = std::any_of(video_fields.begin(), video_fields.end(), is_key);
        bool const of_image = std::any_of(request_fields.begin(), request_fields.end(), is_key);
        // Of a text there is neither a file nor a prompt.
        bool fits = !of_image && !of_video && !is_key("prompt") && !is_key("download");
        if (action == "video")
            fits = !of_image || is_key("mode");
        else if (endpoint_of(action).draws())
            fits = !of_video;
        if (!fits)
            findings_.error(member.where, fmt::format("'{}' takes no '{}': write an entry of its "
                                                      "own for it",
                                                      action, member.key));
        if (action == "video" && is_key("mode") && member.value->text == "relax")
            findings_.error(member.value->where, "a video is made 'fast' or 'turbo', not 'relax'");
    }
}

std::vector<Origin> BranchReader::follow(Text const& name, std::vector<Origin> const& origins) {
    if (!is_action_name(name.value)) {
        findings_.error(name.where, fmt::format("'{}' is no action name: they have small letters, "
                                                "digits and '_', a glob also '*'",
                                                name.value));
        return {{name.value, std::nullopt}};
    }
    if (is_glob(name.value)) return follow_glob(name, origins);
    auto const* known = find_action(name.value);
    if (!known) {
        check_unknown(name);
        return {{name.value, std::nullopt}};
    }
    if (name.value == "generate") {
        findings_.error(name.where, "'generate' makes the first image; it can't follow another");
    } else if (begins_a_job(name.value)) {
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
        if (*origin.kind == ResultKind::single && is_grid_upscale(glob.value)) {
            findings_.error(glob.where, fmt::format("'upscale*' after '{}', which gives a single "
                                                    "image: name upscale_2x, or write 'upscale_*'",
                                                    origin.action));
            return {{glob.value, std::nullopt}};
        }
        for (auto const name : matching_actions(glob.value, *origin.kind))
            add_origin(made, {std::string(name), made_by(name)});
    }
    if (made.empty() && all_known && !origins.empty())
        findings_.error(glob.where, fmt::format("'{}' matches nothing that {} offers: {}",
                                                glob.value, kind_name(*origins.front().kind),
                                                offer_of(*origins.front().kind)));
    return made;
}

void BranchReader::check_origin(Text const& name, Origin const& origin) {
    if (!knows_kind(origin)) return;
    if (!can_offer(*origin.kind, name.value)) {
        findings_.error(name.where, fmt::format("'{}' can't follow '{}': {} offers {}", name.value,
                                                origin.action, kind_name(*origin.kind),
                                                offer_of(*origin.kind)));
        return;
    }
    constexpr std::string_view redo = "redo_";
    auto const again = std::string_view(name.value);
    bool const fits = !again.starts_with(redo) || origin.action == again ||
                      origin.action == again.substr(redo.size());
    if (!fits)
        findings_.error(name.where, fmt::format("'{}' can't follow '{}', only '{}'", again,
                                                origin.action, again.substr(redo.size())));
}

void BranchReader::check_unknown(Text const& name) {
    auto const wrong = std::find_if(misnomers.begin(), misnomers.end(), [&](Misnomer const& known) {
        return known.name == name.value;
    });
    if (wrong != misnomers.end()) {
        findings_.error(name.where, fmt::format("'{}' is no action of the service: use {}",
                                                name.value, wrong->cure));
        return;
    }
    std::vector<std::string_view> names;
    for (auto const& action : known_actions()) names.push_back(action.name);
    auto text = fmt::format("unknown action '{}'{}", name.value, did_you_mean(name.value, names));
    if (strict_) {
        findings_.error(name.where, std::move(text));
    } else {
        findings_.warning(name.where,
                          text + " (it is sent only if the image turns out to offer it)");
    }
}

void BranchReader::check_twice(Member const& then, std::vector<Branch> const& branches) {
    std::map<std::string, std::string> seen; // name and request: the entry that named it
    for (std::size_t i = 0; i < branches.size() && i < then.value->items.size(); ++i) {
        auto const request = json::write_canonical(branches[i].fields);
        for (auto const& name : branches[i].actions) {
            if (seen.emplace(name + ' ' + request, name).second) continue;
            findings_.error(then.value->items[i]->where,
                            fmt::format("'{}' is wanted twice from the same image", name));
        }
    }
}

std::uint64_t most_steps(std::vector<Branch> const& then, ResultKind kind) {
    auto const steps = tree_steps(then);
    return kind == ResultKind::grid ? steps.grid : steps.single;
}

} // namespace darkroom::jobs
