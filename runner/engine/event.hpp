// The facts of a run, and the state they add up to for one step. Pure.
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

/// The class of a failure: its meaning for the step. docs/operating.md, "Failure classes".
/// The names are stored: never rename or renumber.
enum class Verdict {
    transient = 0,  ///< The service never took the request: try again.
    rate = 1,       ///< 429: wait and slow down; uses up no attempt.
    unknown = 2,    ///< The request left, no answer came: look it up first.
    rejected = 3,   ///< The request itself is refused: never send it again.
    generation = 4, ///< The service took it and failed; not charged: try again.
    account = 5,    ///< The token is refused.
    empty = 6,      ///< The account is out of balance.
    expired = 7,    ///< The image link is dead: get a fresh one.
    download = 8,   ///< The image did not arrive whole: try again.
    disk = 9,       ///< Our own disk is full or not writable.
};
std::string_view name_of(Verdict verdict);
std::optional<Verdict> verdict_named(std::string_view name);
/// Returns the class of failures that people and scripts see: a refused token and an empty account
/// are both "account", the others have the verdict's name.
std::string_view class_of(Verdict verdict);

/// Describes what went wrong, as the service or the network said it. Holds no token.
struct Problem {
    Verdict verdict = Verdict::unknown;
    std::string code;     ///< The service's error.code, or ours ("connection_reset", …).
    std::string message;  ///< For a person.
    std::string trace_id; ///< "" when none was given.
    std::string task_id;  ///< "" when none was seen.
    int status = 0;       ///< HTTP status, 0 when there was no answer.
    std::string url;      ///< The link of an image that did not come; "" for a request.
    std::string kept;     ///< Where the refused bytes are, below the run directory; or "".
    std::optional<Duration> retry_after;
};

/// The code of a Problem whose cause is `service.http: 2` in the job file: the service has never
/// spoken HTTP/2, so that no attempt of any step can succeed, and nothing was sent.
constexpr std::string_view code_no_http2 = "no_http2";
/// Returns whether that is the cause, and not a code of the service.
bool is_http_version_wrong(Problem const& problem);

/// A finished generation as the service describes it. Source: the last line of a stream, or the
/// `response` of a finished task record. Of a step that makes a text, only the ids and `text`.
struct Answer {
    std::string task_id;
    std::string trace_id;
    std::string image_id; ///< Decimal digits; beyond 2^53. Of videos their video_id.
    std::string url; ///< raw_image_url, byte for byte; edits and videos have another link here.
    int width = 0;   ///< The raw image's width; 0 when not said.
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
    std::uint64_t trailing = 0; ///< Bytes behind the end of the image, in the file all the same.

    bool is_text() const { return file.empty() || format == "txt"; }
};

/// Everything about a step that its manifest line needs and that is known when it is submitted.
struct StepInfo {
    std::string job;
    std::uint64_t item = 0;
    int repeat = 0;
    std::string path;
    jobs::Variables variables;
    json::Value drawn = {}; ///< See jobs::Item::drawn.
    std::string prompt;
    std::string root_prompt; ///< The first generation's, for a follow-up; or "".
    std::string action;
    std::string mode;
    std::string parent_image_id; ///< "" for a first generation.
    std::string request;  ///< canonical_body() of what was sent, with image_id: to find it again.
    bool download = true; ///< False: its images are not wanted.
    jobs::ServiceModel const* service = &jobs::default_service(); ///< Never null.
};

/// The image that a follow-up works on. Empty for a first generation.
struct ImageAbove {
    std::string id;
    std::string url; ///< As the service named it.
};
StepInfo info_of(jobs::Step const& step, ImageAbove const& above = ImageAbove());
/// Returns the body that is sent: the request of the job file, with the image it works on.
json::Value body_of(jobs::Step const& step, ImageAbove const& above);
/// Returns what the step makes: "image", "video" or "text".
std::string_view kind_of_result(StepInfo const& info);
/// Returns whether an image that offers these actions is a grid of four.
bool offers_tiles(jobs::ServiceModel const& service, std::span<std::string const> actions);
/// Returns whether the step makes a text, which is no file of the service.
bool makes_text(StepInfo const& info);
/// Returns a tile's number as people see it: several videos of one step count from 1 as well.
/// 0: the image is no tile.
int shown_tile(StepInfo const& info, Answer const& answer, int tile);

/// The request is about to leave. Durable before its first byte.
struct Submitted {
    /// Returns whether an earlier run has sent it, as only the ledger knows.
    bool by_earlier_run() const { return attempt == 0 && !identity.empty(); }

