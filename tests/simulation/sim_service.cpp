#include "tests/simulation/sim_service.hpp"

#include "jobs/services/midjourney/model.hpp"
#include "runner/engine/image_link.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace darkroom::simulation {

using namespace std::chrono_literals;
using engine::Answer;
using engine::Outcome;
using engine::Problem;
using engine::TaskPage;
using engine::TaskRecord;
using engine::Verdict;

namespace {

Problem problem_of(Verdict verdict, std::string code, std::string task_id = "") {
    Problem problem;
    problem.verdict = verdict;
    problem.code = std::move(code);
    problem.task_id = std::move(task_id);
    return problem;
}

std::vector<std::string> actions_of(bool is_grid) {
    std::vector<std::string> actions;
    auto const kind = is_grid ? jobs::ResultKind::grid : jobs::ResultKind::single;
    for (auto const action : jobs::midjourney::model.matching_actions("*", kind))
        actions.emplace_back(action);
    return actions;
}

/// Keeps a count right on every way out.
class Counted {
public:
    explicit Counted(int& count) : count_(count) { ++count_; }
    Counted(Counted const&) = delete;
    Counted& operator=(Counted const&) = delete;
    ~Counted() { --count_; }

private:
    int& count_;
};

} // namespace

SimService::Fate SimService::draw() {
    auto const percent = static_cast<int>(chance_.between(0, 99));
    int sum = 0;
    auto const below = [&sum, percent](int share) { return percent < (sum += share); };
    if (below(faults.refused)) return Fate::refused;
    if (below(faults.rate)) return Fate::rate;
    if (below(faults.lost_before)) return Fate::lost_before;
    if (below(faults.lost_after)) return Fate::lost_after;
    if (below(faults.cut)) return Fate::cut;
    if (below(faults.server_error)) return Fate::server_error;
    return Fate::normal;
}

bool SimService::is_banned(std::string const& account) const {
    auto const ban = banned_from.find(account);
    return ban != banned_from.end() && requests_ > ban->second;
}

bool SimService::is_stray(json::Value const& body, std::string const& account) const {
    auto const image = body.text("image_id").value_or("");
    auto const made = [&image](Task const& task) { return task.image_id == image; };
    auto const task = std::find_if(tasks_.begin(), tasks_.end(), made);
    return !image.empty() && (task == tasks_.end() || task->account != account);
}

/// Takes a request on. `transit`: how long it is still on its way, e.g. in a proxy.
Task& SimService::accept(std::string const& request, Duration transit) {
    auto const body = json::read(request).value();
    Task task;
    task.account = account_;
    auto const number = tasks_.size() + 1;
    task.id = fmt::format("task-{}", number);
    task.image_id = fmt::format("13000000000{:08}", number);
    task.request = request;
    task.listed_from = clock_.now() + transit;
    task.created_at =
        clock_.wall() + std::chrono::floor<std::chrono::milliseconds>(transit + clock_ahead);
    task.ends_at = task.listed_from + chance_.time(1s, 90s);
    task.forbidden = body.text("prompt").value_or("").find("forbidden") != std::string::npos;
    task.succeeds = !task.forbidden && !chance_.of(faults.task_fails);
    task.is_grid = jobs::midjourney::model.made_by(body.text("action").value_or("generate")) ==
                   jobs::ResultKind::grid;
    task.dead_below = chance_.of(faults.link_dead) ? 1 : 0;
    tasks_.push_back(std::move(task));
    return tasks_.back();
}

