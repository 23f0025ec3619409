// What must hold at the end of a world of many hosts.
#include "tests/simulation/host_machine.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::simulation {

using engine::Phase;
using engine::StepState;

std::string Hosts::digest_of(std::string const& request) {
    engine::StepInfo info;
    info.request = request;
    return "\\x" + to_hex(engine::request_digest(info));
}

std::vector<std::string> Hosts::violations() {
    if (!violations_.empty()) return violations_;
    for (auto& machine : machines_) check_machine(*machine);
    check_charges();
    check_money();
    // A request whose answer is lost gives its place back while it is looked up.
    if (auto const most = peak(); !loses_answers_ && most > allowance_)
        complain(fmt::format("{} requests were open at once, {} may be", most, allowance_));
    return violations_;
}

bool Hosts::may_stay_unknown() const {
    auto const is_open = [](auto const& entry) { return entry.second.state == 1; };
    bool const is_any_open = std::any_of(store_.steps.begin(), store_.steps.end(), is_open);
    return are_equal_ && !is_any_open;
}

/// Two directories of a shard may have found the tasks of its equal requests the other way round:
/// what the one has as one step's, the other cannot take for another step.
bool Hosts::may_lack(Machine const& machine, Digest const& step) const {
    auto const* known = row_of(machine, step);
    return are_equal_ && known != nullptr && known->state == 2;
}

HostStore::Step const* Hosts::row_of(Machine const& machine, Digest const& step) const {
    for (auto const& [key, known] : store_.steps) {
        bool const is_it = key.second == "\\x" + to_hex(step) &&
                           store_.runs.at(key.first).shard == machine.shard + 1;
        if (is_it) return &known;
    }
    return nullptr;
}

/// Returns how many tasks the service ran at once at most.
int Hosts::peak() const {
    std::vector<std::pair<Time, int>> changes;
    for (auto const& task : const_cast<SimService&>(service_).tasks()) {
        if (task.is_foreign || task.end == TaskEnd::failed) continue; // a 500 ends one early
        changes.emplace_back(task.taken_at, 1);
        changes.emplace_back(task.ends_at, -1);
    }
    std::sort(changes.begin(), changes.end()); // ends come first
    int open = 0;
    int most = 0;
    for (auto const& [at, change] : changes) most = std::max(most, open += change);
    return most;
}

/// Each step has a result, its task is no other step's, and its picture is there.
void Hosts::check_machine(Machine& machine) {
    std::map<Digest, StepState> states;
    std::set<std::string> owned;
    for (auto const& event : machine.disk.facts) states[event.step].apply(event);
    for (auto const& [key, state] : states) {
        if (state.phase != Phase::finished) {
            bool const may_be = is_budget_spent_ && state.phase != Phase::open;
            if (!may_be && !may_lack(machine, key))
                complain(fmt::format("a step of {} is {}: {}", machine.name, name_of(state.phase),
                                     state.problem.message));
            continue;
        }
        std::pair const step{machine.shard, key};
        if (seen_.insert(step).second) had_[state.info.request] += 1 + state.charges_again;
        auto const& id = state.answer.task_id;
        if (!owned.insert(id).second) complain("two steps have one task: " + id);
        delivered_.insert(id);
        auto const* task = service_.task_of_id(id);
        if (task == nullptr || task->request != state.info.request)
            complain("a step has the task of another request: " + id);
        bool const is_there = !state.saved.empty() && machine.folder.contains(state.saved[0].file);
        if (!is_there) complain("a paid picture is not there: " + id);
        // Who thaws after its shard was taken may have what another shard has found meanwhile.
        auto const* known = row_of(machine, key);
        if (known == nullptr || known->task != id) continue;
        if (shards_of_.emplace(id, machine.shard).first->second != machine.shard)
            complain("two shards have one task: " + id);
    }
}

/// Each step is paid once.
void Hosts::check_charges() {
    std::map<std::string, int> booked;
    for (auto const& [key, step] : store_.steps) booked[step.request] += step.state != 3 ? 1 : 0;
    for (auto const& [request, charged] : service_.charges()) {
        if (charged > booked[digest_of(request)])
            complain(fmt::format("paid {} times, and the store knows of {}: {}", charged,
                                 booked[digest_of(request)], request));
    }
    for (auto const& task : service_.tasks()) {
        bool const is_paid = task.succeeds() && !task.is_foreign;
        if (is_paid && !delivered_.contains(task.id))
            complain("nobody has what was paid: " + task.id);
    }
    for (auto const& [request, charged] : service_.charges()) {
        if (charged > had_[request] || (charged < had_[request] && !are_equal_))
            complain(fmt::format("paid {} times, and {} steps have it: {}", charged, had_[request],
                                 request));
    }
}

void Hosts::check_money() {
    std::int64_t charged = 0;
    for (auto const& [request, count] : service_.charges()) charged += count;
    if (budget_ && charged > *budget_)
        complain(fmt::format("{} were paid of {}", charged, *budget_));
    std::int64_t booked = static_cast<std::int64_t>(store_.charges.size());
    for (auto const& [key, step] : store_.steps) booked += step.state != 3 ? 1 : 0;
    if (booked < charged) complain("the store has less than was charged");
    if (!are_equal_ && booked != charged) complain("the store has not what was charged");
    for (auto const& [id, account] : store_.accounts)
        if (account.open != 0) complain("a place was never given back");
}

} // namespace darkroom::simulation
