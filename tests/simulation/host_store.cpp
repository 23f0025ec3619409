#include "tests/simulation/host_store.hpp"

#include "runner/postgres/error.hpp"
#include "tests/simulation/host_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace darkroom::simulation {

using postgres::Errc;
using postgres::Rows;

namespace {

std::string text_of(bool flag) { return flag ? "t" : "f"; }
std::string text_of(std::int64_t number) { return std::to_string(number); }

Rows row_of(std::vector<std::string> cells) {
    Rows rows;
    rows.add_row(std::move(cells));
    return rows;
}

/// "SELECT * FROM darkroom.renew($1, …)" calls "renew".
std::string_view function_of(std::string_view sql) {
    constexpr std::string_view schema = "darkroom.";
    sql.remove_prefix(sql.find(schema) + schema.size());
    return sql.substr(0, sql.find('('));
}

std::int64_t quarter_of(HostStore::Us at) {
    constexpr std::int64_t quarter = std::int64_t{900} * 1'000'000;
    return at >= 0 ? at / quarter : -((quarter - 1 - at) / quarter);
}

constexpr HostStore::Us minute = 60'000'000;

} // namespace

/// The question of a run for a grant.
struct HostStore::Question {
    explicit Question(Values const& given)
        : key(given.key(1, 3)), run(given.number(1)), holder(given.number(2)),
          nonce(given.number(4)), request(given.text(6)), price(given.number(7)),
          places(given.number(8)), interval(given.number(9)), total_ms(given.number(10)),
          wall_ms(given.number(11)), since(given.numbers(12)), most(given.numbers(13)),
          ask(given.number(14)) {}

    Key key;
    std::int64_t run;
    std::int64_t holder;
    std::int64_t account = 0;
    std::int64_t nonce;
    std::string request;
    std::int64_t price;
    std::int64_t places;
    std::int64_t interval;
    std::int64_t total_ms;
    std::int64_t wall_ms;
    std::vector<std::int64_t> since;
    std::vector<std::int64_t> most;
    std::int64_t ask;
};

/// The answer to it, by the names of its columns.
struct HostStore::Verdict {
    std::string verdict;
    std::int64_t wait_us = 0;
    bool may_change = false;
    std::int64_t cap = 0;
    std::int64_t spent = 0;
    std::string why_verdict;
    std::string why_code;
    std::string why_text;
    std::int64_t grants = 0;
    std::string held_key = "\\x";
    std::string held_request = "\\x";
    std::string held_task;
    bool held_by_search = false;
    std::int64_t held_ms = 0;

    Rows row() const {
        return row_of({verdict, text_of(wait_us), text_of(may_change), text_of(cap), text_of(spent),
                       why_verdict, why_code, why_text, text_of(grants), held_key, held_request,
                       held_task, text_of(held_by_search), text_of(held_ms)});
    }
};

bool HostStore::is_alive(std::int64_t holder) const {
    auto const found = holders.find(holder);
    return found != holders.end() && found->second.expires > present();
}

/// A holder whose lease has run out may only be frozen, or cut off: it hears its answers as long as
/// nobody has its shard. One that has died, or has given its shard back, hears nothing.
bool HostStore::may_hear(std::int64_t run, std::int64_t holder) const {
    auto const found = holders.find(holder);
    bool const is_known = found != holders.end() && found->second.expires != never;
    if (!is_known || broken == BrokenStore::forgets_frozen) return is_alive(holder);
    return is_alive(holder) || runs.at(run).holder == holder;
}

std::int64_t HostStore::account_of(std::string const& key) {
    for (auto const& [id, account] : accounts)
        if (account.key == key) return id;
    auto const id = static_cast<std::int64_t>(accounts.size()) + 1;
    accounts[id].key = key;
    return id;
}

bool HostStore::may_stay(std::int64_t run, std::int64_t holder) const {
    if (broken == BrokenStore::checks_no_holder) return true;
    auto const found = runs.find(run);
    return found != runs.end() && found->second.holder == holder;
}

void HostStore::spend(std::int64_t run, std::int64_t account, Us at, std::int64_t cost,
                      int generations) {
    accounts[account].spent[quarter_of(at)] += cost;
    runs[run].used.generations += generations;
    runs[run].used.cost += cost;
}

bool HostStore::claim(std::int64_t account, std::string const& task, Key const& step) {
    return tasks.emplace(std::pair(account, task), step).first->second == step;
}

