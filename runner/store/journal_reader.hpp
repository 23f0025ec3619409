// Reading a journal: for the run itself, and for status, export and gallery beside it.
#pragma once

#include "runner/store/action_mask.hpp"
#include "runner/store/journal_row.hpp"

#include <array>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace darkroom::store {

/// An image as it was saved: the fact and the step as it stood then.
struct ImageRecord {
    engine::Event event; ///< Its fact is an ImageSaved.
    engine::StepState state;
};

/// Where an image is on the disk.
struct ImageFile {
    Digest step{};
    std::string_view file;   ///< Relative to the run directory; valid during the call.
    std::int64_t bytes = -1; ///< -1: not known.
};

/// A step that is paid and owes nothing.
struct DoneRow {
    Digest step{};
    int images = 0;
    std::int64_t action_mask = unknown_action_mask; ///< See action_mask_of().
};

/// Steps by phase, indexed by engine::Phase; and how many were given up in all.
struct StepCounts {
    std::array<std::int64_t, 5> by_phase{};
    std::array<jobs::Micros, 5> prices{}; ///< Theirs together.
    std::int64_t gave_up = 0;             ///< Failed, or paid with an image given up.

    std::int64_t of(engine::Phase phase) const {
        return by_phase.at(static_cast<std::size_t>(phase));
    }
    engine::Totals totals() const;
};

/// One connection of its own; sees every commit that came before the call. Errors: SQLite's,
/// damaged_journal. A callback's error ends the walk and is returned.
class JournalReader {
public:
    /// Errors: no such file, foreign_journal, newer_journal, SQLite's.
    static Result<JournalReader> open(std::string const& path);

    /// The fold of a step's facts up to `last_seq`; a record without facts when there are none.
    Result<StepRecord> find(Digest const& step, std::int64_t last_seq = forever);
    /// One indexed row, no facts: to skip what is done.
    Result<std::optional<StepSummary>> summary(Digest const& step);
    Result<bool> knows_task(std::string_view task_id);
    /// Whose image is recorded under this file name.
    Result<std::optional<ImageKey>> owner_of(std::string_view file);

    /// Of all steps: a million are counted in a tenth of a second.
    Result<StepCounts> counts();
    Result<engine::Totals> totals(); ///< Those of counts().
    /// What each account has paid for; nothing is said of what is open.
    Result<std::map<std::string, engine::Totals>> paid_by_account();
    Result<std::int64_t> last_seq();
    Result<std::int64_t> count_images();

    /// Every fact, in order, after `seq`.
    Result<> for_each_fact(std::int64_t seq,
                           std::function<Result<>(std::int64_t, engine::Event const&)> const& take);
    /// The images recorded after the fact `seq`, in the order of the manifest.
    Result<> for_each_image(std::int64_t seq,
                            std::function<Result<>(ImageRecord const&)> const& take);
    /// Only the fact's number and the step of each, in the same order; much cheaper. `take` says
    /// whether to go on.
    Result<> for_each_image_step(std::int64_t seq,
                                 std::function<bool(std::int64_t, Digest const&)> const& take);
    /// Which file each image is, in the same order; -1 bytes where an older program did not say.
    Result<> for_each_image_file(std::function<void(ImageFile const&)> const& take);
    /// The steps that are paid and owe nothing, by key.
    Result<> for_each_done(std::function<void(DoneRow const&)> const& take);
    /// Steps that an earlier run left half-way, by their last fact.
    Result<>
    for_each_unsettled(std::function<Result<>(Digest const&, StepRecord const&)> const& take);
    /// Steps that were given up, by their last fact: what failed.jsonl lists.
    Result<>
    for_each_given_up(std::function<Result<>(Digest const&, StepRecord const&)> const& take);

    static constexpr std::int64_t forever = std::numeric_limits<std::int64_t>::max();

private:
    Result<> walk_steps(Statement& steps,
                        std::function<Result<>(Digest const&, StepRecord const&)> const& take);

    Database database_; // before the statements: closed after them
    Statement facts_of_, summary_, task_, owner_;
};

} // namespace darkroom::store
