// What a journal knows about tasks.
#include "runner/store/journal_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace darkroom::store {

using namespace engine;

Result<bool> JournalReader::knows_task(std::string_view task_id) {
    ResetAtEnd const guard(task_);
    return task_.bind(1, task_id).step();
}

Result<std::vector<Digest>> JournalReader::steps_of(std::string_view task_id) {
    ResetAtEnd const guard(steps_of_task_);
    steps_of_task_.bind(1, task_id);
    std::vector<Digest> steps;
    for (;;) {
        TRY_ASSIGN(auto const more, steps_of_task_.step());
        if (!more) break;
        steps.push_back(steps_of_task_.digest(0));
    }
    std::sort(steps.begin(), steps.end());
    steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
    return steps;
}

Result<> JournalReader::for_each_shared_task(std::function<void(std::string_view)> const& take) {
    TRY_ASSIGN(auto const has_shared, has_table(database_, "shared_tasks"));
    if (!has_shared) return {};
    TRY_ASSIGN(auto query,
               database_.prepare("SELECT DISTINCT task_id FROM shared_tasks ORDER BY task_id"));
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) return {};
        take(query.text(0));
    }
}

Result<bool> JournalReader::is_known_task(std::string_view task_id) {
    ResetAtEnd const guard(known_task_);
    return known_task_.bind(1, task_id).step();
}

Result<std::vector<KnownTask>> JournalReader::recent_tasks(std::size_t most) {
    TRY_ASSIGN(auto const seq, column_in(database_, "tasks", "seq"));
    TRY_ASSIGN(auto query,
               database_.prepare(seq == "seq" ? "SELECT task_id, step, seq FROM tasks "
                                                "WHERE seq > 0 ORDER BY seq DESC LIMIT ?"
                                              : "SELECT '', '', 0 WHERE 0 LIMIT ?"));
    query.bind(1, static_cast<std::int64_t>(most));
    std::vector<KnownTask> tasks;
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) return tasks;
        auto const step = query.digest(1);
        TRY_ASSIGN(auto const record, find(step, query.integer(2)));
        tasks.push_back(known_task(std::string(query.text(0)), step, record));
    }
}

Result<std::vector<std::pair<Digest, StepState>>> JournalReader::recent_unnamed(std::size_t most) {
    TRY_ASSIGN(auto query, database_.prepare("SELECT key FROM steps WHERE phase = ? "
                                             "ORDER BY last_seq DESC LIMIT ?"));
    query.bind(1, phase_number(Phase::finished));
    query.bind(2, static_cast<std::int64_t>(most));
    std::vector<std::pair<Digest, StepState>> steps;
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) return steps;
        auto const key = query.digest(0);
        TRY_ASSIGN(auto record, find(key));
        bool const is_unnamed = record.state.task_id.empty() && makes_text(record.state.info);
        if (is_unnamed) steps.emplace_back(key, std::move(record.state));
    }
}

Result<>
JournalReader::for_each_unnamed(std::function<void(Digest const&, StepState const&)> const& take) {
    TRY_ASSIGN(auto query, database_.prepare("SELECT key FROM steps WHERE phase = ? AND key NOT IN "
                                             "(SELECT step FROM tasks)"));
    query.bind(1, phase_number(Phase::finished));
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) return {};
        auto const key = query.digest(0);
        TRY_ASSIGN(auto const record, find(key));
        bool const is_unnamed = record.state.task_id.empty() && makes_text(record.state.info);
        if (is_unnamed) take(key, record.state);
    }
}

Result<> JournalReader::for_each_finished_backwards(std::function<bool(WallTime)> const& take) {
    TRY_ASSIGN(auto query, database_.prepare("SELECT at FROM facts WHERE kind = 'finished' "
                                             "ORDER BY seq DESC"));
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more || !take(WallTime(std::chrono::milliseconds(query.integer(0))))) return {};
    }
}

Result<>
JournalReader::for_each_payment_backwards(std::function<bool(engine::Payment const&)> const& take) {
    TRY_ASSIGN(auto query, database_.prepare(fmt::format(
                               "SELECT {} FROM facts WHERE kind IN ('finished', 'charged_again') "
                               "ORDER BY seq DESC",
                               fact_columns)));
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) return {};
        TRY_ASSIGN(auto const row, read_fact(query));
        if (!take(*payment_of(row.event))) return {};
    }
}

} // namespace darkroom::store
