#include "runner/store/journal.hpp"

#include "runner/base/gate.hpp"
#include "runner/store/error.hpp"

#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>
#include <map>
#include <utility>

namespace darkroom::store {

namespace asio = boost::asio;
using namespace engine;

namespace {

// About 1.5 KB each: enough for every step in flight, so that an append reads nothing.
constexpr std::size_t cached_steps = 8192;

/// Throws the error: the engine's Journal port has no way to report a failing disk; the run ends.
template <class T>
T value_or_throw(Result<T> result) {
    if (result.has_error())
        throw boost::system::system_error(result.error().code, result.error().detail);
    return std::move(*result);
}

Totals operator+(Totals a, Totals const& b) {
    a.paid += b.paid;
    a.cost += b.cost;
    a.open += b.open;
    a.open_price += b.open_price;
    return a;
}

Totals operator-(Totals a, Totals const& b) {
    a.paid -= b.paid;
    a.cost -= b.cost;
    a.open -= b.open;
    a.open_price -= b.open_price;
    return a;
}

} // namespace

/// Facts that become durable together, and the appends that wait for that.
struct SqliteJournal::Batch {
    explicit Batch(asio::any_io_executor executor) : done(std::move(executor)) {}

    void finish(Result<> outcome) {
        finished = true;
        result = std::move(outcome);
        done.wake_all();
    }