    StepInfo info;
    std::string account;
    jobs::Micros price = 0;    ///< Its cost if it succeeds.
    std::string identity = {}; ///< Provider::identity_of(); "" in facts of version 0.1.
    /// Its number in the run directory, from 1; 0: version 0.1, or by_earlier_run().
    std::uint64_t attempt = 0;
    std::string tag = {};         ///< See Submission::tag.
    std::string boot = {};        ///< See SendMarks::boot().
    std::uint64_t sent_after = 0; ///< SendMarks::last_order() when it was written; 0: not known.
    /// The service's clock minus ours when it was written; none: not known yet.
    std::optional<std::chrono::milliseconds> service_ahead = std::nullopt;
};
/// The service said which task it is. After Finished: a listing did, of a text without an id.
struct Accepted {
    std::string task_id;
    bool by_search = false;  ///< True: found among equal requests, not named by our own stream.
    bool by_person = false;  ///< True: a person said so (`resolve --task`).
    std::uint64_t order = 0; ///< SendMarks::order_of() of the attempt; 0: not known.
};
/// The image exists and is paid for.
struct Finished {
    Answer answer;
    jobs::Micros cost = 0;
    bool by_earlier_run = false; ///< This run has not sent the request. Not stored.
    /// The account that paid, where another one sent the last attempt.
    std::optional<std::string> account = {};
};
/// The answer of an attempt that was called failed before.
struct LateAnswer {
    Answer answer;
    std::string account; ///< The one that sent the attempt.
};
/// An attempt failed. `final`: the step is given up, or, once paid, its image for this run.
struct Failed {
    Problem problem;
    bool final = false;
    std::optional<StepInfo>
        info;                ///< When nothing was submitted: the step was refused before paying.
    bool left = false;       ///< The attempts ran out: the next run begins with all of them again.
    bool is_absent = false;  ///< It was proven that the service never took the attempt.
    std::uint64_t order = 0; ///< SendMarks::order_of() of the attempt; 0: not known.
    bool by_0_1 = false;     ///< Written by version 0.1, which gave up where no proof was.
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
/// A task is not this step's: its record failed although an equal request was lost, or a person
/// said so (`resolve --not-ours`).
struct SetAside {
    std::string task_id;
    std::string why;
};
/// An earlier attempt of the step was paid as well: the service took its word back that it had
/// failed.
struct ChargedAgain {
    std::string task_id;
    jobs::Micros cost = 0;
    std::optional<std::string> account = {}; ///< As in Finished.
};

using Fact = std::variant<Submitted, Accepted, Finished, Failed, ImageSaved, Skipped, Requeued,
                          SetAside, ChargedAgain>;

struct Event {
    Digest step{};
    WallTime at{};
    Fact fact;
};

/// A payment, as a fact has it.
struct Payment {
    Digest step{};
    WallTime at{};
    jobs::Micros cost = 0;
    std::string task_id;                     ///< "" where the answer named none.
    bool is_again = false;                   ///< Paid besides the step's result: see ChargedAgain.
    std::optional<std::string> account = {}; ///< As in Finished.
};
/// Returns the payment that a fact records; nothing for other facts.
std::optional<Payment> payment_of(Event const& event);

/// Converts a fact to JSON and back, for the journal's rows. Errors: a row that this version cannot
/// read.
std::string_view kind_of(Fact const& fact);
json::Value to_json(Fact const& fact);
Result<Fact> fact_from_json(std::string_view kind, json::Value const& value);

/// Where a step stands. The order is that of its life. The numbers are stored: never renumber.
enum class Phase {
    wanted = 0,   ///< Nothing is on its way at the service: submit when allowed.
    open = 1,     ///< Sent; no last word: in flight now, or unknown after a crash or a cut.
    finished = 2, ///< Paid. Its images are in `saved`, or still missing. Never leaves this phase.
    failed = 3,   ///< Given up.
    skipped = 4,  ///< Not tried, because the step above failed.
};
std::string_view name_of(Phase phase);

/// The fold of a step's facts.
struct StepState {
    Phase phase = Phase::wanted;
    int attempts = 0;       ///< Failed attempts that count against retry.attempts.
    int absences = 0;       ///< Attempts that were proven never to have been taken.
    std::string task_id;    ///< The task of the open or finished attempt; "" while not known.
    bool by_search = false; ///< See Accepted.
    std::string account;
    jobs::Micros price = 0; ///< Reserved by the open attempt, or the cost once finished.
    std::string identity;   ///< See Submitted; that of the last attempt.
    std::uint64_t attempt = 0;
    std::uint64_t order = 0; ///< The last attempt's, as far as a fact says.
    std::uint64_t sent_after = 0;
    std::string tag;
    std::string boot;
    std::optional<std::chrono::milliseconds> service_ahead;
    WallTime submitted_at{};
    WallTime lost_at{}; ///< When the open attempt's outcome became unknown; see Phase::open.
    WallTime finished_at{};
    int charges_again = 0;       ///< Attempts that were paid besides the finished one.
    jobs::Micros cost_again = 0; ///< The sum of their costs.
    StepInfo info;
    Answer answer; ///< Set when the step is finished.
    std::vector<SavedImage> saved;
    int times_saved = 0; ///< More than `saved` has when a lost file has been fetched again.
    Problem problem;     ///< The last problem.

    void apply(Event const& event);
    /// Returns whether something of it is under way or owed: it was sent and has no last word, or
    /// it is paid and not all of its images are saved, which were wanted when it was submitted or
    /// some of which have arrived. The next run settles it first, whether or not the plan still
    /// wants the step.
    bool unsettled() const;
};

} // namespace darkroom::engine
