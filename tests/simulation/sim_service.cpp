#include "tests/simulation/sim_service.hpp"

#include "jobs/services/midjourney/model.hpp"
#include "runner/engine/image_link.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::simulation {

using namespace std::chrono_literals;

namespace {

/// Returns the id in a link of this service; "" for other links.
std::string_view image_in(std::string_view link) {
    constexpr std::string_view host = "https://images.invalid/";
    if (!link.starts_with(host)) return {};
    link.remove_prefix(host.size());
    return link.substr(0, link.find('?'));
}

} // namespace

std::string SimService::account_of(std::string_view authorization) {
    constexpr std::string_view start = "Bearer simulated-token-";
    if (!authorization.starts_with(start)) throw std::logic_error("a token nobody gave out");
    authorization.remove_prefix(start.size());
    return std::string(authorization.substr(0, authorization.find('~')));
}

SimService::Open::Open(SimService& service, std::string const& account)
    : service_(service), of_account_(service.open_[account]) {
    ++service_.open_in_all_;
    ++of_account_;
    service_.concurrency_max = std::max(service_.concurrency_max, service_.open_in_all_);
    auto& peak_here = service_.peak[account];
    peak_here = std::max(peak_here, of_account_);
}

SimService::Open::~Open() {
    --service_.open_in_all_;
    --of_account_;
}

bool SimService::is_banned(std::string const& account) const {
    auto const ban = banned_from.find(account);
    return ban != banned_from.end() && requests_ > ban->second;
}

Task* SimService::task_of_image(std::string_view image_id) {
    auto const found = by_image_.find(std::string(image_id));
    return found == by_image_.end() ? nullptr : found->second;
}

Task* SimService::task_of_id(std::string const& id) {
    auto const found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

bool SimService::is_stray(json::Value const& body, std::string const& account) {
    auto const image = body.text("image_id").value_or("");
    if (image.empty()) return false;
    auto const* task = task_of_image(image);
    return task == nullptr || task->account != account;
}

void SimService::count(Arrival const& arrival) {
    if (on_send) on_send(arrival.request);
    ++sent_[arrival.request];
    ++requests_;
    strays += is_stray(arrival.sent, arrival.account) ? 1 : 0;
}

Task& SimService::add(Arrival const& arrival) {
    Task& task = tasks_.emplace_back();
    task.number = tasks_.size();
    task.id = fmt::format("task-{}", task.number);
    task.image_id = fmt::format("13000000000{:08}", task.number);
    task.account = arrival.account;
    task.path = arrival.path;
    task.request = arrival.request;
    task.sent = arrival.sent;
    task.streams = arrival.streams;
    task.callback_url = arrival.sent.text("callback_url").value_or("");
    task.is_grid = jobs::midjourney::model.made_by(
                       arrival.sent.text("action").value_or("generate")) == jobs::ResultKind::grid;
    by_image_.emplace(task.image_id, &task);
    by_id_.emplace(task.id, &task);
    return task;
}

void SimService::choose_end(Task& task, bool forbidden) {
    if (forbidden) {
        task.end = TaskEnd::forbidden;
    } else if (chance_.of(faults.task_fails)) {
        task.end = TaskEnd::failed;
    } else if (chance_.of(imperfections.words_taken_back)) {
        task.says_failed_until = task.ends_at + chance_.time(0s, 10min);
        task.false_word = "api_error";
    } else if (chance_.of(imperfections.timeouts)) {
        task.says_failed_until = task.ends_at + chance_.time(0s, 10min);
        task.false_word = "timeout";
    }
}

Task& SimService::add_foreign(json::Value sent, std::string account, WallTime created_at) {
    Arrival arrival;
    arrival.account = std::move(account);
    arrival.path = "/midjourney/imagine";
    arrival.sent = std::move(sent);
    arrival.request = jobs::midjourney::model.canonical_body(arrival.sent);
    Task& task = add(arrival);
    task.is_foreign = true;
    task.taken_at = task.listed_from = task.ends_at = clock_.now();
    task.created_at = created_at;
    return task;
}

Task& SimService::add_foreign(std::string const& prompt, WallTime created_at) {
    return add_foreign(json::Object{{"action", "generate"}, {"prompt", prompt}}, "", created_at);
}

void SimService::add_history(std::string const& account) {
    auto const then = service_wall() - std::chrono::hours(48);
    add_foreign(json::Object{{"action", "generate"}, {"prompt", "a picture of old"}}, account,
                then);
    for (char const* action : {"upscale1", "upscale3", "zoom_out_2x", "variation1", "variation2",
                               "variation3", "variation4"})
        add_foreign(json::Object{{"action", action}, {"image_id", "1200000000000000001"}}, account,
                    then);
}

std::map<std::string, int> SimService::taken_back() const {
    std::map<std::string, int> counts;
    for (auto const& task : tasks_)
        counts[task.request] += task.succeeds() && task.false_word == "api_error" ? 1 : 0;
    return counts;
}

Task& SimService::accept(Arrival const& arrival, Duration transit) {
    auto const prompt = arrival.sent.text("prompt").value_or("");
    bool const is_forbidden = prompt.find("forbidden") != std::string::npos;
    if (imperfections.equal_strangers > 0 && chance_.of(imperfections.equal_strangers)) {
        Task& other = add(arrival);
        other.is_foreign = true;
        other.callback_url.clear();
        other.taken_at = other.listed_from = clock_.now();
        other.created_at = service_wall();
        other.ends_at = other.taken_at + chance_.time(1s, 90s);
        choose_end(other, is_forbidden);
    }
    Task& task = add(arrival);
    task.taken_at = clock_.now() + transit;
    task.listed_from = task.taken_at + imperfections.lists_after;
    task.created_at = service_wall() + std::chrono::floor<std::chrono::milliseconds>(transit);
    task.ends_at = task.taken_at + chance_.time(1s, 90s);
    task.dead_below = chance_.of(faults.link_dead) ? 1 : 0;
    choose_end(task, is_forbidden);
    if (on_accept) on_accept(task);
    return task;
}

std::string SimService::link_of(Task const& task) const {
    auto const end = clock_.wall().time_since_epoch() + link_life;
    auto const seconds = std::chrono::floor<std::chrono::seconds>(end).count();
    auto const dated = link_life > Duration() ? fmt::format("ex={:x}&", seconds) : std::string();
    return fmt::format("https://images.invalid/{}?{}age={}&", task.image_id, dated, task.link_age);
}

bool SimService::names_a_dead_link(json::Value const& body) const {
    auto const url = body.text("image_url").value_or("");
    auto const found = by_image_.find(std::string(image_in(url)));
    if (found == by_image_.end()) return false;
    auto const now = std::chrono::floor<std::chrono::seconds>(clock_.wall().time_since_epoch());
    bool const over = engine::link_expiry(url) <= now.count();
    return over || !url.ends_with(fmt::format("age={}&", found->second->dead_below));
}

std::string SimService::image_of(std::string const& image_id) {
    return fmt::format("the image {}", image_id);
}

std::map<std::string, int> SimService::charges_by_account() const {
    std::map<std::string, int> charged;
    for (auto const& task : tasks_)
        charged[task.account] += task.succeeds() && !task.is_foreign ? 1 : 0;
    return charged;
}

std::map<std::string, int> SimService::charges() const {
    std::map<std::string, int> charged;
    for (auto const& task : tasks_)
        charged[task.request] += task.succeeds() && !task.is_foreign ? 1 : 0;
    return charged;
}

} // namespace darkroom::simulation
