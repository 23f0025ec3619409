#include "jobs/plan/estimate.hpp"

#include "jobs/model/job_spec.hpp"
#include "runner/base/text.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

namespace darkroom::jobs {

namespace {

constexpr std::uint64_t tiles_of_a_grid = 4;
constexpr std::uint64_t videos_of_an_image = 4;

Span scaled(Span const& span, std::uint64_t by) {
    return {times(span.least, by), times(span.expected, by), times(span.most, by)};
}

/// Returns how often an action is taken, in the three ways of reading a glob.
Span takes(ServiceModel const& service, std::string_view pattern, std::string_view action) {
    if (!is_glob(pattern)) return {1, 1, 1};
    return {0, service.find_action(action)->published ? 1u : 0u, 1};
}

struct Makes {
    ServiceModel const& service;
    ResultKind kind;
    bool operator()(std::string const& name) const { return service.made_by(name) == kind; }
};

/// The candidates of a pick below a number of images of one kind.
class Pick {
public:
    Pick(ServiceModel const& service, Branch const& branch, ResultKind kind, Span const& images)
        : service_(service), images_(images) {
        std::set<std::string> names;
        for (auto const& pattern : branch.actions) {
            if (!is_glob(pattern)) names.insert(pattern);
            if (!is_glob(pattern)) continue;
            for (auto const name : service.matching_actions(pattern, kind)) names.emplace(name);
        }
        names_.assign(names.begin(), names.end());
        each_ = {std::min<std::uint64_t>(branch.pick->least, names_.size()),
                 std::min<std::uint64_t>(branch.pick->most, names_.size())};
    }

    Span count() const { return of(each_); }

    /// The sum of what each picked action comes to.
    template <class Value>
    Span sum_of(Value value_of) const {
        std::vector<std::uint64_t> values;
        for (auto const& name : names_) values.push_back(value_of(name));
        std::sort(values.begin(), values.end());
        auto const first = values.begin();
        auto const last = values.rbegin();
        auto const sum = [](auto from, std::uint64_t number) {
            return std::accumulate(from, from + static_cast<std::ptrdiff_t>(number),
                                   std::uint64_t{0});
        };
        auto const all = std::max<std::uint64_t>(values.size(), 1);
        auto const whole = times(count().expected, sum(first, values.size()));
        return {times(images_.least, sum(first, each_.least)), whole / all,
                times(images_.most, sum(last, each_.most))};
    }

    std::optional<std::string> one_that_makes(ResultKind kind) const {
        auto const found = std::find_if(names_.begin(), names_.end(), Makes{service_, kind});
        return found == names_.end() ? std::nullopt : std::optional(*found);
    }

    /// The others may be picked first, or last.
    Span count_that_make(ResultKind kind) const {
        auto const all = static_cast<std::uint64_t>(names_.size());
        auto const fit = static_cast<std::uint64_t>(
            std::count_if(names_.begin(), names_.end(), Makes{service_, kind}));
        auto const others = all - fit;
        auto span = of({each_.least > others ? each_.least - others : 0,
                        std::min<std::uint64_t>(each_.most, fit)});
        span.expected = times(count().expected, fit) / std::max<std::uint64_t>(all, 1);
        return span;
    }

private:
    /// Half-way between the two, where nothing else is known of a person.
    Span of(PickCount const& each) const {
        return {times(images_.least, each.least),
                plus(times(images_.expected, each.least + each.most), 1) / 2,
                times(images_.most, each.most)};
    }

    ServiceModel const& service_;
    Span images_;
    std::vector<std::string> names_;
    PickCount each_;
};

/// Walks the tree below one item, as it is the same for all items of a job.
class Walker {
public:
    Walker(JobFile const& file, JobSpec const& job, Estimate& sum)
        : file_(file), job_(job), service_(*job.service), sum_(sum) {}

    void walk(std::uint64_t items) {
        auto const action = service_.action_of(service_.endpoint_at(job_.endpoint), job_.fields);
        Image const image{action, {items, items, items}};
        add(image, job_.download, asks_for_tiles(job_.fields), is_leaf(*job_.then, service_));
        below(image, *job_.then);
    }

    void walk(OpenSteps const& open) {
        auto const& step = open.step;
        Image const image{step.request.action(), {open.count, open.count, open.count}};
        bool const tiles = asks_for_tiles(step.request.body);
        if (!open.is_sent) add(image, step.download, tiles, is_leaf(*step.then, service_));
        below(image, *step.then);
    }

    std::size_t depth() const { return deepest_ + 1; }

private:
    struct Image {
        std::string action;
        Span count;
    };

    void below(Image const& parent, std::vector<Branch> const& then) {
        if (++depth_ > deepest_ && !then.empty()) deepest_ = depth_;
        auto const kind = service_.made_by(parent.action);
        for (auto const& branch : then) {
            if (branch.pick) {
                pick(parent, branch);
                continue;
            }
            for (auto const& pattern : branch.actions) {
                for (auto const& action : actions_of(pattern, kind)) {
                    Span const share = takes(service_, pattern, action);
                    Span const count{times(parent.count.least, share.least),
                                     times(parent.count.expected, share.expected),
                                     times(parent.count.most, share.most)};
                    Image const image{action, count};
                    bool const tiles = asks_for_tiles(branch.fields);
                    add(image, branch.download, tiles, is_leaf(branch.then, service_));
                    below(image, branch.then);
                }
            }
        }
        --depth_;
    }

