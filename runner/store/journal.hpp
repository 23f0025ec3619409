// The journal of a run: SQLite, written by one thread, in group commits.
#pragma once

#include "runner/store/commit_rest.hpp"
#include "runner/store/journal_cache.hpp"
#include "runner/store/journal_reader.hpp"
#include "runner/store/journal_refold.hpp"
#include "runner/store/journal_writer.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <memory>
#include <unordered_map>

namespace darkroom::store {

/// The record of a run. Everything but the commits happens on the loop's thread; the executor's
/// context must outlive the journal.
/// All that reads throws system_error when the database cannot be read: find(), knows_task(),
/// step_of(), recent_tasks(), unsettled_steps(), for_each_payment_backwards(), paid_by_account().
class SqliteJournal final : public engine::Journal {
public:
    /// Opens or creates the database; the caller holds the run directory's lock.
    /// Errors: foreign_journal, newer_journal, SQLite's.
    static Result<std::unique_ptr<SqliteJournal>> open(boost::asio::any_io_executor executor,
                                                       std::string const& path);
    ~SqliteJournal() override;

    /// Completes when the event is durable. All events of one loop turn, and all that come during a
    /// commit or its rest, share a commit: see CommitRest. Cancel: terminal; the event is recorded
    /// all the same.
    engine::awaitable<Result<>> append(engine::Event event) override;
    void note(engine::Event event) override;
    std::optional<engine::StepState> find(Digest const& step) override;
    std::vector<std::pair<Digest, engine::StepState>> unsettled_steps() override;
    bool knows_task(std::string const& task_id) override;
    std::optional<Digest> step_of(std::string const& task_id) override;
    std::vector<engine::KnownTask> recent_tasks(std::size_t most) override;
    std::vector<std::pair<Digest, engine::StepState>> recent_unnamed(std::size_t most) override;
    void
    for_each_payment_backwards(std::function<bool(engine::Payment const&)> const& take) override;
    engine::Totals totals() override { return totals_; }
    std::int64_t durable_facts() override { return durable_seq_; }
    /// Returns the steps of version 0.1 that open() has brought up to date.
    Refolded const& refolded() const { return refolded_; }
    /// Returns the counts that earlier runs left.
    engine::StepCounts const& counts_at_open() const { return counts_at_open_; }
    std::map<std::string, engine::Totals> paid_by_account() override;

    /// Returns the image that is recorded under this file name.
    std::optional<ImageKey> owner_of(std::string const& file);
    /// Reads committed facts only.
    JournalReader& reader() { return reader_; }
    /// Returns the number of transactions so far.
    std::int64_t commits() const { return commits_; }

    /// Commits the remaining facts and ends the thread; blocks until that is done. Waiting appends
    /// complete when the loop runs again; later ones fail with journal_closed.
    void close();

private:
    struct Batch;
    struct Alive {};
    struct UncommittedTask {
        std::int64_t seq = 0;
        Digest step{};
        bool is_set_aside = false;
        std::optional<engine::KnownTask> known;
    };

    SqliteJournal(boost::asio::any_io_executor executor, JournalWriter writer,
                  JournalReader reader);
    Result<> load();

    std::shared_ptr<Batch> enqueue(engine::Event event);
    void add(engine::Event event, CachedStep& step);
    Result<CachedStep*> cached(Digest const& step);
    void arrange_commit();
    void start_commit();
    void pause(int facts);
    void on_committed(std::shared_ptr<Batch> const& batch, Result<> const& result);
    void remember_task(JournalRow const& row, StepRecord const& record);
    std::vector<engine::KnownTask> uncommitted_known_tasks();
    void forget_uncommitted(Batch const& batch);

    boost::asio::any_io_executor executor_;
    boost::asio::steady_timer pause_;
    CommitRest rest_;
    JournalWriter writer_; // used by thread_ only, once that runs
    JournalReader reader_;
    StepCache steps_;
    std::unordered_multimap<std::string, UncommittedTask> uncommitted_tasks_; // by their ids
    std::unordered_map<std::string, ImageKey> uncommitted_files_;
    Refolded refolded_;
    engine::StepCounts counts_at_open_;
    engine::Totals totals_;
    std::int64_t last_seq_ = 0;
    std::int64_t durable_seq_ = 0;
    bool is_new_ = false; // it had no facts when it was opened
    std::int64_t commits_ = 0;
    std::shared_ptr<Batch> next_; // takes facts; never null
    bool committing_ = false;
    bool arranged_ = false;
    bool pausing_ = false;
    std::optional<Error> failure_;
    std::shared_ptr<Alive> alive_; // late handlers check it
    boost::asio::thread_pool thread_{1};
};

} // namespace darkroom::store
