#include "tests/simulation/sim_network.hpp"

#include "jobs/services/midjourney/model.hpp"
#include "tests/simulation/sim_answers.hpp"
#include "tests/simulation/sim_records.hpp"

#include <boost/asio/error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace darkroom::simulation {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using net::Reply;

namespace {

constexpr std::string_view json_type = "application/json";
constexpr std::string_view page_type = "text/html";

error_code reset() { return asio::error::connection_reset; }

} // namespace

Accident SimNetwork::page(bool may_be_taken, int status) {
    auto& chance = service_.chance();
    auto accident = Accident::page(status, may_be_taken && chance.of(50), page_of(status));
    accident.wait = chance.time(1ms, 60s);
    accident.transit = chance.time(0ms, 20s);
    if (status / 100 == 3) accident.more = "Location: https://login.invalid/\r\n";
    return accident;
}

Accident SimNetwork::draw() {
    constexpr std::array after_the_post{499, 500, 502, 503, 504, 520, 522, 524};
    constexpr std::array in_front{301, 302, 401, 403, 404, 405, 407, 413, 421, 425};
    auto& chance = service_.chance();
    auto const& faults = service_.faults;
    auto const& how = service_.imperfections;
    auto const percent = static_cast<int>(chance.between(0, 99));
    int sum = 0;
    auto const below = [&sum, percent](int share) { return percent < (sum += share); };
    auto const pick = [&chance](auto const& list) {
        return list[static_cast<std::size_t>(
            chance.between(0, static_cast<std::int64_t>(list.size()) - 1))];
    };
    Accident accident;
    if (below(faults.refused)) {
        accident.kind = Accident::Kind::refused;
        accident.begun = chance.of(30);
        accident.wait = chance.time(0ms, 200ms);
    } else if (below(faults.rate)) {
        accident.kind = Accident::Kind::answer;
        accident.status = 429;
        accident.body = error_body("too_many_requests");
        if (chance.of(50))
            accident.more = fmt::format("Retry-After: {}\r\n", chance.between(1, 20));
        accident.wait = chance.time(1ms, 300ms);
    } else if (below(faults.lost_before)) {
        accident = Accident::lost(false, chance.time(1ms, 60s));
    } else if (below(faults.lost_after)) {
        accident = Accident::lost(true, chance.time(1ms, 60s));
        accident.transit = chance.time(0ms, 20s);
    } else if (below(faults.cut)) {
        accident.kind = Accident::Kind::cut;
    } else if (below(faults.server_error)) {
        accident.kind = Accident::Kind::answer;
        accident.status = 500;
        accident.taken = accident.fails = chance.of(50);
        accident.names_task = accident.taken && chance.of(50);
        accident.body = error_body("api_error");
        accident.wait = chance.time(1ms, 2s);
    } else if (below(how.pages)) {
        accident = page(true, pick(after_the_post));
    } else if (below(how.refusals)) {
        accident = page(false, pick(in_front));
    } else if (below(how.empty_answers)) {
        accident = page(true, 200);
        if (chance.of(50)) accident.body.clear();
    } else if (below(how.silences)) {
        accident.kind = Accident::Kind::silence;
        accident.taken = chance.of(50);
        accident.transit = chance.time(0ms, 180s);
    }
    return accident;
}

asio::awaitable<Reply> SimNetwork::exchange(net::Call call, net::TimeLimits limits,
                                            net::BodyReader& reader) {
    if (!power_.on) throw boost::system::system_error(asio::error::operation_aborted);
    Transfer transfer(service_, clock_, power_, limits, reader, is_cut_);
    bool const is_paid = call.method != "GET" && call.url.target != "/midjourney/tasks";
    if (is_cut() && !is_paid) co_return co_await refuse(std::move(call), Accident(), transfer);
    if (call.method == "GET") co_return co_await image(std::move(call), transfer);
    if (call.url.target == "/midjourney/tasks")
        co_return co_await look_up(std::move(call), transfer);
    co_return co_await paid(std::move(call), transfer);
}

Arrival SimNetwork::arrival_of(net::Call const& call) const {
    Arrival arrival;
    arrival.account = SimService::account_of(call.authorization);
    arrival.path = call.url.target;
    arrival.sent = json::read(call.body).value();
    arrival.request = jobs::midjourney::model.canonical_body(arrival.sent);
    arrival.streams = call.extra.find("application/x-ndjson") != std::string::npos;
    return arrival;
}

