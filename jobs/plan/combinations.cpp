#include "jobs/plan/combinations.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>

namespace darkroom::jobs {

namespace {

/// Returns the value that `rule` requires on `axis`, if it names that axis.
std::string const* value_for(Axis const& axis, Variables const& rule) {
    auto const found = std::find_if(rule.begin(), rule.end(),
                                    [&](auto const& pair) { return pair.first == axis.name; });
    return found == rule.end() ? nullptr : &found->second;
}

} // namespace

/// Counts axis by axis. Axes and values that no rule names are counted together, and rules that can
/// no longer apply are dropped, so that the work depends on the rules and not on the combinations.
/// Rules can be so entangled that the work limit is not enough; the counter then gives up.
class Combinations::Counter {
public:
    explicit Counter(JobSpec const& job) : job_(job) {
        for (std::size_t axis = 0; axis < job.matrix.size(); ++axis)
            axes_.emplace(job.matrix[axis].name, axis);
        std::set<Variables> different;
        for (auto const& pairs : job.exclude) {
            auto sorted = pairs;
            std::sort(sorted.begin(), sorted.end());
            if (different.insert(std::move(sorted)).second) add_rule(pairs);
        }
    }

    /// Subtracts its work from `work_left`; returns nothing when that is not enough. Call it before
    /// at().
    std::optional<std::uint64_t> count(std::uint64_t& work_left) {
        work_left_ = work_left;
        auto const counted = count_from(0, all_rules_);
        work_left = *work_left_;
        work_left_.reset();
        if (work_left == 0) return std::nullopt;
        return counted;
    }

    std::vector<std::size_t> at(std::uint64_t number) {
        std::vector<std::size_t> chosen;
        auto rules = all_rules_;
        for (std::size_t axis = 0; axis < job_.matrix.size(); ++axis) {
            for (std::size_t value = 0;; ++value) {
                auto left = standing(axis, rules, job_.matrix[axis].values[value]);
                auto const below = count_from(axis + 1, left);
                if (number < below) {
                    chosen.push_back(value);
                    rules = std::move(left);
                    break;
                }
                number -= below;
            }
        }
        return chosen;
    }

private:
    /// The value that a rule requires on each axis.
    using Rule = std::map<std::size_t, std::string_view>;
    using Rules = std::vector<std::size_t>;

    void add_rule(Variables const& pairs) {
        Rule rule;
        for (auto const& [name, value] : pairs) {
            rule[axes_.at(name)] = value;
        }
        all_rules_.push_back(rules_.size());
        rules_.push_back(std::move(rule));
    }

    /// The value that the rule wants on `axis`, if it names that axis.
    std::string_view const* value_on(std::size_t axis, std::size_t rule) const {
        auto const found = rules_[rule].find(axis);
        return found == rules_[rule].end() ? nullptr : &found->second;
    }

    std::uint64_t count_from(std::size_t axis, Rules const& rules) {
        std::uint64_t factor = 1;
        auto const next = next_named(axis, rules);
        for (; axis < next; ++axis) factor = times(factor, job_.matrix[axis].values.size());
        for (auto const rule : rules) {
            if (rules_[rule].rbegin()->first < axis) return 0; // it has come true
        }
        if (rules.empty() || work_left_ == 0) return factor;
        auto const [known, is_new] = known_.try_emplace({axis, rules}, 0);
        if (!is_new) return times(factor, known->second);
        std::uint64_t sum = 0;
        for (auto const& [left, size] : groups_of(axis, rules))
            sum = plus(sum, times(size, count_from(axis + 1, left)));
        known->second = sum; // references into a map stay valid
        return times(factor, sum);
    }

    void spend(std::uint64_t work) {
        if (work_left_) *work_left_ -= std::min(*work_left_, work);
    }

