// Counting and numbering the combinations of a job without walking through them.
#include "jobs/job_spec.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace darkroom::jobs {

namespace {

/// The value that `rule` wants on `axis`, if it names that axis.
std::string const* wanted_on(Axis const& axis, Variables const& rule) {
    auto const found = std::find_if(rule.begin(), rule.end(),
                                    [&](auto const& pair) { return pair.first == axis.name; });
    return found == rule.end() ? nullptr : &found->second;
}

} // namespace

/// Counts axis by axis. Values that no rule names are counted together, and rules that can no
/// longer apply are dropped, so that the work depends on the rules and not on the combinations.
class Combinations::Counter {
public:
    explicit Counter(JobSpec const& job) : job_(job) {
        for (std::size_t rule = 0; rule < job.exclude.size(); ++rule) all_rules_.push_back(rule);
    }

    std::uint64_t count() { return count_from(0, all_rules_); }

    std::vector<std::size_t> at(std::uint64_t number) {
        std::vector<std::size_t> chosen;
        auto rules = all_rules_;
        for (std::size_t axis = 0; axis < job_.matrix.size(); ++axis) {
            for (std::size_t value = 0;; ++value) {
                auto left = standing(axis, rules, &job_.matrix[axis].values[value]);
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
    using Rules = std::vector<std::size_t>;

    std::uint64_t count_from(std::size_t axis, Rules const& rules) {
        if (axis == job_.matrix.size()) return rules.empty() ? 1 : 0;
        auto const [known, is_new] = known_.try_emplace({axis, rules}, 0);
        if (!is_new) return known->second;
        auto const& values = job_.matrix[axis].values;
        std::map<Rules, std::uint64_t> groups; // values that leave the same rules standing
        auto const mentioned = values_of(axis, rules);
        std::uint64_t others = 0;
        for (auto const& value : values) {
            if (mentioned.contains(value)) {
                ++groups[standing(axis, rules, &value)];
            } else {
                ++others;
            }
        }
        if (others > 0) groups[standing(axis, rules, nullptr)] += others;
        std::uint64_t sum = 0;
        for (auto const& [left, size] : groups) sum += times(size, count_from(axis + 1, left));
        return known_[{axis, rules}] = sum;
    }

    std::set<std::string_view> values_of(std::size_t axis, Rules const& rules) const {
        std::set<std::string_view> values;
        for (auto const rule : rules) {
            if (auto const* value = wanted_on(job_.matrix[axis], job_.exclude[rule]))
                values.insert(*value);
        }
        return values;
    }

    /// The rules that may still apply once `axis` has `value` (null: one that no rule names).
    Rules standing(std::size_t axis, Rules const& rules, std::string const* value) const {
        Rules left;
        for (auto const rule : rules) {
            auto const* wanted = wanted_on(job_.matrix[axis], job_.exclude[rule]);
            if (!wanted || (value && *wanted == *value)) left.push_back(rule);
        }
        return left;
    }

    JobSpec const& job_;
    Rules all_rules_;
    std::map<std::pair<std::size_t, Rules>, std::uint64_t> known_;
};

bool is_excluded(JobSpec const& job, std::vector<std::size_t> const& chosen) {
    return std::any_of(job.exclude.begin(), job.exclude.end(), [&](Variables const& rule) {
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            auto const* wanted = wanted_on(job.matrix[i], rule);
            if (wanted && *wanted != job.matrix[i].values[chosen[i]]) return false;
        }
        return true;
    });
}

Combinations::Combinations(JobSpec const& job) : job_(job), count_(1) {
    for (auto const& axis : job.matrix) count_ = times(count_, axis.values.size());
    if (job.exclude.empty() || count_ > items_max) return;
    counter_ = std::make_unique<Counter>(job);
    count_ = counter_->count();
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
    return times(times(job.rows, Combinations(job).count()), job.prompt.count());
}

std::uint64_t count_items(JobSpec const& job) {
    auto texts = count_texts(job);
    if (job.sample) texts = std::min(texts, job.sample->count);
    return times(texts, static_cast<std::uint64_t>(job.repeat));
}

} // namespace darkroom::jobs
