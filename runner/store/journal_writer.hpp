// The journal's only writer: one transaction a batch. Used by the journal's thread.
#pragma once

#include "runner/store/journal_row.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::store {

using JournalRows = std::vector<std::shared_ptr<JournalRow const>>;

class JournalWriter {
public:
    /// Creates the database when it is not there.
    /// Errors: foreign_journal, newer_journal, SQLite's.
    static Result<JournalWriter> open(std::string const& path);

    /// Makes all rows durable, or none. After an error every later call returns the same error:
    /// nothing that follows a lost fact may be kept.
    Result<> commit(JournalRows const& rows);

private:
    Result<> write_log_back();
    Result<> say_log(std::string_view word);
    Result<> insert_all(JournalRows const& rows);
    Result<> insert(JournalRow const& row);
    Result<> put_step(JournalRow const& last, std::optional<std::int64_t> action_mask);
    Result<> insert_fact(JournalRow const& row);
    Result<> insert_task(JournalRow const& row);
    Result<> insert_image(JournalRow const& row, engine::SavedImage const& image);

    int left_in_log_ = 0; // pages of the log when it was last written back
    Database database_;   // before the statements: closed after them
    Statement fact_, step_, shared_task_, task_, forget_task_, forget_image_, image_;
    std::optional<Error> failure_;
};

} // namespace darkroom::store