engine::awaitable<engine::SubmitResult> SimService::submit(engine::Submission submission,
                                                           engine::ProgressSink& progress) {
    auto const body = json::read(submission.body).value();
    std::string const request = jobs::midjourney::model.canonical_body(body);
    if (!power_.on) throw boost::system::system_error(boost::asio::error::operation_aborted);
    Fate const fate = draw();
    if (fate == Fate::refused) {
        co_await clock_.sleep_for(chance_.time(0ms, 200ms));
        co_return problem_of(Verdict::transient, "connection_refused");
    }
    on_send(request);
    ++sent_[request];
    ++requests_;
    Counted const counted(open_in_all_);
    Counted const of_account(open_[submission.account]);
    concurrency_max = std::max(concurrency_max, open_in_all_);
    auto& peak_here = peak[submission.account];
    peak_here = std::max(peak_here, open_[submission.account]);
    strays += is_stray(body, submission.account) ? 1 : 0;
    if (is_banned(submission.account)) {
        co_await clock_.sleep_for(chance_.time(1ms, 300ms));
        co_return problem_of(Verdict::account, "invalid_token");
    }
    if (busy && busy->first == submission.account) {
        Problem slow = problem_of(Verdict::rate, "too_many_requests");
        slow.retry_after = busy->second;
        co_return slow;
    }
    account_ = submission.account;
    switch (fate) {
    case Fate::refused: break;
    case Fate::rate: {
        co_await clock_.sleep_for(chance_.time(1ms, 300ms));
        Problem slow = problem_of(Verdict::rate, "too_many_requests");
        if (chance_.of(50)) slow.retry_after = chance_.time(1s, 20s);
        co_return slow;
    }
    case Fate::lost_before: {
        co_await clock_.sleep_for(chance_.time(1ms, 60s));
        co_return unknown("connection_reset");
    }
    case Fate::lost_after: {
        accept(request, chance_.time(0ms, 20s));
        co_await clock_.sleep_for(chance_.time(1ms, 60s));
        co_return unknown("connection_reset");
    }
    case Fate::server_error: {
        std::string task_id;
        if (chance_.of(50)) {
            Task& task = accept(request, 0ms);
            task.succeeds = false;
            task_id = chance_.of(50) ? task.id : "";
        }
        co_await clock_.sleep_for(chance_.time(1ms, 2s));
        co_return problem_of(Verdict::generation, "api_error", task_id);
    }
    case Fate::cut:
    case Fate::normal: break;
    }
    if (names_a_dead_link(body)) {
        co_await clock_.sleep_for(chance_.time(1ms, 300ms));
        co_return problem_of(Verdict::rejected, "bad_request");
    }
    accept(request, 0ms);
    co_return co_await answer(tasks_.size() - 1, fate == Fate::cut, progress);
}

/// Answers with the acknowledgement of a task, or with its whole stream.
engine::awaitable<engine::SubmitResult> SimService::answer(std::size_t task, bool cut,
                                                           engine::ProgressSink& progress) {
    if (acknowledges) {
        co_await clock_.sleep_for(chance_.time(1ms, 300ms));
        if (!power_.on) throw boost::system::system_error(boost::asio::error::operation_aborted);
        progress.on_task(tasks_[task].id);
        if (cut) co_return unknown("connection_reset", tasks_[task].id);
        co_return engine::Acknowledged{tasks_[task].id};
    }
    auto outcome = co_await stream(task, cut, progress);
    if (auto* made = std::get_if<Answer>(&outcome)) co_return std::move(*made);
    co_return std::get<Problem>(std::move(outcome));
}

engine::awaitable<Outcome> SimService::stream(std::size_t task, bool cut,
                                              engine::ProgressSink& progress) {
    Time const first_line = clock_.now() + chance_.time(1ms, 2s);
    co_await clock_.sleep_until(std::min(first_line, tasks_[task].ends_at));
    if (!power_.on) throw boost::system::system_error(boost::asio::error::operation_aborted);
    std::string const task_id = tasks_[task].id;
    progress.on_task(task_id);
    progress.on_percent(31);
    if (cut) {
        co_await clock_.sleep_for(chance_.time(1ms, 5s));
        co_return unknown("connection_reset", task_id);
    }
    co_await clock_.sleep_until(tasks_[task].ends_at);
    co_return ended(tasks_[task]);
}

std::string SimService::link_of(Task const& task) const {
    auto const end = clock_.wall().time_since_epoch() + link_life;
    auto const seconds = std::chrono::floor<std::chrono::seconds>(end).count();
    auto const dated = link_life > Duration() ? fmt::format("ex={:x}&", seconds) : std::string();
    return fmt::format("https://images.invalid/{}?{}age={}&", task.image_id, dated, task.link_age);
}

/// The service has to load that image itself.
bool SimService::names_a_dead_link(json::Value const& body) const {
    auto const url = body.text("image_url").value_or("");
    for (auto const& task : tasks_) {
        if (url.find(task.image_id) == std::string::npos) continue;
        auto const now = std::chrono::floor<std::chrono::seconds>(clock_.wall().time_since_epoch());
        bool const over = engine::link_expiry(url) <= now.count();
        return over || !url.ends_with(fmt::format("age={}&", task.dead_below));
    }
    return false;
}

