// The history of a run directory, read from its journal.
#pragma once

#include "runner/engine/history.hpp"
#include "runner/store/digest_table.hpp"
#include "runner/store/journal_reader.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::store {

/// Reads over one connection; works while a run is writing.
class RunHistory final : public engine::History {
public:
    /// Errors: no such file, foreign_journal, newer_journal, SQLite's.
    static Result<RunHistory> open(std::string const& journal);
    /// Opens one whose reads all see the same state, that of the first read, while a run goes on
    /// writing. It is closed soon: until then the write-ahead log grows.
    static Result<RunHistory> open_snapshot(std::string const& journal);

    Result<engine::StepCounts> counts() override;
    Result<std::int64_t> count_images() override { return journal_.count_pictures(); }
    Result<std::map<std::string, engine::Totals>> paid_by_account() override;
    Result<std::optional<engine::StepRow>> find(Digest const& step) override;
    Result<engine::StepState> state_of(Digest const& step) override;
    Result<>
    for_each_image(std::function<Result<>(engine::ManifestRow const&)> const& take) override;
    Result<>
    for_each_failed(std::function<Result<>(engine::FailedRow const&)> const& take) override;
    Result<> for_each_open(std::function<Result<>(engine::FailedRow const&)> const& take) override;
    Result<> for_each_finished_backwards(std::function<bool(WallTime)> const& take) override {
        return journal_.for_each_finished_backwards(take);
    }
    Result<> for_each_charged_again(
        std::function<Result<>(Digest const&, engine::ChargedAgain const&)> const& take) override;

private:
    /// The row of a step that is done.
    struct Done {
        std::uint8_t images;
        std::uint8_t price; ///< An index.
    };
    explicit RunHistory(JournalReader journal) : journal_(std::move(journal)) {}
    Result<> read_done();

    JournalReader journal_;
    bool is_snapshot_ = false;
    std::optional<engine::StepCounts> counts_; ///< Kept for a snapshot that was asked for them.
    /// The done steps of a large snapshot: who asks for one asks for most.
    std::optional<DigestTable<Done>> done_;
    std::vector<jobs::Micros> prices_; ///< A million steps share a handful.
};

} // namespace darkroom::store
