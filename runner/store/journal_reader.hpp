// Reads a journal: for the run itself, and for commands that look at a run directory.
#pragma once

#include "runner/engine/history.hpp"
#include "runner/store/action_mask.hpp"
#include "runner/store/journal_row.hpp"

#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::store {

class RemovedImages;

/// A saved image: the fact, and the step at that time.
struct ImageRecord {
    engine::Event event; ///< Its fact is an ImageSaved.
    engine::StepState state;
};

/// The file of an image.
struct ImageFile {
    Digest step{};
    std::string_view file;   ///< Relative to the run directory; valid during the call.
    std::int64_t bytes = -1; ///< -1: an older program did not store it.
    int tile = 0;
};

/// A step that is paid and whose images are saved.
struct DoneRow {
    Digest step{};
    int images = 0;
    jobs::Micros price = 0;
    std::int64_t action_mask = unknown_action_mask; ///< See action_mask_of().
};

/// Owns one connection; sees every commit made before a call. Errors: SQLite's, damaged_journal. A
/// callback's error ends the walk and is returned.
class JournalReader {
public:
    /// Errors: no such file, foreign_journal, newer_journal, SQLite's.
    static Result<JournalReader> open(std::string const& path);
    /// From here on every read sees the same state: that of the next one.
    Result<> hold() { return database_.execute("BEGIN"); }

    /// Returns the sum of a step's facts up to `last_seq`; a record without facts when there are
    /// none.
    Result<StepRecord> find(Digest const& step, std::int64_t last_seq = forever);
    /// Returns one indexed row without reading facts, to skip finished steps.
    Result<std::optional<StepSummary>> summary(Digest const& step);
    Result<bool> knows_task(std::string_view task_id);
    /// Returns the steps that name a task, in no order.
    Result<std::vector<Digest>> steps_of(std::string_view task_id);
    /// Gives each task that several steps have named.
    Result<> for_each_shared_task(std::function<void(std::string_view)> const& take);
    /// Returns true for a task that recent_tasks() gives if enough are asked for.
    Result<bool> is_known_task(std::string_view task_id);
    /// Returns the tasks that were named last, the newest first, each with the attempt that was
    /// taken as this task. Those of version 0.1 are left out.
    Result<std::vector<engine::KnownTask>> recent_tasks(std::size_t most);
    /// See Journal::recent_unnamed().
    Result<std::vector<std::pair<Digest, engine::StepState>>> recent_unnamed(std::size_t most);
    /// Gives the steps whose texts were answered without the name of a task, in no order.
    Result<>
    for_each_unnamed(std::function<void(Digest const&, engine::StepState const&)> const& take);
    Result<bool> has_image(ImageKey const& image);
    /// Returns the image that is recorded under this file name.
    Result<std::optional<ImageKey>> owner_of(std::string_view file);

    /// Counts all steps: a million in a tenth of a second.
    Result<engine::StepCounts> counts();
    Result<engine::Totals> totals(); ///< Those of counts().
    /// Returns the payments of each account; open steps are not in it.
    Result<std::map<std::string, engine::Totals>> paid_by_account();
    /// Does the same where totals() is known.
    Result<std::map<std::string, engine::Totals>> paid_by_account(engine::Totals const& all);
    Result<std::int64_t> last_seq();
    Result<std::int64_t> last_image_seq(); ///< 0 without an image.
    /// Counts the images up to a fact; a text is one, too.
    Result<std::int64_t> count_images(std::int64_t last_seq = forever);
    Result<std::int64_t> count_pictures(); ///< Videos as well, but no texts.

    /// Gives every fact after `seq`, in order.
    Result<> for_each_fact(std::int64_t seq,
                           std::function<Result<>(std::int64_t, engine::Event const&)> const& take);
    /// Gives the images recorded after the fact `seq`, in the order of the manifest.
    Result<> for_each_image(std::int64_t seq,
                            std::function<Result<>(ImageRecord const&)> const& take);
    /// Gives only the fact number and the step of each image, in the same order; much cheaper.
    /// `take` returns false to end the walk.
    Result<> for_each_image_step(std::int64_t seq,
                                 std::function<bool(std::int64_t, Digest const&)> const& take);
    /// Gives the step and the tile of each image up to the fact `last_seq`, in the order of their
    /// keys.
    Result<> for_each_image_key(std::int64_t last_seq,
                                std::function<void(Digest const&, int tile)> const& take);
    /// Gives the file of each image, in the manifest's order.
    Result<> for_each_image_file(std::function<void(ImageFile const&)> const& take);
    Result<RemovedImages> removed_images(); ///< See journal_removed.hpp.
    /// Gives the steps that are paid and whose images are saved, by key.
    Result<> for_each_done(std::function<void(DoneRow const&)> const& take);
    /// Gives the keys of all steps that are paid, in order.
    Result<> for_each_finished_key(std::function<void(Digest const&)> const& take);
    /// Gives the facts of requests that were sent, the last one first. `take` returns false to end
    /// the walk.
    Result<>
    for_each_submitted_backwards(std::function<bool(engine::Submitted const&)> const& take);
    /// Gives the times of the facts that finished a step, the last one first. `take` returns false
    /// to end the walk.
    Result<> for_each_finished_backwards(std::function<bool(WallTime)> const& take);
    /// Gives the payments, the last one first. `take` returns false to end the walk.
    Result<> for_each_payment_backwards(std::function<bool(engine::Payment const&)> const& take);
    /// Gives the steps that an earlier run left unsettled, by their last fact.
    Result<>
    for_each_unsettled(std::function<Result<>(Digest const&, StepRecord const&)> const& take);
    /// Gives the steps that were given up, by their last fact: those of failed.jsonl.
    Result<>
    for_each_given_up(std::function<Result<>(Digest const&, StepRecord const&)> const& take);

    /// Gives the steps whose rows are those of failed steps, by their last fact; see
    /// refold_steps().
    Result<>
    for_each_failed_row(std::function<Result<>(Digest const&, StepRecord const&)> const& take);
    /// Gives each charge besides that of a finished attempt: events of ChargedAgain.
    Result<> for_each_charged_again(std::function<Result<>(engine::Event const&)> const& take);

    static constexpr std::int64_t forever = std::numeric_limits<std::int64_t>::max();

private:
    Result<std::map<std::string, engine::Totals>> charged_again();
    Result<> add_outdated(engine::StepCounts& counts);
    Result<> walk_steps(Statement& steps,
                        std::function<Result<>(Digest const&, StepRecord const&)> const& take);

    bool is_outdated_ = false; // rows of failed steps may be those of version 0.1
    Database database_;        // before the statements: closed after them
    Statement facts_of_, summary_, task_, known_task_, steps_of_task_, image_, owner_;
};

} // namespace darkroom::store