asio::awaitable<Reply> SimNetwork::paid(net::Call call, Transfer transfer) {
    auto const planned = service_.accidents.find(++service_.calls);
    Accident accident = planned == service_.accidents.end() ? draw() : planned->second;
    // A connection that is open takes a request that never arrives.
    if (is_cut()) accident = Accident::lost(false, service_.chance().time(1s, 20s));
    if (is_cut() && service_.chance().of(50)) accident.kind = Accident::Kind::refused;
    if (accident.kind == Accident::Kind::refused)
        co_return co_await refuse(std::move(call), std::move(accident), transfer);
    bool connects = true;
    if (accident.connecting > Duration())
        connects = co_await transfer.after(accident.connecting, accident.connecting);
    if (!connects) co_return transfer.fail(asio::error::timed_out);
    bool const may_leave = !call.before_first_byte || call.before_first_byte();
    if (!may_leave) co_return transfer.fail(net::Errc::held_back);
    transfer.sent(net::Sent::wholly);
    auto arrival = arrival_of(call);
    service_.count(arrival);
    SimService::Open const open(service_, arrival.account);
    co_return co_await settle(std::move(accident), std::move(arrival), transfer);
}

asio::awaitable<Reply> SimNetwork::refuse(net::Call call, Accident accident, Transfer transfer) {
    bool const is_held_back = accident.begun && call.before_first_byte && !call.before_first_byte();
    if (is_held_back) co_return transfer.fail(net::Errc::held_back);
    if (accident.begun) transfer.sent(net::Sent::partly);
    bool const in_time = co_await transfer.after(accident.wait, accident.wait);
    (void)in_time; // it fails either way
    error_code const refused = asio::error::connection_refused;
    co_return transfer.fail(accident.begun ? reset() : refused);
}

Task& SimNetwork::accept(Arrival const& arrival, Duration transit) {
    Task& task = service_.accept(arrival, transit);
    if (hook_) hook_->expect(task);
    return task;
}

asio::awaitable<Reply> SimNetwork::settle(Accident accident, Arrival arrival, Transfer transfer) {
    if (service_.is_banned(arrival.account))
        co_return co_await say(401, error_body("invalid_token"), transfer);
    if (service_.busy && service_.busy->first == arrival.account) {
        accident.kind = Accident::Kind::answer;
        accident.status = 429;
        accident.more =
            fmt::format("Retry-After: {}\r\n",
                        std::chrono::floor<std::chrono::seconds>(service_.busy->second).count());
        accident.body = error_body("too_many_requests");
        accident.taken = false;
    }
    auto const& refused = service_.page_for;
    if (!refused.empty() && arrival.request.find(refused) != std::string::npos)
        accident = Accident::page(403, false);
    bool const strikes =
        accident.kind != Accident::Kind::none && accident.kind != Accident::Kind::cut;
    if (strikes) co_return co_await strike(std::move(accident), std::move(arrival), transfer);
    if (service_.names_a_dead_link(arrival.sent))
        co_return co_await say(400, error_body("bad_request"), transfer);
    Task& task = accept(arrival, accident.transit);
    co_return co_await answer(task, accident.kind == Accident::Kind::cut, transfer);
}

/// The client hears something else than the service's answer, or nothing.
asio::awaitable<Reply> SimNetwork::strike(Accident accident, Arrival arrival, Transfer transfer) {
    std::string task_id;
    if (accident.taken) {
        Task& task = accept(arrival, accident.transit);
        if (accident.fails && task.end == TaskEnd::success) task.end = TaskEnd::failed;
        if (accident.names_task) task_id = task.id;
    }
    if (accident.kind == Accident::Kind::silence) accident.wait = 24h;
    bool const in_time = co_await transfer.after(accident.wait, accident.wait);
    if (accident.kind == Accident::Kind::lost) co_return transfer.fail(reset());
    if (!in_time) co_return transfer.complete();
    transfer.head(accident.status, accident.type, accident.more);
    if (!task_id.empty()) accident.body = error_body("api_error", task_id);
    transfer.piece(accident.body);
    co_return transfer.complete();
}

asio::awaitable<Reply> SimNetwork::say(int status, std::string body, Transfer transfer) {
    bool const in_time = co_await transfer.after(1ms, 300ms);
    if (!in_time) co_return transfer.complete();
    transfer.head(status, json_type);
    transfer.piece(body);
    co_return transfer.complete();
}

