#include "jobs/job_entry.hpp"

#include "jobs/branches.hpp"
#include "jobs/job_draft.hpp"
#include "jobs/lint.hpp"
#include "jobs/settings.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace darkroom::jobs {

namespace {

constexpr std::size_t images_max = 5;
constexpr std::uint64_t steps_max = 100'000;
constexpr std::size_t jobs_max = 20'000;
constexpr std::size_t merged_max = 2'000'000; // values of the defaults, counted for each job

/// Turns one draft into a JobSpec, checking what only shows once everything is merged.
class Finisher {
public:
    Finisher(JobDraft draft, Where where, bool strict, Findings& findings)
        : draft_(std::move(draft)), where_(where), strict_(strict), findings_(findings) {}

    JobSpec finish(std::string id) {
        spec_.id = std::move(id);
        spec_.repeat = draft_.repeat;
        spec_.download = draft_.download;
        spec_.fields = draft_.fields;
        take_variables();
        take_exclude();
        take_start();
        take_images();
        take_prompt();
        take_follow_ups();
        lint(draft_, findings_);
        check_uses();
        check_size();
        return std::move(spec_);
    }

private:
    void take_variables() {
        for (auto const& axis : draft_.matrix) {
            Axis made{axis.name.value, {}};
            std::set<std::string> seen;
            for (auto const& value : axis.values) {
                if (!seen.insert(value.value).second)
                    findings_.error(value.where, fmt::format("'{}' stands in '{}' twice: to buy "
                                                             "the same again, use 'repeat'",
                                                             value.value, axis.name.value));
                made.values.push_back(value.value);
            }
            names_.push_back(made.name);
            if (!made.values.empty()) spec_.matrix.push_back(std::move(made));
        }
        for (auto const& variable : draft_.vars) {
            bool const taken =
                std::find(names_.begin(), names_.end(), variable.name.value) != names_.end();
            if (taken && !variable.inherited)
                findings_.error(variable.name.where,
                                fmt::format("'{}' is in 'matrix' and in 'vars': which is meant?",
                                            variable.name.value));
            if (taken) continue;
            names_.push_back(variable.name.value);
            spec_.vars.emplace_back(variable.name.value, variable.value.value);
        }
    }

    void take_exclude() {
        std::vector<std::string_view> axes;
        for (auto const& axis : spec_.matrix) axes.push_back(axis.name);
        for (auto const& rule : draft_.exclude) {
            Variables pairs;
            for (auto const& [name, value, inherited] : rule) {
                auto const axis = std::find(axes.begin(), axes.end(), name.value);
                if (axis == axes.end()) {
                    findings_.error(name.where,
                                    fmt::format("'{}' is no key of 'matrix'{}", name.value,
                                                did_you_mean(name.value, axes)));
                    continue;
                }
                check_value(spec_.matrix[static_cast<std::size_t>(axis - axes.begin())], value);
                pairs.emplace_back(name.value, value.value);
            }
            if (!pairs.empty()) spec_.exclude.push_back(std::move(pairs));
        }
    }

    void check_value(Axis const& axis, Text const& value) {
        std::vector<std::string_view> const values(axis.values.begin(), axis.values.end());
        if (std::find(values.begin(), values.end(), value.value) != values.end()) return;
        findings_.error(value.where, fmt::format("'{}' is no value of '{}'{}", value.value,
                                                 axis.name, did_you_mean(value.value, values)));
    }

    /// A job begins with a generation, or with an action on an image of an earlier run.
    void take_start() {
        auto const action = draft_.action ? draft_.action->value : std::string("generate");
        bool const follows = action != "generate";
        if (follows && !draft_.image_id)
            findings_.error(draft_.action->where,
                            fmt::format("'action: {}' needs the 'image_id' it works on; to work on "
                                        "this job's own image, use 'then'",
                                        action));
        if (!follows && draft_.image_id)
            findings_.error(draft_.image_id->where, "'image_id' needs an 'action' to do with it");
        if (draft_.mask && action != "variation_region")
            findings_.error(*draft_.mask, "'mask' is for 'action: variation_region'");
        if (draft_.image_id) {
            auto const& id = draft_.image_id->value;
            bool const digits =
                !id.empty() && id.find_first_not_of("0123456789") == std::string::npos;
            if (!digits) findings_.error(draft_.image_id->where, "'image_id' needs digits only");
            spec_.fields.set("image_id", id);
        }
        if (follows && !find_action(action))
            findings_.warning(draft_.action->where, fmt::format("unknown action '{}'", action));
        if (follows) spec_.fields.set("action", action);
        origin_ = {action, find_action(action) ? std::optional(made_by(action)) : std::nullopt};
    }

