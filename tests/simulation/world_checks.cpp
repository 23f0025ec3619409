// What must hold at the end of every world.
#include "tests/simulation/world.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::simulation {

using engine::Phase;
using engine::StepState;

std::vector<std::string> World::violations() {
    for (auto const& event : disk_.facts) states_[event.step].apply(event);
    check_steps();
    check_images();
    check_money();
    if (service.concurrency_max > options_.limits.concurrency * (lives + 1))
        complain("more open requests than allowed");
    if (service.strays > 0) complain("a follow-up went to another account than its image's");
    check_accounts();
    return violations_;
}

void World::check_steps() {
    for (auto const& item : items_) check_step(jobs::first_step(item), "");
    check_charges();
}

/// Returns the charges that no rule can prevent: where a word is taken back, and where the listing
/// hides the one task that was lost, while it shows all that are known.
std::map<std::string, int> World::unavoidable() {
    auto again = service.taken_back(); // nobody may have heard it say so
    auto const names = [](engine::Event const& event, std::string const& id) {
        auto const* accepted = std::get_if<engine::Accepted>(&event.fact);
        return accepted != nullptr && accepted->task_id == id;
    };
    for (auto const& task : service.tasks()) {
        if (!service.is_hidden(task) || !task.succeeds()) continue;
        bool const is_named = std::any_of(disk_.facts.begin(), disk_.facts.end(),
                                          [&](auto const& event) { return names(event, task.id); });
        if (!is_named) ++again[task.request];
    }
    return again;
}

void World::check_charges() {
    auto again = unavoidable();
    for (auto const& [request, charged] : service.charges()) {
        auto const wanted = wanted_.find(request);
        int const right = (wanted == wanted_.end() ? 0 : wanted->second) + again[request];
        bool const too_few = charged < right && !budget_spent_ && conduct_ == Conduct::good;
        if (charged > right || too_few)
            complain(fmt::format("paid {} times, wanted {}: {}", charged, right, request));
    }
}

void World::check_step(jobs::Step const& step, std::string const& parent_image_id) {
    auto const& state = states_[step.key];
    bool const forbidden = step.request.prompt().find("forbidden") != std::string::npos;
    bool const first = seen_.insert(step.key).second; // an equal one is paid once
    if (first && !forbidden) ++wanted_[engine::info_of(step, {parent_image_id, ""}).request];
    if (state.phase != Phase::finished && conduct_ == Conduct::imperfect)
        return check_open(step, state);
    if (forbidden) {
        if (state.phase != Phase::failed && !budget_spent_)
            complain("a forbidden step is not failed");
        return;
    }
    if (state.phase != Phase::finished) {
        if (!budget_spent_)
            complain(fmt::format("a wanted step is {}: {}", name_of(state.phase), step.path));
        return;
    }
    // an equal step that wanted no images may have come first, and then the budget was spent
    bool const owed = step.download && (state.info.download || !budget_spent_);
    if (owed && (state.saved.empty() || !folder_.contains(state.saved[0].file)))
        complain("a paid image is not there: " + step.path);
    for (auto const& child : jobs::steps_below(step, state.answer.actions))
        check_step(child, state.answer.image_id);
}

/// With imperfections a step may stay open, but not without a word about why.
void World::check_open(jobs::Step const& step, StepState const& state) {
    if (budget_spent_) return;
    bool const forbidden = step.request.prompt().find("forbidden") != std::string::npos;
    if (state.phase == Phase::failed && !forbidden)
        complain(fmt::format("given up: {} ({})", step.path, state.problem.code));
    bool const has_reason = !state.problem.code.empty() || !state.problem.message.empty();
    if (state.phase == Phase::open && !has_reason)
        complain("unknown, and nobody says why: " + step.path);
    if (state.phase == Phase::wanted && !has_reason)
        complain("left, and nobody says why: " + step.path);
}

void World::check_images() {
    std::set<std::pair<Digest, int>> listed;
    std::map<Digest, std::string> image_ids;
    for (auto const& event : disk_.facts) {
        if (auto const* fact = std::get_if<engine::Finished>(&event.fact)) {
            if (!image_ids.emplace(event.step, fact->answer.image_id).second)
                complain("a step finished twice");
        }
        auto const* saved = std::get_if<engine::ImageSaved>(&event.fact);
        if (saved == nullptr) continue;
        if (!listed.emplace(event.step, saved->image.tile).second)
            complain("an image is listed twice: " + saved->image.file);
        if (folder_[saved->image.file] != SimService::image_of(image_ids[event.step]))
            complain("a file is not what was paid for: " + saved->image.file);
    }
    std::set<std::string> owners;
    for (auto const& [step, image_id] : image_ids) {
        if (!owners.insert(image_id).second) complain("two steps have one image: " + image_id);
        auto const* task = service.task_of_image(image_id);
        if (task == nullptr || task->request != states_[step].info.request)
            complain("a step has the picture of another request: " + image_id);
    }
}

void World::check_accounts() {
    auto charged = service.charges_by_account();
    jobs::Micros again = 0;
    for (auto const& [request, count] : unavoidable()) again += count * options_.prices.otherwise;
    for (auto const& account : options_.accounts) {
        if (service.peak[account.name] > account.concurrency * (lives + 1))
            complain(fmt::format("too many open requests of {}", account.name));
        auto const cost = charged[account.name] * options_.prices.otherwise;
        if (account.cost_cap && cost > *account.cost_cap + again)
            complain(fmt::format("the cost_cap of {} was crossed", account.name));
    }
}

void World::check_money() {
    std::int64_t charged = 0;
    for (auto const& [request, count] : service.charges()) charged += count;
    std::int64_t again = 0;
    for (auto const& [request, count] : unavoidable()) again += count;
    auto const budget = options_.budget.generations;
    if (budget && charged > *budget + again)
        complain(fmt::format("the budget of {} was crossed: {} paid", *budget, charged));
}

} // namespace darkroom::simulation
