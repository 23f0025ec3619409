// What commands ask a journal besides its steps and images.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/engine/event.hpp"
#include "runner/store/journal_sql.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::store {

/// The times of the first and the last submission.
struct SubmissionTimes {
    WallTime first{};
    WallTime last{};
};

/// A fact as it is stored.
struct StoredFact {
    std::int64_t seq = 0;
    Digest step{};
    WallTime at{};
    std::string kind;
    std::string body;
};

/// Owns one connection; sees every commit made before a call. Errors: SQLite's,
/// damaged_journal.
class JournalQuestions {
public:
    /// Errors: no such file, foreign_journal, newer_journal, SQLite's.
    static Result<JournalQuestions> open(std::string const& path);

    /// Returns at most `most` keys that begin with these hex digits, in their order.
    Result<std::vector<Digest>> keys_beginning(std::string_view digits, std::size_t most);
    /// Returns the times of all submissions; none when nothing was sent. Reads every fact.
    Result<std::optional<SubmissionTimes>> submission_times();
    /// Returns true when the step's last word about the task is that it is not its own.
    Result<bool> is_set_aside(Digest const& step, std::string_view task_id);
    /// Returns what is recorded of an image's file; nothing for a file that no image has.
    Result<std::optional<engine::SavedImage>> image_in(std::string_view file);
    /// Returns the last facts, at most `most`, in their order.
    Result<std::vector<StoredFact>> last_facts(std::size_t most);
    /// Returns the number of facts of each kind. Reads every fact.
    Result<std::map<std::string, std::int64_t>> fact_counts();

private:
    explicit JournalQuestions(Database database) : database_(std::move(database)) {}

    Database database_;
    Statement image_in_; // after the database; prepared by the first call of image_in()
    bool asks_for_images_ = false;
};

} // namespace darkroom::store