HostStore::Step* HostStore::find(Key const& key) {
    auto const found = steps.find(key);
    return found == steps.end() ? nullptr : &found->second;
}

void HostStore::give_place_back(Step& step) {
    bool const counts = step.place || broken == BrokenStore::settles_again;
    if (counts) --accounts[step.account].open;
    step.place = false;
}

Rows HostStore::take_shard(Values const& given) {
    std::int64_t id = 0;
    for (auto const& [known, campaign] : campaigns)
        if (campaign.name == given.text(1)) id = known;
    if (id == 0) {
        id = static_cast<std::int64_t>(campaigns.size()) + 1;
        campaigns[id].name = given.text(1);
        campaigns[id].shards = given.number(3);
    }
    auto& campaign = campaigns[id];
    std::vector<std::string> out{
        "", "0", "salt", "store", text_of(campaign.shards), "0", "", "", "0", "0", "0", "",
        "", "",  "",     "f"};
    if (campaign.shards != given.number(3)) return row_of(std::move(out));
    auto const& limits = campaign.limits;
    if (limits.generations) out[13] = text_of(*limits.generations);
    if (limits.cost) out[14] = text_of(*limits.cost);
    if (take_limits(id, {given.maybe(12), given.maybe(13)})) {
        out[15] = "t";
        return row_of(std::move(out));
    }
    std::int64_t run = 0;
    for (auto const& [known, one] : runs)
        if (one.campaign == id && one.shard == given.number(2)) run = known;
    if (run == 0) {
        run = static_cast<std::int64_t>(runs.size()) + 1;
        runs[run].campaign = id;
        runs[run].shard = given.number(2);
    }
    auto const now = present();
    auto const ttl = given.number(10) * 1000;
    out[0] = text_of(run);
    out[12] = text_of(runs[run].grants);
    auto const last = holders.find(runs[run].holder);
    bool const is_held = last != holders.end();
    if (is_held && last->second.session == given.text(4)) {
        out[1] = text_of(last->first);
        last->second.renewed = now;
        last->second.expires = now + ttl;
        return row_of(std::move(out));
    }
    if (is_held && last->second.expires > now && last->first != given.number(11)) {
        auto const& other = last->second;
        out[5] = text_of((other.expires - now) / 1000 + 1);
        out[6] = other.host;
        out[7] = other.machine;
        out[8] = text_of(other.pid);
        out[9] = text_of(other.start);
        out[10] = text_of(last->first);
        out[11] = text_of(other.renewed);
        return row_of(std::move(out));
    }
    if (is_held) last->second.expires = never;
    auto const holder = static_cast<std::int64_t>(holders.size()) + 1;
    holders[holder] = {
        given.text(4),   run, given.text(5), given.text(6), given.number(7), given.number(8),
        given.number(9), now, now + ttl};
    runs[run].holder = holder;
    out[1] = text_of(holder);
    return row_of(std::move(out));
}

bool HostStore::renew(std::int64_t run, std::int64_t holder, std::int64_t ttl_ms) {
    auto const found = runs.find(run);
    if (found == runs.end() || found->second.holder != holder) return false;
    holders[holder].renewed = present();
    holders[holder].expires = present() + ttl_ms * 1000;
    return true;
}

Result<Rows> HostStore::ask_grant(Values const& given) {
    Question asked(given);
    asked.account = account_of(given.text(5));
    Verdict out;
    if (decide(asked, false, out)) return out.row();
    if (is_short(asked.run, asked.price)) fill(asked.run, asked.price);
    if (!may_stay(asked.run, asked.holder)) return Error(Errc::taken_over, "");
    bool const is_expired = !is_alive(asked.holder) && broken != BrokenStore::checks_no_holder;
    if (is_expired) return Error(Errc::lease_expired, "");
    if (decide(asked, true, out)) return out.row();
    open_step(asked);
    auto const left = left_of(runs[asked.run].campaign);
    if (left.generations.value_or(0) < 0) throw std::logic_error("more was granted than is left");
    out.verdict = "go";
    out.grants = ++runs[asked.run].grants;
    return out.row();
}

