#include "jobs/plan.hpp"

#include "jobs/job_spec.hpp"
#include "runner/base/text.hpp"

#include <limits>

namespace darkroom::jobs {

namespace {

bool is_wanted(JobSpec const& job, PlanOptions const& options) {
    return options.only.empty() || options.only.contains(job.id);
}

/// Where in a job the plan stands: an odometer whose last wheel turns fastest.
struct Place {
    std::vector<std::size_t> chosen; ///< A value of each axis.
    std::uint64_t text = 0;          ///< A permutation of the prompt.
    int repeat = 0;
    std::uint64_t index = 0;

    /// To the next place; false at the end of the job. Excluded combinations are passed over.
    bool advance(JobSpec const& job) {
        if (++repeat < job.repeat) return true;
        repeat = 0;
        ++index;
        if (++text < job.prompt.count()) return true;
        text = 0;
        return turn(job) && skip_excluded(job);
    }

    bool turn(JobSpec const& job) {
        for (std::size_t wheel = chosen.size(); wheel-- > 0;) {
            if (++chosen[wheel] < job.matrix[wheel].values.size()) return true;
            chosen[wheel] = 0;
        }
        return false;
    }

    bool skip_excluded(JobSpec const& job) {
        while (is_excluded(job, chosen)) {
            if (!turn(job)) return false;
        }
        return true;
    }
};

std::string prompt_of(JobSpec const& job, Item const& item, std::uint64_t text) {
    std::vector<std::string> parts;
    for (auto const& image : job.images) parts.push_back(fill(image, item.variables));
    auto written = job.prompt.expand(text, item.variables);
    if (!written.empty()) parts.push_back(std::move(written));
    return join(parts, " ");
}

std::shared_ptr<Item const> item_at(JobSpec const& job, Place const& place) {
    auto item = std::make_shared<Item>();
    item->job = job.id;
    item->index = place.index;
    item->repeat = place.repeat;
    item->variables = job.vars;
    for (std::size_t i = 0; i < job.matrix.size(); ++i)
        item->variables.emplace_back(job.matrix[i].name, job.matrix[i].values[place.chosen[i]]);
    auto prompt = prompt_of(job, *item, place.text);
    if (!prompt.empty()) item->request.body.set("prompt", std::move(prompt));
    item->request.body.set("action", "generate");
    item->request.body.set("mode", "fast");
    if (auto const* fields = job.fields.object()) {
        for (auto const& [key, value] : *fields) item->request.body.set(key, value);
    }
    item->download = job.download;
    item->then = job.then;
    return item;
}

} // namespace

struct Plan::State {
    JobFile const& file;
    PlanOptions options;
    std::size_t job = 0;
    std::optional<Place> place; ///< Of the item given last; none: the job has not begun.
    std::uint64_t given = 0;

    /// To the next item's place; false at the end of the plan.
    bool advance() {
        for (; job < file.jobs.size(); ++job) {
            auto const& spec = *file.jobs[job];
            if (place) {
                if (place->advance(spec)) return true;
            } else if (is_wanted(spec, options)) {
                place.emplace();
                place->chosen.resize(spec.matrix.size());
                if (place->skip_excluded(spec)) return true;
            }
            place.reset();
        }
        return false;
    }
};

Plan::Plan(JobFile const& file, PlanOptions options)
    : state_(std::make_unique<State>(State{file, std::move(options), 0, std::nullopt, 0})) {}

Plan::~Plan() = default;

Result<std::shared_ptr<Item const>> Plan::next() {
    auto& state = *state_;
    bool const full = state.options.limit && state.given >= *state.options.limit;
    if (full || !state.advance()) return std::shared_ptr<Item const>();
    ++state.given;
    return item_at(*state.file.jobs[state.job], *state.place);
}

std::uint64_t count_items(JobFile const& file, PlanOptions const& options) {
    auto const most = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t sum = 0;
    for (auto const& job : file.jobs) {
        if (!is_wanted(*job, options)) continue;
        auto const items = count_items(*job);
        sum = items > most - sum ? most : sum + items;
    }
    return options.limit ? std::min(sum, *options.limit) : sum;
}

} // namespace darkroom::jobs