Outcome SimService::ended(Task const& task) const {
    if (task.forbidden) return problem_of(Verdict::rejected, "forbidden", task.id);
    if (!task.succeeds) return problem_of(Verdict::generation, "api_error", task.id);
    Answer answer;
    answer.task_id = task.id;
    answer.image_id = task.image_id;
    answer.url = link_of(task);
    if (json::read(task.request)->find("image_url") != nullptr) answer.text = "a boat";
    answer.width = answer.height = task.is_grid ? 2048 : 1024;
    answer.actions = actions_of(task.is_grid);
    return answer;
}

Problem SimService::unknown(std::string code, std::string task_id) const {
    auto const verdict = calls_unknown_transient ? Verdict::transient : Verdict::unknown;
    return problem_of(verdict, std::move(code), std::move(task_id));
}

TaskRecord SimService::record_of(Task& task) const {
    TaskRecord record;
    record.task_id = task.id;
    record.created_at = task.created_at;
    record.request = task.request;
    if (task.ends_at > clock_.now()) return record;
    task.link_age = std::max(task.link_age, task.dead_below);
    record.outcome = ended(task);
    return record;
}

engine::awaitable<std::variant<TaskPage, Problem>> SimService::look_up(engine::TaskQuery query) {
    co_await clock_.sleep_for(chance_.time(1ms, 300ms));
    if (is_banned(query.account)) co_return problem_of(Verdict::account, "invalid_token");
    if (chance_.of(faults.tasks_down)) co_return problem_of(Verdict::transient, "bad_gateway");
    TaskPage page;
    auto const service_wall =
        clock_.wall() + std::chrono::floor<std::chrono::milliseconds>(clock_ahead);
    page.service_time = std::chrono::floor<std::chrono::seconds>(service_wall);
    std::vector<Task*> listed;
    for (auto& task : tasks_) {
        bool const asked = query.ids.empty() || std::find(query.ids.begin(), query.ids.end(),
                                                          task.id) != query.ids.end();
        bool const ours = task.account == query.account;
        if (asked && ours && task.listed_from <= clock_.now()) listed.push_back(&task);
    }
    std::sort(listed.begin(), listed.end(),
              [](Task* a, Task* b) { return a->created_at > b->created_at; });
    for (auto* task : listed) {
        if (query.offset-- > 0) continue;
        if (static_cast<int>(page.tasks.size()) == query.limit) break;
        page.tasks.push_back(record_of(*task));
    }
    co_return page;
}

std::string SimService::image_of(std::string const& image_id) {
    return fmt::format("the image {}", image_id);
}

engine::awaitable<std::optional<Problem>> SimService::fetch(engine::ImageLink link,
                                                            ByteSink& into) {
    co_await clock_.sleep_for(chance_.time(1ms, 3s));
    auto const task = std::find_if(tasks_.begin(), tasks_.end(), [&link](Task const& candidate) {
        return link.url.find(candidate.image_id) != std::string::npos;
    });
    if (task == tasks_.end()) throw std::logic_error("a link nobody gave out: " + link.url);
    auto const live = fmt::format("age={}&", task->dead_below);
    if (!link.url.ends_with(live)) co_return problem_of(Verdict::expired, "not_found");
    std::string const bytes = image_of(task->image_id);
    BodyStart start;
    start.length = bytes.size();
    start.content_type = "image/png";
    Result<> taken = into.begin(start);
    auto const half = bytes.size() / 2;
    if (taken) taken = into.write(std::string_view(bytes).substr(0, half));
    if (chance_.of(faults.body_cut)) co_return problem_of(Verdict::download, "cut");
    if (taken) taken = into.write(std::string_view(bytes).substr(half));
    if (taken.has_error()) co_return problem_of(Verdict::disk, taken.error().message());
    co_return std::nullopt;
}

std::map<std::string, int> SimService::charges_by_account() const {
    std::map<std::string, int> charged;
    for (auto const& task : tasks_) charged[task.account] += task.succeeds ? 1 : 0;
    return charged;
}

std::map<std::string, int> SimService::charges() const {
    std::map<std::string, int> charged;
    for (auto const& task : tasks_) charged[task.request] += task.succeeds ? 1 : 0;
    return charged;
}

} // namespace darkroom::simulation