/// Looks first without a lock, then with one: only then it may write.
bool HostStore::decide(Question const& asked, bool is_sure, Verdict& out) {
    if (decide_by_step(asked, out) || decide_by_account(asked, is_sure, out)) return true;
    bool const is_left_to_sweep =
        !is_sure && accounts[asked.account].open >= asked.places; // then the lock is needed
    return !is_left_to_sweep && decide_by_money(asked, is_sure, out);
}

bool HostStore::decide_by_step(Question const& asked, Verdict& out) {
    auto const now = present();
    auto* const known = find(asked.key);
    bool const is_mine = known != nullptr && known->holder == asked.holder;
    if (is_mine && known->state == 3 && known->ask >= asked.ask) {
        out.verdict = "open";
        return true;
    }
    if (known != nullptr && known->state != 3) {
        bool const is_same = is_mine && known->nonce == asked.nonce;
        out.verdict = known->state == 2 ? "paid" : is_same ? "go" : "open";
        out.grants = runs[asked.run].grants;
        out.held_key = accounts[known->account].key;
        out.held_request = known->request;
        out.held_task = known->task;
        out.held_by_search = known->by_search;
        out.held_ms = (now - known->sent_at + 999) / 1000;
        bool const is_go = out.verdict == "go";
        if (!is_go && is_mine && known->ask == -1) known->ask = 0;
        if (!is_go) known->taker = directory_of(asked.holder);
        if (is_go && known->ask < asked.ask) known->ask = asked.ask;
        return true;
    }
    std::optional<Us> latest;
    for (auto const& [charged, at] : charges) {
        if (charged.first != asked.key || charged.second.empty()) continue;
        for (auto const& [task, owner] : tasks) {
            bool const is_it = task.second == charged.second && owner == asked.key;
            if (!is_it || (latest && at <= *latest)) continue;
            latest = at;
            out.held_key = accounts[task.first].key;
            out.held_task = charged.second;
        }
    }
    if (!latest) return false;
    out.verdict = "paid";
    out.held_request = asked.request;
    out.held_ms = (now - *latest + 999) / 1000;
    return true;
}

bool HostStore::may_be_swept(Key const&, Step const& step, Question const& asked, Us now) const {
    bool const has_place = step.account == asked.account && step.state == 1 && step.place;
    // What is not this run's own word to settle must not keep its place for ever.
    bool const is_own = step.holder == asked.holder && step.ask > 0;
    if (!has_place || is_own) return false;
    if (broken == BrokenStore::frees_dead_places && !is_alive(step.holder)) return true;
    return step.ends_at <= now && (step.ends_at + minute <= now || !is_alive(step.holder));
}

bool HostStore::decide_by_account(Question const& asked, bool is_sure, Verdict& out) {
    auto const now = present();
    auto& account = accounts[asked.account];
    if (account.parked_holder >= asked.holder) {
        out.verdict = "parked";
        out.why_verdict = account.parked_verdict;
        out.why_code = account.parked_code;
        out.why_text = account.parked_text;
        return true;
    }
    bool is_any = false;
    bool const is_full = account.open >= asked.places;
    for (auto& [key, step] : steps) {
        if (!is_full || !may_be_swept(key, step, asked, now)) continue;
        is_any = true;
        if (is_sure) give_place_back(step);
    }
    if (account.open >= asked.places && (is_sure || !is_any)) {
        out.verdict = "full";
        out.wait_us = 100'000;
        return true;
    }
    if (is_full && !is_sure) return false;
    auto const at = std::max(account.next_at, account.hold_until);
    if (at <= now) return false;
    out.verdict = "rate";
    out.wait_us = at - now;
    return true;
}

bool HostStore::decide_by_money(Question const& asked, bool is_sure, Verdict& out) {
    auto const now = present();
    auto& account = accounts[asked.account];
    for (std::size_t i = 0; i < asked.since.size(); ++i) {
        std::int64_t sum = 0;
        for (auto const& [quarter, cost] : account.spent)
            sum += quarter >= quarter_of(asked.since[i] * 1000) ? cost : 0;
        if (sum + asked.price <= asked.most[i]) continue;
        out.cap = static_cast<std::int64_t>(i) + 1;
        out.spent = sum;
    }
    bool const is_short_now = is_short(asked.run, asked.price);
    bool const is_over = is_short_now && is_spent(asked.run, asked.price);
    if (out.cap == 0 && !is_over) {
        if (!is_short_now || !is_sure) return false;
        out.verdict = "rate"; // asks again
        out.wait_us = 1000;
        return true;
    }
    out.verdict = out.cap > 0 ? "spent" : "budget";
    for (auto const& [key, step] : steps) {
        bool const is_others = key.first != asked.run && step.state == 1 && !step.lost;
        bool const is_near = out.cap > 0
                                 ? step.account == asked.account && step.ends_at > now - minute
                                 : runs[key.first].campaign == runs[asked.run].campaign;
        out.may_change = out.may_change || (is_others && is_near && is_alive(step.holder));
    }
    return true;
}

