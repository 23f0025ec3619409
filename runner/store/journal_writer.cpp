#include "runner/store/journal_writer.hpp"

#include "runner/store/action_mask.hpp"
#include "runner/store/journal_cache.hpp"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

namespace darkroom::store {

using namespace engine;

namespace {

constexpr int log_pages_max = 1000; // four megabytes

} // namespace

Result<JournalWriter> JournalWriter::open(std::string const& path) {
    TRY_ASSIGN(auto database, Database::open(path, Database::Mode::create));
    // Before anything that writes, so that another program's file stays as it is.
    auto ready = prepare_schema(database, path);
    if (ready.has_error()) return ready.error();
    ready = database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    if (ready.has_error()) return ready.error();
    database.keep_log();
    JournalWriter writer;
    writer.database_ = std::move(database);
    std::pair<Statement*, std::string_view> const statements[] = {
        {&writer.fact_, "INSERT INTO facts(seq, step, at, kind, body) VALUES(?, ?, ?, ?, ?)"},
        {&writer.step_,
         "INSERT INTO steps(key, phase, gave_up, price, images, unsettled, last_seq, account, "
         "charges_again, cost_again, offer) "
         "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?11) ON CONFLICT(key) DO UPDATE SET "
         "phase = excluded.phase, gave_up = excluded.gave_up, "
         "price = excluded.price, images = excluded.images, "
         "unsettled = excluded.unsettled, "
         "last_seq = excluded.last_seq, account = excluded.account, "
         "charges_again = excluded.charges_again, cost_again = excluded.cost_again, "
         "offer = CASE WHEN ?12 THEN excluded.offer ELSE offer END"},
        {&writer.shared_task_, share_task_sql},
        {&writer.task_, name_task_sql},
        {&writer.forget_task_, "UPDATE tasks SET seq = 0 WHERE task_id = ? AND step = ?"},
        {&writer.forget_image_, "DELETE FROM images WHERE step = ? AND tile = ?"},
        {&writer.image_, "INSERT INTO images(step, tile, seq, file, bytes) VALUES(?, ?, ?, ?, ?)"}};
    for (auto const& [statement, sql] : statements) {
        TRY_ASSIGN(auto prepared, writer.database_.prepare(sql));
        *statement = std::move(prepared);
    }
    TRY(writer.write_log_back());
    return writer;
}

Result<> JournalWriter::commit(JournalRows const& rows) {
    if (failure_) return *failure_;
    auto done = insert_all(rows);
    bool const is_long = database_.log_pages() >= left_in_log_ + log_pages_max;
    if (done.has_value() && is_long) done = write_log_back();
    if (done.has_value()) return done;
    failure_ = done.error();
    // Fails when SQLite has already rolled back by itself (disk full): the same state either way.
    (void)database_.execute("ROLLBACK");
    return done;
}

/// Copies the log into the database file, between two words: without its log the file then says
/// that the log is missing. When a reader needs the log, some of it is copied later.
Result<> JournalWriter::write_log_back() {
    TRY(say_log(log_missing));
    TRY(database_.execute("PRAGMA wal_checkpoint(PASSIVE)"));
    TRY(say_log(log_present));
    left_in_log_ = database_.log_pages();
    return {};
}

Result<> JournalWriter::say_log(std::string_view word) {
    return database_.execute(
        fmt::format("INSERT OR REPLACE INTO meta(name, text) VALUES('{}', '{}')", log_key, word));
}

/// Writes the row of a step once, however many facts it has in this batch.
Result<> JournalWriter::insert_all(JournalRows const& rows) {
    TRY(database_.execute("BEGIN IMMEDIATE"));
    struct Touched {
        JournalRow const* last = nullptr;
        std::optional<std::int64_t> action_mask;
    };
    std::unordered_map<Digest, Touched, DigestHash> steps;
    for (auto const& row : rows) {
        TRY(insert(*row));
        auto& touched = steps[row->event.step];
        touched.last = row.get();
        if (auto const* finished = std::get_if<Finished>(&row->event.fact))
            touched.action_mask = action_mask_of(finished->answer.actions);
    }
    for (auto const& [step, touched] : steps) {
        TRY(put_step(*touched.last, touched.action_mask));
    }
    return database_.execute("COMMIT");
}

Result<> JournalWriter::insert(JournalRow const& row) {
    TRY(insert_fact(row));
    if (!row.naming.task_id.empty()) {
        TRY(insert_task(row));
    }
    auto const* saved = std::get_if<ImageSaved>(&row.event.fact);
    return saved == nullptr ? Result<>() : insert_image(row, saved->image);
}

Result<> JournalWriter::put_step(JournalRow const& last, std::optional<std::int64_t> action_mask) {
    auto const& [seq, event, after, naming] = last;
    return step_.bind(1, event.step)
        .bind(2, std::int64_t{phase_number(after.phase)})
        .bind(3, std::int64_t{after.gave_up})
        .bind(4, after.price)
        .bind(5, std::int64_t{after.images})
        .bind(6, std::int64_t{after.unsettled})
        .bind(7, seq)
        .bind(8, after.account)
        .bind(9, std::int64_t{after.charges_again})
        .bind(10, after.cost_again)
        .bind(11, action_mask.value_or(unknown_action_mask))
        .bind(12, std::int64_t{action_mask.has_value()})
        .run();
}

Result<> JournalWriter::insert_fact(JournalRow const& row) {
    auto const body = json::write(to_json(row.event.fact));
    return fact_.bind(1, row.seq)
        .bind(2, row.event.step)
        .bind(3, std::int64_t{row.event.at.time_since_epoch().count()})
        .bind(4, kind_of(row.event.fact))
        .bind(5, body)
        .run();
}

Result<> JournalWriter::insert_task(JournalRow const& row) {
    auto const& [task, is_known, is_set_aside] = row.naming;
    TRY(shared_task_.bind(1, task).bind(2, row.event.step).run());
    TRY(task_.bind(1, task).bind(2, row.event.step).bind(3, is_known ? row.seq : 0).run());
    if (!is_set_aside) return {};
    return forget_task_.bind(1, task).bind(2, row.event.step).run();
}

/// Moves an image that is saved again (its file was lost) to the end of the list: the manifest then
/// differs from the list, and is rewritten.
Result<> JournalWriter::insert_image(JournalRow const& row, SavedImage const& image) {
    std::int64_t const tile = image.tile;
    TRY(forget_image_.bind(1, row.event.step).bind(2, tile).run());
    return image_.bind(1, row.event.step)
        .bind(2, tile)
        .bind(3, row.seq)
        .bind(4, image.file)
        .bind(5, static_cast<std::int64_t>(image.bytes))
        .run();
}

} // namespace darkroom::store