asio::awaitable<Reply> SimNetwork::answer(Task& task, bool cut, Transfer transfer) {
    bool const later = !task.callback_url.empty() || task.sent.boolean("async").value_or(false);
    if (!later && task.streams) co_return co_await stream(task, cut, transfer);
    if (!later) co_return co_await tell(task, cut, transfer);
    bool const in_time = co_await transfer.after(1ms, 300ms);
    if (!in_time) co_return transfer.complete();
    transfer.head(200, json_type);
    transfer.piece(acknowledgement(task));
    if (cut) co_return transfer.fail(reset());
    co_return transfer.complete();
}

asio::awaitable<Reply> SimNetwork::stream(Task& task, bool cut, Transfer transfer) {
    auto& chance = service_.chance();
    Time const first = std::min(service_.clock().now() + chance.time(1ms, 2s), task.ends_at);
    bool in_time = co_await transfer.until(first);
    if (!in_time) co_return transfer.complete();
    transfer.head(200, "application/x-ndjson");
    transfer.piece(preview_line(service_, task, 31) + "\n");
    if (cut) {
        in_time = co_await transfer.after(1ms, 5s);
        co_return transfer.fail(reset());
    }
    in_time = co_await transfer.until(task.ends_at);
    if (!in_time) co_return transfer.complete();
    transfer.piece(last_word(service_, task) + "\n");
    co_return transfer.complete();
}

/// The one plain answer to a request that waits for its end.
asio::awaitable<Reply> SimNetwork::tell(Task& task, bool cut, Transfer transfer) {
    bool const in_time = co_await transfer.until(task.ends_at);
    if (!in_time) co_return transfer.complete();
    auto const text = last_word(service_, task);
    bool const failed = !task.error_at(service_.clock().now()).empty();
    transfer.head(200, json_type);
    transfer.piece(cut ? std::string_view(text).substr(0, text.size() / 2) : text);
    if (cut && !failed) co_return transfer.fail(reset());
    co_return transfer.complete();
}

asio::awaitable<Reply> SimNetwork::look_up(net::Call call, Transfer transfer) {
    auto& chance = service_.chance();
    ++service_.look_ups;
    transfer.sent(net::Sent::wholly);
    auto const account = SimService::account_of(call.authorization);
    bool const in_time = co_await transfer.after(1ms, 300ms);
    if (!in_time) co_return transfer.complete();
    if (service_.is_banned(account)) {
        transfer.head(401, json_type);
        transfer.piece(error_body("invalid_token"));
        co_return transfer.complete();
    }
    if (chance.of(service_.faults.tasks_down)) {
        transfer.head(502, page_type);
        transfer.piece(page_of(502));
        co_return transfer.complete();
    }
    if (service_.on_look_up) service_.on_look_up();
    auto const listing = list_tasks(service_, json::read(call.body).value(), account);
    transfer.head(200, json_type);
    if (listing.is_too_large) {
        static std::string const too_much((16u << 20) + 1, ' ');
        transfer.piece(too_much);
    }
    transfer.piece(listing.body);
    co_return transfer.complete();
}

asio::awaitable<Reply> SimNetwork::image(net::Call call, Transfer transfer) {
    transfer.sent(net::Sent::wholly);
    bool const in_time = co_await transfer.after(1ms, 3s);
    if (!in_time) co_return transfer.complete();
    auto const target = std::string_view(call.url.target);
    auto const* task = service_.task_of_image(target.substr(1, target.find('?') - 1));
    if (task == nullptr) throw std::logic_error("a link nobody gave out: " + call.url.text());
    if (!target.ends_with(fmt::format("age={}&", task->dead_below))) {
        transfer.head(404, page_type);
        transfer.piece(page_of(404));
        co_return transfer.complete();
    }
    auto const bytes = SimService::image_of(task->image_id);
    auto const half = bytes.size() / 2;
    transfer.head(200, "image/png", fmt::format("Content-Length: {}\r\n", bytes.size()));
    transfer.piece(std::string_view(bytes).substr(0, half));
    if (service_.chance().of(service_.faults.body_cut)) co_return transfer.fail(net::Errc::closed);
    transfer.piece(std::string_view(bytes).substr(half));
    co_return transfer.complete();
}

} // namespace darkroom::simulation