void HostStore::open_step(Question const& asked) {
    auto const now = present();
    auto& account = accounts[asked.account];
    auto const at = account.next_at >= now - 100'000 ? account.next_at : now;
    ++account.open;
    account.next_at = at + asked.interval;
    Step step;
    step.account = asked.account;
    step.holder = asked.holder;
    step.nonce = asked.nonce;
    step.wall_ms = asked.wall_ms;
    step.request = asked.request;
    step.price = asked.price;
    step.place = true;
    step.sent_at = now;
    step.ends_at = now + asked.total_ms * 1000;
    step.ask = asked.ask;
    steps.insert_or_assign(asked.key, std::move(step));
    spend(asked.run, asked.account, now, asked.price, 1);
}

Result<Rows> HostStore::make(postgres::Statement const& statement) {
    Values const given(statement);
    auto const name = function_of(statement.sql());
    if (name == "take_shard") return take_shard(given);
    if (name == "renew")
        return row_of({text_of(renew(given.number(1), given.number(2), given.number(3)))});
    if (name == "release") {
        auto const found = holders.find(given.number(2));
        if (found != holders.end()) found->second.expires = never;
        if (may_stay(given.number(1), given.number(2)))
            runs[given.number(1)].may = runs[given.number(1)].used;
        return row_of({""});
    }
    if (name == "ask_grant") return ask_grant(given);
    for (std::string_view const free :
         {"others", "look_turn", "places_taken", "slow_down", "park", "account_of", "known_steps",
          "whose_tasks", "last_entered", "steps_of_shard"})
        if (name == free) return make_of_anyone(name, given);
    if (!may_stay(given.number(1), given.number(2))) return Error(Errc::taken_over, "");
    return make_of_holder(name, given);
}

bool HostStore::has_open(std::int64_t pid, std::string const& request) const {
    return std::any_of(steps.begin(), steps.end(), [&](auto const& entry) {
        auto const& [key, step] = entry;
        auto const holder = holders.find(step.holder);
        bool const is_its = step.state == 1 && step.request == request && holder != holders.end();
        return is_its && holder->second.pid == pid && runs.at(key.first).holder == step.holder;
    });
}

std::int64_t HostStore::process_of(postgres::Statement const& statement) const {
    auto const found = holders.find(Values(statement).number(2));
    return found == holders.end() ? 0 : found->second.pid;
}

std::string HostStore::describe() const {
    std::string text;
    for (auto const& [key, step] : steps)
        text += fmt::format("run {} step {} holder {} nonce {} ask {} state {}{}{}{} task '{}'\n",
                            key.first, key.second.substr(2, 8), step.holder, step.nonce, step.ask,
                            step.state, step.place ? " place" : "", step.lost ? " lost" : "",
                            step.by_search ? " by search" : "", step.task);
    for (auto const& [id, run] : runs)
        text += fmt::format("run {} of shard {} holder {}\n", id, run.shard, run.holder);
    for (auto const& [id, account] : accounts)
        text += fmt::format("account {} open {}\n", id, account.open);
    return text;
}

std::string HostStore::contradiction() const {
    std::map<std::int64_t, std::int64_t> open;
    std::map<std::int64_t, std::int64_t> used;
    for (auto const& [key, step] : steps) {
        open[step.account] += step.place ? 1 : 0;
        used[key.first] += step.state != 3 ? 1 : 0;
        if (step.place && step.state != 1) return "a request that has ended has a place";
    }
    for (auto const& [charged, at] : charges) ++used[charged.first.first];
    for (auto const& [id, account] : accounts) {
        if (account.open != open[id])
            return fmt::format("an account counts {} places of {}", account.open, open[id]);
    }
    for (auto const& [id, run] : runs) {
        if (run.used.generations != used[id])
            return fmt::format("a shard counts {} of {}", run.used.generations, used[id]);
    }
    return {};
}

} // namespace darkroom::simulation