    /// Groups the values of `axis` by the rules that may still apply, with the size of each group.
    std::map<Rules, std::uint64_t> groups_of(std::size_t axis, Rules const& rules) {
        spend(job_.matrix[axis].values.size());
        Rules indifferent;
        std::map<std::string_view, Rules> by_value;
        for (auto const rule : rules) {
            auto const* required = value_on(axis, rule);
            (required != nullptr ? by_value[*required] : indifferent).push_back(rule);
        }
        std::map<Rules, std::uint64_t> groups;
        std::uint64_t others = 0;
        for (auto const& value : job_.matrix[axis].values) {
            auto const own = by_value.find(value);
            if (own == by_value.end()) {
                ++others;
                continue;
            }
            Rules left;
            std::merge(indifferent.begin(), indifferent.end(), own->second.begin(),
                       own->second.end(), std::back_inserter(left));
            spend(left.size());
            ++groups[std::move(left)];
        }
        if (others > 0) groups[std::move(indifferent)] += others;
        return groups;
    }

    /// Returns the first axis from `axis` on that a rule names, or the end.
    std::size_t next_named(std::size_t axis, Rules const& rules) {
        auto next = job_.matrix.size();
        for (auto const rule : rules) {
            auto const named = rules_[rule].lower_bound(axis);
            if (named != rules_[rule].end()) next = std::min(next, named->first);
        }
        spend(rules.size());
        return next;
    }

    /// Returns the rules that may still apply once `axis` has `value`.
    Rules standing(std::size_t axis, Rules const& rules, std::string_view value) const {
        Rules left;
        for (auto const rule : rules) {
            auto const* required = value_on(axis, rule);
            if (required == nullptr || *required == value) left.push_back(rule);
        }
        return left;
    }

    JobSpec const& job_;
    std::map<std::string_view, std::size_t> axes_; // of the axes
    std::vector<Rule> rules_;                      // no two alike
    Rules all_rules_;
    std::map<std::pair<std::size_t, Rules>, std::uint64_t> known_;
    std::optional<std::uint64_t>
        work_left_; // only set while counting; later calls find known values
};

bool is_excluded(JobSpec const& job, std::vector<std::size_t> const& chosen) {
    return std::any_of(job.exclude.begin(), job.exclude.end(), [&](Variables const& rule) {
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            auto const* required = value_for(job.matrix[i], rule);
            if (required && *required != job.matrix[i].values[chosen[i]]) return false;
        }
        return true;
    });
}

Combinations::Combinations(JobSpec const& job, std::uint64_t* work_left) : job_(job), count_(1) {
    for (auto const& axis : job.matrix) count_ = times(count_, axis.values.size());
    bool const is_refused = count_ > items_max && !job.sample; // whatever is left out
    if (job.exclude.empty() || is_refused) return;
    counter_ = std::make_unique<Counter>(job);
    auto own_work = counting_max;
    auto const counted = counter_->count(work_left != nullptr ? *work_left : own_work);
    is_countable_ = counted.has_value();
    count_ = counted.value_or(count_);
}

Combinations::~Combinations() = default;

std::vector<std::size_t> Combinations::at(std::uint64_t number) {
    if (counter_) return counter_->at(number);
    std::vector<std::size_t> chosen(job_.matrix.size());
    for (auto axis = chosen.size(); axis-- > 0;) {
        auto const size = job_.matrix[axis].values.size();
        chosen[axis] = static_cast<std::size_t>(number % size);
        number /= size;
    }
    return chosen;
}

std::uint64_t count_texts(JobSpec const& job) {
    auto const combinations = job.combinations ? *job.combinations : Combinations(job).count();
    if (job.expand) return times(job.row_texts, combinations);
    return times(times(job.rows, combinations), job.prompt.count());
}

std::uint64_t count_items(JobSpec const& job) {
    auto texts = count_texts(job);
    if (!job.repeat_from.empty()) return job.rows == 0 ? 0 : times(texts / job.rows, job.repeats);
    if (job.sample) texts = std::min(texts, job.sample->count);
    return times(texts, static_cast<std::uint64_t>(job.repeat));
}

} // namespace darkroom::jobs