    /// The fewest and cheapest at least, the most and dearest at most.
    void pick(Image const& parent, Branch const& branch) {
        Pick const pick(service_, branch, service_.made_by(parent.action), parent.count);
        auto& row = row_of("pick " + join(branch.actions, ","));
        auto const cost = pick.sum_of(
            [&](auto const& name) { return static_cast<std::uint64_t>(file_.prices.of(name)); });
        row.steps += pick.count();
        row.cost += cost;
        sum_.steps += pick.count();
        sum_.cost += cost;
        bool const tiles = asks_for_tiles(branch.fields);
        bool const is_kept =
            branch.download && (!file_.output.leaves_only || is_leaf(branch.then, service_));
        if (is_kept) {
            sum_.images += pick.sum_of([&](auto const& name) { return files_of(name, tiles); });
            sum_.bytes += pick.sum_of([&](auto const& name) { return bytes_of(name, tiles); });
        }
        for (auto const kind : {ResultKind::grid, ResultKind::single}) {
            auto const name = pick.one_that_makes(kind);
            if (name) below(Image{*name, pick.count_that_make(kind)}, branch.then);
        }
    }

    std::vector<std::string> actions_of(std::string const& pattern, ResultKind kind) const {
        if (!is_glob(pattern)) return {pattern};
        std::vector<std::string> names;
        for (auto const name : service_.matching_actions(pattern, kind)) names.emplace_back(name);
        return names;
    }

    bool asks_for_tiles(json::Value const& fields) const {
        return fields.boolean(service_.tiles_in).value_or(false);
    }

    void add(Image const& image, bool download, bool tiles, bool is_last) {
        auto& row = row_of(image.action);
        auto const price = static_cast<std::uint64_t>(file_.prices.of(image.action));
        row.steps += image.count;
        row.cost += scaled(image.count, price);
        sum_.steps += image.count;
        sum_.cost += scaled(image.count, price);
        if (!download || (file_.output.leaves_only && !is_last)) return;
        sum_.images += scaled(image.count, files_of(image.action, tiles));
        sum_.bytes += scaled(image.count, bytes_of(image.action, tiles));
    }

    bool is_cut(std::string_view action, bool tiles) const {
        auto const kind = service_.made_by(action);
        return kind == ResultKind::grid ? tiles || file_.output.split_grids
                                        : kind == ResultKind::edited && tiles;
    }
    std::uint64_t files_of(std::string_view action, bool tiles) const {
        if (service_.made_by(action) == ResultKind::text) return file_.output.text_files ? 1 : 0;
        if (service_.made_by(action) == ResultKind::video) return videos_of_an_image;
        return is_cut(action, tiles) ? 1 + tiles_of_a_grid : 1;
    }
    std::uint64_t bytes_of(std::string_view action, bool tiles) const {
        return files_of(action, tiles) == 0
                   ? 0
                   : service_.assumed_bytes(action) * (is_cut(action, tiles) ? 2 : 1);
    }

    EstimateRow& row_of(std::string const& action) {
        auto const known =
            std::find_if(sum_.rows.begin(), sum_.rows.end(), [&](EstimateRow const& row) {
                return row.job == job_.id && row.action == action;
            });
        if (known != sum_.rows.end()) return *known;
        sum_.rows.push_back({job_.id, action, {}, {}});
        return sum_.rows.back();
    }

    JobFile const& file_;
    JobSpec const& job_;
    ServiceModel const& service_;
    Estimate& sum_;
    std::size_t depth_ = 0;
    std::size_t deepest_ = 0;
};

Duration generation_of(JobFile const& file, Assumptions const& assumptions) {
    return assumptions.generation.value_or(file.is_local() ? 1s : 60s);
}

/// Whichever is slower: letting the steps in at the rate, working them off with that many hands, or
/// the longest line of steps that wait for each other.
Duration time_at(Limits const& limits, std::uint64_t steps, std::size_t depth,
                 Duration generation) {
    if (steps == 0) return {};
    double const each = std::chrono::duration<double>(generation).count();
    auto const all = static_cast<double>(steps);
    double const let_in = (all - 1) / limits.rate + each;
    double const worked_off = std::ceil(all / limits.concurrency) * each;
    double const in_line = static_cast<double>(depth) * each;
    double const seconds = std::min(std::max({let_in, worked_off, in_line}), 3e9);
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

} // namespace

Span& Span::operator+=(Span const& other) {
    least = plus(least, other.least);
    expected = plus(expected, other.expected);
    most = plus(most, other.most);
    return *this;
}

Estimate estimate(JobFile const& file, PlanOptions const& options, Assumptions assumptions) {
    Estimate sum;
    std::size_t depth = 0;
    auto left = options.limit.value_or(std::numeric_limits<std::uint64_t>::max());
    for (auto const& job : file.jobs) {
        if (!options.only.empty() && !options.only.contains(job->id)) continue;
        auto const items = std::min(left, count_items(*job, options.shard));
        if (items == 0) continue;
        left -= items;
        sum.items = plus(sum.items, items);
        Walker walker(file, *job, sum);
        walker.walk(items);
        depth = std::max(depth, walker.depth());
    }
    sum.time = time_at(file.limits, sum.steps.expected, depth, generation_of(file, assumptions));
    return sum;
}

Estimate estimate_open(JobFile const& file, std::vector<OpenSteps> const& open,
                       Assumptions assumptions) {
    Estimate sum;
    std::size_t depth = 0;
    for (auto const& steps : open) {
        auto const job = std::find_if(file.jobs.begin(), file.jobs.end(), [&](auto const& spec) {
            return spec->id == steps.step.item->job;
        });
        if (job == file.jobs.end()) continue;
        Walker walker(file, **job, sum);
        walker.walk(steps);
        depth = std::max(depth, walker.depth());
    }
    sum.time = time_at(file.limits, sum.steps.expected, depth, generation_of(file, assumptions));
    return sum;
}

} // namespace darkroom::jobs
