// The functions of the schema about steps that are open or known, and about what a directory knows.
#include "tests/simulation/host_store.hpp"

#include "tests/simulation/host_values.hpp"

#include <algorithm>
#include <stdexcept>

namespace darkroom::simulation {

using postgres::Rows;

namespace {

std::string text_of(std::int64_t number) { return std::to_string(number); }

Rows one(std::string cell) {
    Rows rows;
    rows.add_row({std::move(cell)});
    return rows;
}

constexpr HostStore::Us minute = 60'000'000;
constexpr HostStore::Us day_and_hour = HostStore::Us{25} * 60 * minute;

} // namespace

Result<Rows> HostStore::make_of_holder(std::string_view name, Values const& given) {
    if (name == "name_task") return one(name_task(given));
    if (name == "settle")
        return one(settle(given.key(1, 3), given.number(2), static_cast<int>(given.number(4)),
                          given.text(5), given.number(6), given.number(7)));
    if (name == "note_paid") return one(note_paid(given));
    if (name == "lose") {
        lose(given);
    } else if (name == "set_aside") {
        set_aside(given);
    } else if (name == "charge_again") {
        charge(given.key(1, 3), given.text(4), account_of(given.text(5)), present(),
               given.number(6));
    } else if (name == "enter_tasks") {
        enter_tasks(given);
    } else if (name == "enter_open") {
        enter_open(given);
    } else if (name == "enter_payments") {
        enter_payments(given);
    } else if (name == "end_entering") {
        end_entering(given);
    } else {
        throw std::logic_error("no such function: " + std::string(name));
    }
    return one("");
}

Rows HostStore::make_of_anyone(std::string_view name, Values const& given) {
    if (name == "others") return others(given);
    if (name == "look_turn") return one(text_of(look_turn(given)));
    if (name == "places_taken") return places_taken(given);
    if (name == "account_of") return one(text_of(account_of(given.text(1))));
    if (name == "known_steps") return known_steps(given);
    if (name == "whose_tasks") return whose_tasks(given);
    if (name == "steps_of_shard") return steps_of_shard(given);
    if (name == "last_entered") return last_entered(given);
    auto& account = accounts[account_of(given.text(1))];
    if (name == "slow_down")
        account.hold_until = std::max(account.hold_until, present() + given.number(2));
    if (name == "park") {
        account.parked_holder = static_cast<std::int64_t>(holders.size());
        account.parked_verdict = given.text(2);
        account.parked_code = given.text(3);
        account.parked_text = given.text(4);
    }
    return one("");
}

namespace {

/// See is_late() in the schema.
bool is_late(HostStore::Step const& known, std::int64_t holder, std::int64_t ask) {
    return known.holder == holder && known.ask != ask;
}

} // namespace

std::string HostStore::name_task(Values const& given) {
    auto const key = given.key(1, 3);
    bool const by_search = given.names("true");
    auto* const known = find(key);
    if (known == nullptr) return "known";
    bool const is_unclaimed = by_search && broken == BrokenStore::adopts_without_name;
    if (!is_unclaimed && !claim(known->account, given.text(4), key)) return "taken";
    if (is_late(*known, given.number(2), given.number(5)) || known->state != 1) return "known";
    known->task = given.text(4);
    known->by_search = by_search;
    known->named_at = present();
    return "done";
}

std::string HostStore::settle(Key const& key, std::int64_t holder, int state,
                              std::string const& task, std::int64_t call, std::int64_t ask) {
    auto* const known = find(key);
    if (known == nullptr || is_late(*known, holder, ask)) return "known";
    bool const is_open = known->state == 1 || broken == BrokenStore::settles_again;
    if (!is_open) return known->word == call ? "done" : "known";
    if (state == 2 && !task.empty() && task != known->task) {
        if (!claim(known->account, task, key)) return "taken";
        known->task = task;
    }
    give_place_back(*known);
    known->state = state;
    known->lost = false;
    known->word = call;
    if (state == 3) spend(key.first, known->account, known->sent_at, -known->price, -1);
    return "done";
}

std::string HostStore::note_paid(Values const& given) {
    auto const key = given.key(1, 3);
    auto const say = [&](std::string const& task) {
        return settle(key, given.number(2), 2, task, given.number(5), given.number(6));
    };
    auto const entered = say(given.text(4));
    return entered == "taken" ? say("") : entered;
}

void HostStore::lose(Values const& given) {
    auto* const known = find(given.key(1, 3));
    bool const is_open = known != nullptr && known->state == 1;
    if (!is_open || is_late(*known, given.number(2), given.number(4))) return;
    if (known->place) give_place_back(*known);
    known->lost = true;
}

void HostStore::set_aside(Values const& given) {
    auto* const known = find(given.key(1, 3));
    bool const is_open = known != nullptr && known->state == 1;
    if (!is_open || is_late(*known, given.number(2), given.number(4))) return;
    known->task.clear();
    known->by_search = false;
    known->named_at = never;
}

void HostStore::charge(Key const& step, std::string const& task, std::int64_t account, Us at,
                       std::int64_t cost) {
    if (charges.emplace(std::pair(step, task), at).second) spend(step.first, account, at, cost, 1);
}

Rows HostStore::others(Values const& given) {
    auto const run = given.number(1);
    auto const account = account_of(given.text(2));
    auto const now = present();
    Rows rows;
    for (auto const& task : given.texts(3)) {
        auto const found = tasks.find({account, task});
        if (found != tasks.end() && found->second.first != run)
            rows.add_row({"task", task, "\\x", "\\x", "0", "0"});
    }
    for (auto const& [key, step] : steps) {
        bool const is_it = step.account == account && step.state == 1 && key.first != run;
        if (!is_it || !step.task.empty()) continue;
        bool const may_fly =
            !step.lost && now < step.ends_at + minute && may_hear(key.first, step.holder);
        rows.add_row({may_fly ? "in_flight" : "lost", "", key.second, step.request,
                      text_of((now - step.sent_at + 999) / 1000), "0"});
    }
    for (auto const& [key, step] : steps) {
        bool const is_it = step.account == account && step.by_search && key.first != run;
        if (!is_it || step.sent_at <= now - day_and_hour || step.named_at == never) continue;
        rows.add_row({"found", "", key.second, step.request,
                      text_of((now - step.sent_at + 999) / 1000),
                      text_of((now - step.named_at) / 1000)});
    }
    return rows;
}

HostStore::Us HostStore::look_turn(Values const& given) {
    auto& account = accounts[account_of(given.text(1))];
    auto const now = present();
    auto const at = std::max(account.look_at, now);
    account.look_at = at + given.number(2) * given.number(3);
    return at - now;
}

Rows HostStore::places_taken(Values const& given) {
    auto const account = account_of(given.text(1));
    struct Held {
        std::int64_t places = 0;
        Us until = never;
    };
    std::map<std::int64_t, Held> held;
    for (auto const& [key, step] : steps) {
        bool const is_it = step.account == account && step.state == 1 && step.place;
        if (!is_it || step.holder == given.number(2)) continue;
        ++held[step.holder].places;
        held[step.holder].until = std::max(held[step.holder].until, step.ends_at);
    }
    Rows rows;
    for (auto const& [id, one] : held) {
        auto const known = holders.find(id);
        bool const is_known = known != holders.end();
        rows.add_row({is_known ? known->second.host : "", text_of(is_known ? known->second.pid : 0),
                      text_of(one.places), is_alive(id) ? "t" : "f",
                      text_of(std::max<Us>(0, (one.until - present()) / 1000))});
    }
    return rows;
}

Rows HostStore::known_steps(Values const& given) {
    auto const asked = given.texts(2);
    Rows rows;
    for (auto const& [key, step] : steps) {
        bool const is_asked = std::find(asked.begin(), asked.end(), key.second) != asked.end();
        if (key.first != given.number(1) || (step.state != 1 && !is_asked)) continue;
        auto const holder = holders.find(step.holder);
        bool const is_ours = holder != holders.end() && holder->second.directory == given.number(3);
        rows.add_row({key.second, text_of(step.state), step.task, text_of(is_ours ? step.nonce : 0),
                      step.taker == given.number(3) ? "t" : "f"});
    }
    return rows;
}

Rows HostStore::steps_of_shard(Values const& given) const {
    Rows rows;
    if (broken == BrokenStore::holds_nothing) return rows;
    for (auto const& entry : steps) {
        auto const& [key, step] = entry;
        auto const& run = runs.at(key.first);
        bool const is_of_shard =
            campaigns.at(run.campaign).name == given.text(1) && run.shard == given.number(2);
        bool const is_charged = std::any_of(charges.begin(), charges.end(), [&](auto const& one) {
            return one.first.first == entry.first && !one.first.second.empty();
        });
        bool const has_room = rows.size() < static_cast<std::size_t>(given.number(4));
        if (is_of_shard && (step.state != 3 || is_charged) && key.second > given.text(3) &&
            has_room)
            rows.add_row({key.second, step.state != 1 ? "t" : "f", text_of(step.price)});
    }
    return rows;
}

Rows HostStore::whose_tasks(Values const& given) {
    auto const asked_accounts = given.numbers(2);
    auto const asked = given.texts(3);
    Rows rows;
    for (std::size_t i = 0; i < asked.size(); ++i) {
        auto const found = tasks.find({asked_accounts[i], asked[i]});
        bool const is_known = found != tasks.end();
        bool const is_ours = is_known && found->second.first == given.number(1);
        rows.add_row({!is_known ? "0" : is_ours ? "1" : "2"});
    }
    return rows;
}

void HostStore::enter_tasks(Values const& given) {
    auto const of = given.numbers(3);
    auto const names = given.texts(4);
    auto const keys = given.texts(5);
    for (std::size_t i = 0; i < names.size(); ++i) {
        Key const key{given.number(1), keys[i]};
        auto const* known = find(key);
        bool const has_other = known != nullptr && known->by_search && known->state != 3 &&
                               !known->task.empty() && known->task != names[i];
        if (!has_other) tasks.emplace(std::pair(of[i], names[i]), key);
    }
}

std::int64_t HostStore::directory_of(std::int64_t holder) const {
    auto const found = holders.find(holder);
    return found == holders.end() ? 0 : found->second.directory;
}

/// See is_same() in the schema.
bool HostStore::is_overtaken(Step const& known, std::int64_t directory, std::int64_t nonce,
                             std::string const& task, std::int64_t sent_ms) const {
    bool const has_task = !task.empty() && !known.task.empty();
    bool const is_numbered =
        nonce != 0 && known.nonce == nonce && directory_of(known.holder) == directory;
    bool const is_taken = nonce == 0 && known.taker == directory;
    if ((has_task && known.task == task) || is_numbered || is_taken) return false;
    bool const is_others = nonce != 0 && (known.nonce != 0 || known.holder != 0);
    return is_others || known.wall_ms > sent_ms || has_task;
}

void HostStore::enter_open(Values const& given) {
    auto const key = given.key(1, 3);
    auto const account = account_of(given.text(4));
    auto const& task = given.text(7);
    auto const sent_ms = given.number(9);
    auto const sent = sent_ms * 1000;
    auto const ends = sent + given.number(10) * 1000;
    auto* known = find(key);
    if (known == nullptr || known->state == 3) {
        Step step;
        step.account = account;
        step.wall_ms = sent_ms;
        step.request = given.text(5);
        step.price = given.number(6);
        step.place = ends > present();
        step.lost = true;
        step.sent_at = sent;
        step.ends_at = ends;
        accounts[account].open += step.place ? 1 : 0;
        spend(key.first, account, sent, step.price, 1);
        steps.insert_or_assign(key, std::move(step));
        known = find(key);
    } else if (is_overtaken(*known, directory_of(given.number(2)), given.number(11), task,
                            sent_ms)) {
        known->holder = given.number(2);
        known->ask = -1;
        known->nonce = known->taker = 0;
        return;
    }
    if (task.empty() || !claim(account, task, key)) return;
    known->task = task;
    known->by_search = given.flag(8);
}

Rows HostStore::last_entered(Values const& given) {
    Rows rows;
    auto const holder = holders.find(given.number(2));
    auto const directory = holder == holders.end() ? 0 : holder->second.directory;
    auto const found = entered_.find({given.number(1), directory});
    if (found == entered_.end())
        rows.add_row({"", ""});
    else
        rows.add_row({found->second.first, text_of(found->second.second)});
    return rows;
}

void HostStore::enter_payments(Values const& given) {
    auto const run = given.number(1);
    auto const keys = given.texts(3);
    auto const of = given.numbers(4);
    auto const names = given.texts(5);
    auto const times = given.numbers(6);
    auto const costs = given.numbers(7);
    auto const again = given.texts(8);
    std::vector<std::size_t> order(keys.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::pair(of[a], names[a]) < std::pair(of[b], names[b]);
    });
    for (auto const i : order) {
        Key const key{run, keys[i]};
        bool const is_again = again[i] == "t";
        auto const* const known = find(key);
        if (!is_again && known != nullptr && known->state == 2) continue;
        if (charges.contains({key, names[i]})) continue;
        bool const is_taken = !names[i].empty() && !claim(of[i], names[i], key);
        if (is_taken && tasks.at({of[i], names[i]}).first != run) continue;
        auto const at = times[i] * 1000;
        if (is_again) {
            charge(key, names[i], of[i], at, costs[i]);
            continue;
        }
        Step step;
        step.account = of[i];
        step.wall_ms = times[i];
        step.request = "\\x";
        step.price = costs[i];
        step.state = 2;
        step.task = names[i];
        step.sent_at = step.ends_at = at;
        steps.insert_or_assign(key, std::move(step));
        spend(run, of[i], at, costs[i], 1);
    }
}

void HostStore::end_entering(Values const& given) {
    auto const directory = holders.at(given.number(2)).directory;
    if (!given.is_null(3))
        entered_[{given.number(1), directory}] = {given.text(3), given.number(4)};
}

} // namespace darkroom::simulation