    JournalRows rows;
    Gate done;
    bool finished = false;
    Result<> result;
};

Result<std::unique_ptr<SqliteJournal>> SqliteJournal::open(asio::any_io_executor executor,
                                                           std::string const& path) {
    TRY_ASSIGN(auto writer, JournalWriter::open(path));
    TRY_ASSIGN(auto const refolded, refold_steps(path));
    TRY_ASSIGN(auto reader, JournalReader::open(path));
    std::unique_ptr<SqliteJournal> journal(
        new SqliteJournal(std::move(executor), std::move(writer), std::move(reader)));
    journal->refolded_ = refolded;
    TRY(journal->load());
    return journal;
}

SqliteJournal::SqliteJournal(asio::any_io_executor executor, JournalWriter writer,
                             JournalReader reader)
    : executor_(std::move(executor)), pause_(executor_), writer_(std::move(writer)),
      reader_(std::move(reader)), steps_(cached_steps), next_(std::make_shared<Batch>(executor_)),
      alive_(std::make_shared<Alive>()) {}

SqliteJournal::~SqliteJournal() { close(); }

Result<> SqliteJournal::load() {
    TRY_ASSIGN(auto const last, reader_.last_seq());
    TRY_ASSIGN(auto const counts, reader_.counts());
    last_seq_ = last;
    durable_seq_ = last;
    is_new_ = last == 0;
    counts_at_open_ = counts;
    totals_ = counts.totals();
    return {};
}

awaitable<Result<>> SqliteJournal::append(Event event) {
    auto const batch = enqueue(std::move(event));
    while (!batch->finished) {
        co_await batch->done.wait();
    }
    co_return batch->result;
}

void SqliteJournal::note(Event event) { enqueue(std::move(event)); }

std::optional<StepState> SqliteJournal::find(Digest const& step) {
    auto const* found = value_or_throw(cached(step));
    if (found->record.last_seq == 0) return std::nullopt;
    return found->record.state;
}

std::vector<std::pair<Digest, StepState>> SqliteJournal::unsettled_steps() {
    std::map<Digest, StepRecord> unsettled;
    auto const take = [&unsettled](Digest const& step, StepRecord const& record) -> Result<> {
        unsettled[step] = record;
        return {};
    };
    auto const read = reader_.for_each_unsettled(take);
    if (read.has_error()) throw boost::system::system_error(read.error().code, read.error().detail);
    steps_.for_each_uncommitted([&unsettled](Digest const& step, StepRecord const& record) {
        unsettled.erase(step);
        if (record.state.unsettled()) unsettled[step] = record;
    });
    std::map<std::int64_t, std::pair<Digest, StepState>> by_last_fact;
    for (auto& [step, record] : unsettled)
        by_last_fact.try_emplace(record.last_seq, step, std::move(record.state));
    std::vector<std::pair<Digest, StepState>> steps;
    for (auto& [seq, step] : by_last_fact) steps.push_back(std::move(step));
    return steps;
}

std::optional<Digest> SqliteJournal::step_of(std::string const& task_id) {
    auto steps = value_or_throw(reader_.steps_of(task_id));
    auto const [first, end] = uncommitted_tasks_.equal_range(task_id);
    for (auto task = first; task != end; ++task) {
        if (std::find(steps.begin(), steps.end(), task->second.step) == steps.end())
            steps.push_back(task->second.step);
    }
    if (steps.empty()) return std::nullopt;
    auto const has_it = [&](Digest const& step) { return find(step)->task_id == task_id; };
    auto const owner =
        steps.size() == 1 ? steps.begin() : std::find_if(steps.begin(), steps.end(), has_it);
    return owner == steps.end() ? steps.front() : *owner;
}

/// Returns the known tasks that the database has not, the newest first.
std::vector<KnownTask> SqliteJournal::uncommitted_known_tasks() {
    std::map<std::string, UncommittedTask const*> first_of;
    for (auto const& [id, task] : uncommitted_tasks_) {
        if (!task.known) continue;
        auto& first = first_of[id];
        if (first == nullptr || task.seq < first->seq) first = &task;
    }
    std::map<std::int64_t, KnownTask const*, std::greater<>> by_seq;
    for (auto const& [id, task] : first_of) {
        if (!value_or_throw(reader_.is_known_task(id))) by_seq[task->seq] = &*task->known;
    }
    std::vector<KnownTask> tasks;
    for (auto const& [seq, task] : by_seq) tasks.push_back(*task);
    return tasks;
}

std::vector<KnownTask> SqliteJournal::recent_tasks(std::size_t most) {
    auto tasks = uncommitted_known_tasks();
    auto const is_set_aside = [this](KnownTask const& task) {
        auto const [first, end] = uncommitted_tasks_.equal_range(task.task_id);
        return std::any_of(first, end, [&task](auto const& named) {
            return named.second.is_set_aside && named.second.step == task.step;
        });
    };
    auto committed = value_or_throw(reader_.recent_tasks(most));
    std::move(committed.begin(), committed.end(), std::back_inserter(tasks));
    std::erase_if(tasks, is_set_aside);
    if (tasks.size() > most) tasks.resize(most);
    return tasks;
}

std::vector<std::pair<Digest, StepState>> SqliteJournal::recent_unnamed(std::size_t most) {
    return value_or_throw(reader_.recent_unnamed(most));
}

void SqliteJournal::for_each_payment_backwards(std::function<bool(Payment const&)> const& take) {
    auto const read = reader_.for_each_payment_backwards(take);
    if (read.has_error()) throw boost::system::system_error(read.error().code, read.error().detail);
}

bool SqliteJournal::knows_task(std::string const& task_id) {
    return uncommitted_tasks_.contains(task_id) || value_or_throw(reader_.knows_task(task_id));
}

std::map<std::string, Totals> SqliteJournal::paid_by_account() {
    return value_or_throw(reader_.paid_by_account());
}

std::optional<ImageKey> SqliteJournal::owner_of(std::string const& file) {
    auto const found = uncommitted_files_.find(file);
    if (found != uncommitted_files_.end()) return found->second;
    return value_or_throw(reader_.owner_of(file));
}

void SqliteJournal::close() {
    if (!failure_) failure_ = Error(Errc::journal_closed, "journal.db was closed");
    if (!next_->rows.empty()) start_commit();
    alive_.reset();
    pause_.cancel();
    thread_.join();
}

Result<CachedStep*> SqliteJournal::cached(Digest const& step) {
    if (auto* found = steps_.find(step)) return found;
    bool const is_new_step = is_new_ && steps_.has_all(); // nothing can be in the database alone
    if (is_new_step) return &steps_.put(step, StepRecord());
    TRY_ASSIGN(auto record, reader_.find(step));
    return &steps_.put(step, std::move(record));
}

std::shared_ptr<SqliteJournal::Batch> SqliteJournal::enqueue(Event event) {
    auto const step = failure_ ? Result<CachedStep*>(*failure_) : cached(event.step);
    if (step.has_error()) {
        auto const refused = std::make_shared<Batch>(executor_);
        refused->finish(step.error());
        return refused;
    }
    add(std::move(event), **step);
    arrange_commit();
    return next_;
}

void SqliteJournal::add(Event event, CachedStep& step) {
    totals_ = totals_ - totals_of(summary_of(step.record));
    if (std::holds_alternative<Finished>(event.fact))
        rest_.note_generation(event.at - step.record.state.submitted_at);
    auto naming = naming_of(event.fact, step.record.state);
    step.record.apply(++last_seq_, event);
    auto const after = summary_of(step.record);
    totals_ = totals_ + totals_of(after);
    ++step.uncommitted;
    if (auto const* saved = std::get_if<ImageSaved>(&event.fact))
        uncommitted_files_[saved->image.file] = {event.step, saved->image.tile};
    next_->rows.push_back(std::make_shared<JournalRow const>(
        JournalRow{last_seq_, std::move(event), after, std::move(naming)}));
    remember_task(*next_->rows.back(), step.record);
}

void SqliteJournal::remember_task(JournalRow const& row, StepRecord const& record) {
    auto const& [id, is_known, is_set_aside] = row.naming;
    if (id.empty()) return;
    UncommittedTask task{row.seq, row.event.step, is_set_aside, std::nullopt};
    if (is_known) task.known = known_task(id, task.step, record);
    uncommitted_tasks_.emplace(id, std::move(task));
}

/// Commits at the end of this turn of the loop, so that all its facts share a commit; during a
/// commit or the pause after it, when that ends.
void SqliteJournal::arrange_commit() {
    if (committing_ || pausing_ || std::exchange(arranged_, true)) return;
    asio::post(executor_, [this, alive = std::weak_ptr(alive_)] {
        if (!alive.expired() && !next_->rows.empty()) start_commit();
    });
}

void SqliteJournal::start_commit() {
    arranged_ = false;
    committing_ = true;
    ++commits_;
    auto const batch = std::exchange(next_, std::make_shared<Batch>(executor_));
    auto finish = [this, alive = std::weak_ptr(alive_), batch](Result<> const& result) {
        batch->finish(result);
        if (!alive.expired()) on_committed(batch, result);
    };
    // The batch goes to the thread and back as a whole: its timer must die on the loop's thread.
    asio::post(thread_, [this, rows = &batch->rows, executor = executor_,
                         finish = std::move(finish)]() mutable {
        auto result = writer_.commit(*rows);
        asio::post(executor, [finish = std::move(finish), result] { finish(result); });
    });
}

void SqliteJournal::on_committed(std::shared_ptr<Batch> const& batch, Result<> const& result) {
    committing_ = false;
    if (result.has_value()) {
        forget_uncommitted(*batch);
        pause(static_cast<int>(batch->rows.size()));
        return;
    }
    if (!failure_) failure_ = result.error();
    // Facts appended meanwhile follow a lost fact.
    next_->finish(result);
    next_ = std::make_shared<Batch>(executor_);
}

/// A quiet run still commits at once.
void SqliteJournal::pause(int facts) {
    pausing_ = true;
    pause_.expires_after(rest_.after(facts));
    pause_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code) {
        if (alive.expired()) return;
        pausing_ = false;
        if (!next_->rows.empty()) start_commit();
    });
}

void SqliteJournal::forget_uncommitted(Batch const& batch) {
    durable_seq_ = batch.rows.back()->seq;
    for (auto const& row : batch.rows) {
        if (auto* step = steps_.find(row->event.step)) --step->uncommitted;
        auto const [first, end] = uncommitted_tasks_.equal_range(row->naming.task_id);
        auto const has_seq = [&row](auto const& task) { return task.second.seq == row->seq; };
        auto const task = std::find_if(first, end, has_seq);
        if (task != end) uncommitted_tasks_.erase(task);
        if (auto const* saved = std::get_if<ImageSaved>(&row->event.fact))
            uncommitted_files_.erase(saved->image.file);
    }
}

} // namespace darkroom::store
