// The facts of a run, and what they add up to for one step. Pure.
#pragma once

#include "jobs/plan/plan.hpp"
#include "runner/base/clock.hpp"
#include "runner/base/json.hpp"
#include "runner/base/sha256.hpp"

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace darkroom::engine {

/// What a failure means for the step. docs/operating.md, "Failure classes".
enum class Verdict {
    transient,  ///< The service never took the request: try again.
    rate,       ///< 429: wait and slow down; uses up no attempt.
    unknown,    ///< The request left, no answer came: look it up first.
    rejected,   ///< The request itself is refused: never again.
    generation, ///< The service took it and failed; not charged: try again.
    refused,    ///< The token is refused.
    empty,      ///< The account is out of balance.
    expired,    ///< The image link is dead: get a fresh one.
    download,   ///< The image did not arrive whole: again.
    disk,       ///< Our own disk is full or not writable.
};
std::string_view name_of(Verdict verdict);
std::optional<Verdict> verdict_named(std::string_view name);

/// What went wrong, as the service or the network said it. Holds no token.
struct Problem {
    Verdict verdict = Verdict::unknown;
    std::string code;     ///< The service's error.code, or ours ("connection_reset", …).
    std::string message;  ///< For a person.
    std::string trace_id; ///< "" when none was given.
    std::string task_id;  ///< "" when none was seen.
    int status = 0;       ///< HTTP status, 0 when there was no answer.
    std::optional<Duration> retry_after;
};

/// A finished generation as the service describes it. Source: the last line of a stream, or the
/// `response` of a finished task record. Of a step that makes a text, only the ids and `text`.
struct Answer {
    std::string task_id;
    std::string trace_id;
    std::string image_id; ///< Decimal digits; beyond 2^53. Of videos their video_id.
    std::string url; ///< raw_image_url, byte for byte; for edits and videos what stands for it.
    int width = 0;   ///< Of the raw image; 0 when not said.
    int height = 0;
    std::vector<std::string> actions;
    std::vector<std::string> sub_urls; ///< sub_image_urls: four with split_images; or more videos.
    std::string text;                  ///< Several texts are lines of one.
};

struct SavedImage {
    int tile = 0;     ///< 0: the whole image; 1 to 4: a tile.
    std::string file; ///< Relative to the run directory; "" for a text without a file.
    std::string url;
    std::string sha256;
    std::string format; ///< "png", "jpeg", "webp", "mp4", "txt".
    std::uint64_t bytes = 0;
    int width = 0;
    int height = 0;
};

/// Everything about a step that its manifest line needs and that is known when it is submitted.
struct StepInfo {
    std::string job;
    std::uint64_t item = 0;
    int repeat = 0;
    std::string path;
    jobs::Variables variables;
    std::string prompt;
    std::string action;
    std::string mode;
    std::string parent_image_id; ///< "" for a first generation.
    std::string request;  ///< canonical_body() of what was sent, with image_id: to find it again.
    bool download = true; ///< Whether its images are wanted.
};

/// The image that a follow-up works on. Empty for a first generation.
struct ImageAbove {
    std::string id;
    std::string url; ///< As the service named it.
};
StepInfo info_of(jobs::Step const& step, ImageAbove const& above = ImageAbove());
/// The body that is sent: what the job file asks for, and the image it is asked of.
json::Value body_of(jobs::Step const& step, ImageAbove const& above);
/// What the step's result is: "image", "video" or "text".
std::string_view kind_of_result(StepInfo const& info);
/// Whether an image that offers these is a grid of four.
bool offers_tiles(std::span<std::string const> actions);
/// Whether it is a text and no file of the service.
bool makes_text(StepInfo const& info);
/// A tile's number as people see it: several videos of one step count from 1 as well. 0: none.
int shown_tile(StepInfo const& info, Answer const& answer, int tile);

/// The request is about to leave. Durable before its first byte.
struct Submitted {
    StepInfo info;
    std::string account;
    jobs::Micros price = 0; ///< What it will cost if it succeeds.
};
/// The service said which task it is.
struct Accepted {
    std::string task_id;
    bool by_search = false; ///< Not named by our own stream, but found among equal requests.
};
/// The image exists and is paid for.
struct Finished {
    Answer answer;
    jobs::Micros cost = 0;
};
/// An attempt failed. `final`: the step is given up, or, once paid, its image for this run.
struct Failed {
    Problem problem;
    bool final = false;
    std::optional<StepInfo>
        info; ///< When nothing was submitted: the step was refused before paying.
};
struct ImageSaved {
    SavedImage image;
};
/// Not tried, because the step above it failed.
struct Skipped {
    StepInfo info;
    std::string why;
};

/// A person asked for a failed step to be tried again.
struct Requeued {};

using Fact = std::variant<Submitted, Accepted, Finished, Failed, ImageSaved, Skipped, Requeued>;

struct Event {
    Digest step{};
    WallTime at{};
    Fact fact;
};

/// A fact as JSON and back; the journal's rows. Errors: a row this version cannot read.
std::string_view kind_of(Fact const& fact);
json::Value to_json(Fact const& fact);
Result<Fact> fact_from_json(std::string_view kind, json::Value const& value);

/// Where a step stands. The order is that of its life.
enum class Phase {
    wanted,   ///< Nothing on its way at the service: submit when allowed.
    open,     ///< Sent; no last word: in flight now, or unknown after a crash or a cut.
    finished, ///< Paid. Its images are saved or still to be: see `saved`. Never leaves this phase.
    failed,   ///< Given up.
    skipped,  ///< Not tried, the step above failed.
};
std::string_view name_of(Phase phase);

/// The fold of a step's facts.
struct StepState {
    Phase phase = Phase::wanted;
    int attempts = 0;       ///< Failed ones that count against retry.attempts.
    std::string task_id;    ///< Of the open or finished attempt, "" while not known.
    bool by_search = false; ///< See Accepted.
    std::string account;
    jobs::Micros price = 0; ///< Reserved by the open attempt, or the cost once finished.
    WallTime submitted_at{};
    WallTime finished_at{};
    StepInfo info;
    Answer answer; ///< Set from `finished` on.
    std::vector<SavedImage> saved;
    int times_saved = 0; ///< More than `saved` has: a lost file has come again.
    Problem problem;     ///< The last one.

    void apply(Event const& event);
    /// Something of it is under way or owed: sent without a last word, or paid and wanted images
    /// are not all saved: those that were wanted when it was submitted, or of which some have come.
    /// The next run settles it first, whether or not the plan still wants the step.
    bool unsettled() const;
};

} // namespace darkroom::engine