    /// Null when the list is not complete: no name can be called undefined then.
    std::vector<std::string> const* known_names() const {
        return draft_.knows_variables ? &names_ : nullptr;
    }

    void take_images() {
        if (draft_.images.size() > images_max)
            findings_.error(draft_.images[images_max].where,
                            fmt::format("{} images, but the service blends {} at most",
                                        draft_.images.size(), images_max));
        for (auto const& image : draft_.images) {
            auto const before = findings_.errors();
            check_fill(image, known_names(), findings_);
            if (findings_.errors() == before) check_addresses(image);
            for (auto const& use : uses_in(image.value)) used_.insert(use);
            spec_.images.push_back(image.value);
        }
    }

    static std::vector<std::string> uses_in(std::string_view text) {
        std::vector<TextProblem> ignored; // check_fill() has reported them
        std::vector<std::string> names;
        for (auto const& use : variables_in(text, ignored)) names.push_back(use.name);
        return names;
    }

    /// Fills in every value of each axis in turn, the others at their first value.
    void check_addresses(Text const& image) {
        auto const first = first_values();
        if (!check_address(image, fill(image.value, first))) return;
        auto const uses = uses_in(image.value);
        for (auto const& axis : spec_.matrix) {
            if (std::find(uses.begin(), uses.end(), axis.name) == uses.end()) continue;
            auto values = first;
            auto const slot = std::find_if(values.begin(), values.end(), [&](auto const& pair) {
                return pair.first == axis.name;
            });
            for (auto const& value : axis.values) {
                slot->second = value;
                if (!check_address(image, fill(image.value, values))) return;
            }
        }
    }

    bool check_address(Text const& image, std::string const& url) {
        bool const is_web = url.starts_with("https://") || url.starts_with("http://");
        bool const has_blank = url.find_first_of(" \t\n") != std::string::npos;
        if (is_web && !has_blank) return true;
        findings_.error(image.where,
                        has_blank ? fmt::format("the address '{}' has a blank in it", url)
                                  : fmt::format("'{}' is no http(s) address: the service fetches "
                                                "the image itself, a local file can't be sent",
                                                url));
        return false;
    }

    Variables first_values() const {
        auto values = spec_.vars;
        for (auto const& axis : spec_.matrix) values.emplace_back(axis.name, axis.values.front());
        return values;
    }

    void take_prompt() {
        bool const generates = origin_.action == "generate";
        bool const blends = spec_.images.size() >= 2;
        auto const given = draft_.prompt && !trim(draft_.prompt->value).empty();
        if (draft_.prompt && !given) {
            findings_.error(draft_.prompt->where, "'prompt' is empty");
        } else if (generates && !blends && draft_.misses_prompt) {
            findings_.error(where_, "this job has no 'prompt'");
        }
        std::vector<Template> parts{read(draft_.prefix)};
        if (draft_.prompt) parts.push_back(read(*draft_.prompt));
        parts.push_back(read(draft_.suffix));
        for (auto const& param : draft_.params) {
            if (param.kind == ParamDraft::Kind::removed) continue;
            parts.push_back(Template::literal("--" + param.key.value));
            if (param.kind == ParamDraft::Kind::value) parts.push_back(read(param.value));
        }
        // A follow-up such as an upscale takes no prompt: prefix and suffix are for generations.
        if (generates || draft_.prompt) spec_.prompt = Template::joined(std::move(parts));
        auto const& where = draft_.prompt ? draft_.prompt->where : where_;
        lint_length(spec_.prompt.expand(0, first_values()), where, findings_);
    }

    Template read(Text const& text) {
        auto made = read_template(text, known_names(), findings_);
        for (auto const& use : made.variables()) used_.insert(use.name);
        return made;
    }

    void take_follow_ups() {
        BranchReader reader(findings_, strict_, known_names());
        auto then = std::make_shared<std::vector<Branch>>();
        if (draft_.then) *then = reader.read_then(*draft_.then, {origin_});
        if (draft_.chain) *then = reader.read_chain(*draft_.chain, origin_);
        auto const& where = draft_.then    ? draft_.then->where
                            : draft_.chain ? draft_.chain->where
                                           : where_;
        auto const kind = origin_.kind.value_or(ImageKind::single);
        if (most_steps(*then, kind) > steps_max)
            findings_.error(where, fmt::format("more than {} steps below one image", steps_max));
        note_uses(*then);
        spec_.then = std::move(then);
    }

    void note_uses(std::vector<Branch> const& branches) {
        for (auto const& branch : branches) {
            for (auto const& use : uses_in(branch.fields.text("prompt").value_or("")))
                used_.insert(use);
            note_uses(branch.then);
        }
    }

    void check_uses() {
        if (draft_.has_later_source) return;
        for (auto const& axis : draft_.matrix) {
            if (used_.contains(axis.name.value) || axis.values.size() < 2) continue;
            findings_.warning(
                axis.name.where,
                fmt::format("'{{{{{}}}}}' is used nowhere: its values all ask for the "
                            "same image, which is made once",
                            axis.name.value));
        }
    }

    void check_size() {
        auto const items = count_items(spec_);
        if (items > items_max)
            findings_.error(where_,
                            fmt::format("this job stands for more than {} items", items_max));
        if (items == 0) findings_.error(where_, "'exclude' leaves nothing of this job");
    }

    JobDraft draft_;
    Where where_;
    bool strict_;
    Findings& findings_;
    JobSpec spec_;
    std::vector<std::string> names_; // of all variables
    std::set<std::string> used_;
    Origin origin_;
};

/// The id of each entry; `job-3` for the third when it has none.
class Ids {
public:
    explicit Ids(Findings& findings) : findings_(findings) {}

    std::string of(Member const& entry, std::size_t number) {
        auto const* member = entry.value->find("id");
        if (!member) return fmt::format("job-{}", number);
        auto const id = text_of(*member, findings_);
        if (!id) return {};
        auto const& where = member->value->where;
        if (!is_slug(*id))
            findings_.error(where, fmt::format("'{}' is no id: letters, digits, '.', '_' and '-', "
                                               "beginning with a letter or digit",
                                               *id));
        auto const [first, is_new] = lines_.emplace(*id, findings_.line_of(where));
        if (!is_new)
            findings_.error(
                where, fmt::format("id '{}' is taken by the job in line {}", *id, first->second));
        return *id;
    }

private:
    Findings& findings_;
    std::map<std::string, int> lines_;
};

} // namespace

std::vector<std::shared_ptr<JobSpec const>> read_jobs(Member const& jobs, Member const* defaults,
                                                      bool strict, Findings& findings) {
    auto const shared = defaults ? defaults->value->size : 0;
    if (jobs.value->items.size() > jobs_max || shared * jobs.value->items.size() > merged_max) {
        findings.error(jobs.where, fmt::format("{} jobs with {} values of defaults each are too "
                                               "many: use 'matrix' within a job",
                                               jobs.value->items.size(), shared));
        return {};
    }
    JobDraft base;
    if (defaults) apply(base, *defaults, false, findings);
    std::vector<std::shared_ptr<JobSpec const>> list;
    if (jobs.value->is_list() && jobs.value->items.empty())
        needs(jobs, "at least one job", findings);
    Ids ids(findings);
    std::uint64_t items = 0;
    for (auto const& entry : elements_of(jobs, findings)) {
        if (findings.is_full()) break;
        auto id = ids.of(entry, list.size() + 1);
        auto draft = base;
        apply(draft, entry, true, findings);
        auto spec = Finisher(std::move(draft), entry.where, strict, findings).finish(std::move(id));
        auto const own = std::min(count_items(spec), items_max);
        if (own < items_max && items <= items_max && items + own > items_max)
            findings.error(
                entry.where,
                fmt::format("with this job the file stands for more than {} items", items_max));
        items += own;
        list.push_back(std::make_shared<JobSpec const>(std::move(spec)));
    }
    return list;
}

} // namespace darkroom::jobs
