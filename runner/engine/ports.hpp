// What the engine needs from the world. Implemented in provider, store and report; scripted in
// tests.
#pragma once

#include "runner/base/byte_sink.hpp"
#include "runner/engine/event.hpp"
#include "runner/engine/request_marks.hpp"

#include <boost/asio/awaitable.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include <variant>
#include <vector>

namespace darkroom {
class TaskGroup;
}

namespace darkroom::engine {

using boost::asio::awaitable;

/// Hears of a request while it is under way. Nothing here is recorded by the provider itself.
class ProgressSink {
public:
    virtual ~ProgressSink() = default;
    /// The first byte is about to leave. Once more when the request, not yet whole on the wire, is
    /// sent again over another connection. Returns false where it must not leave.
    virtual bool on_sending() { return true; }
    /// The task id, once, as soon as a line names it.
    virtual void on_task(std::string const& task_id) = 0;
    /// 0 to 100, as the service reports it; may stand still.
    virtual void on_percent(int percent) = 0;
    /// The address of a picture of what there is so far; it dies when the generation ends.
    virtual void on_preview(std::string const& url) { (void)url; }
};

/// A paid request, whole: `body` has image_id where the action needs one.
struct Submission {
    std::string endpoint;
    std::string body;     ///< JSON text, without what the delivery adds.
    std::string account;  ///< Which token pays; "" when there is only one.
    std::string tag = {}; ///< The attempt's own name in a callback's path: hexadecimal, or "".
};

/// One way a paid request ends.
using Outcome = std::variant<Answer, Problem>;

/// The service has taken a request on as this task; its last word comes later.
struct Acknowledged {
    std::string task_id;
};

/// One way the answer to a paid request ends.
using SubmitResult = std::variant<Answer, Problem, Acknowledged>;

/// News about an acknowledged task that nobody asked for, e.g. in a callback.
struct TaskUpdate {
    std::string task_id;
    std::string tag;                ///< The attempt's; "" when the callback's path has none.
    std::optional<int> percent;     ///< 0 to 100.
    std::optional<Outcome> outcome; ///< The last word.
};

/// Takes the updates that a provider receives, in any order and more than once.
class UpdateSink {
public:
    virtual ~UpdateSink() = default;
    virtual void on_update(TaskUpdate update) = 0;
};

/// One task as the service's records show it. Source: /midjourney/tasks.
struct TaskRecord {
    std::string task_id;            ///< "" when it cannot be read: such a record may be anybody's.
    WallTime created_at{};          ///< On the records' clock; the start of time: not known.
    RequestMarks marks;             ///< The service says that this was asked.
    std::string tag;                ///< The attempt's, from the callback's address; or "".
    std::string request;            ///< The request, as canonical_body(); see TaskQuery.
    std::string endpoint;           ///< Where it was asked; "" when the record does not say.
    std::optional<Outcome> outcome; ///< None while it runs.
};

/// The answer to a look-up. `service_time` is the Date header, for the clocks' difference.
struct TaskPage {
    std::vector<TaskRecord> tasks;
    std::optional<WallTime> service_time;
    std::size_t given = 0; ///< Records in the answer, those that cannot be read included.
};

/// The answer, or why there is none.
using LookedUp = std::variant<TaskPage, Problem>;

/// Which tasks: by id (up to 50), or, when `ids` is empty, the newest first from `offset`.
struct TaskQuery {
    std::vector<std::string> ids;
    int offset = 0;
    int limit = 50;
    std::string account;
    bool with_requests = false; ///< TaskRecord::request is wanted; it costs time.
};

/// The questions that a service answers about a request whose answer was lost. Without one it stays
/// unknown: a step is never sent again because nobody could look it up.
enum class TaskAccess {
    listing, ///< Tasks by their ids, and the list of all.
    by_id,   ///< Tasks by their ids only: a request without an id cannot be found again.
    none,    ///< Nothing.
};

/// Continue a download: bytes from `offset`, if the image is still the one with `etag`.
struct ImageLink {
    std::string url;
    std::uint64_t offset = 0;
    std::string etag;
};

/// The service. Every function ends by its own deadlines; cancel is terminal and closes the
/// connection.
class Provider {
public:
    virtual ~Provider() = default;
    /// Starts whatever receives updates about acknowledged tasks; it ends when `group` is
    /// cancelled. Called once, before the first submit(). `updates` outlives the group's tasks.
    /// Returns true when updates are expected: then the tasks need few questions.
    virtual bool attend(TaskGroup& group, UpdateSink& updates) {
        (void)group;
        (void)updates;
        return false;
    }
    /// Sends a paid request and reads its answer to the end. The verdict of a Problem is
    /// `transient` only if the service cannot have taken the request: it was not wholly sent, the
    /// service itself says "later", or what answered there has never been the service.
    virtual awaitable<SubmitResult> submit(Submission submission, ProgressSink& progress) = 0;
    /// Names the service and the token behind an account without revealing it: only a listing of
    /// the same one can tell what became of a request. Stored.
    virtual std::string identity_of(std::string const& account) const {
        (void)account;
        return {};
    }
    /// Returns the service's clock minus ours, by its last answer; nothing before one with a time.
    virtual std::optional<std::chrono::milliseconds> service_ahead() const { return std::nullopt; }
    /// Says which tasks look_up() can find.
    virtual TaskAccess task_access() const { return TaskAccess::listing; }
    /// Free. A Problem is of verdict transient, rate, account or empty; its code is
    /// `page_too_large` when fewer tasks at a time may be asked for.
    virtual awaitable<LookedUp> look_up(TaskQuery query) = 0;
    /// Reads an image into `into`; no Problem means the body came to its announced end. Never sends
    /// the token to a host other than the service's.
    virtual awaitable<std::optional<Problem>> fetch(ImageLink link, ByteSink& into) = 0;
};

/// Totals over all steps of the journal, for the budget.
struct Totals {
    std::int64_t paid = 0;       ///< Generations finished.
    jobs::Micros cost = 0;       ///< The sum of their costs.
    std::int64_t open = 0;       ///< Generations sent without a last word.
    jobs::Micros open_price = 0; ///< Their cost if they succeed.
};

/// A task that the journal names, with the attempt that it belongs to.
struct KnownTask {
    std::string task_id;
    Digest step{};
    std::string identity; ///< As in Submitted; "" for an attempt of version 0.1.
    std::string account;
    std::string endpoint;                                         ///< The path of its request.
    std::string request;                                          ///< As in StepInfo.
    jobs::ServiceModel const* service = &jobs::default_service(); ///< Never null.
    std::uint64_t order = 0; ///< When it was sent; see SendMarks. 0: not known.
    WallTime sent_at{};      ///< A time of our clock, as is `named_at`.
    WallTime named_at{};     ///< When the service named it.
    bool by_search = false;  ///< See Accepted.
};

/// The places that an attempt can have in the order of sending, both included.
struct SendOrder {
    std::uint64_t first = 0; ///< 0: nothing is known.
    std::uint64_t last = 0;
    /// Returns the one place; 0 when it is not known.
    std::uint64_t exact() const { return first == last ? first : 0; }
};

/// Sets a running number when the first byte of an attempt leaves. The numbers outlive the process
/// without a sync, but not the boot of the machine. Must not block and must not throw.
class SendMarks {
public:
    virtual ~SendMarks() = default;
    /// Names the present boot of the machine.
    virtual std::string const& boot() const = 0;
    /// Returns a number for the next attempt, higher than any that earlier runs gave.
    virtual std::uint64_t next_attempt() = 0;
    /// Gives the attempt, of this run, the next order number: higher than all before it, those of
    /// earlier runs included.
    virtual std::uint64_t mark(std::uint64_t attempt) = 0;
    /// Returns the highest order number so far: all attempts up to it have left.
    virtual std::uint64_t last_order() const = 0;
    /// Returns the order number of an attempt of the last run; 0: it was certainly never sent;
    /// nothing: not known, as after a reboot. `boot` is that of the attempt.
    virtual std::optional<std::uint64_t> order_of(std::uint64_t attempt,
                                                  std::string const& boot) const = 0;
    /// Returns between which order numbers that of an attempt of an earlier run lies, when
    /// order_of() does not know it.
    virtual SendOrder bounds_of(std::uint64_t attempt, std::string const& boot) const = 0;
};

/// The list of facts on disk: the only truth.
class Journal {
public:
    virtual ~Journal() = default;
    /// Completes when the event is durable. Events are kept in the order of these calls; those of
    /// one turn of the loop share a commit. Errors: disk full or not writable; the journal then
    /// takes nothing more.
    virtual awaitable<Result<>> append(Event event) = 0;
    /// The same without waiting: durable with the next commit; an error shows at the next append.
    virtual void note(Event event) = 0;
    /// A step's facts folded, those of calls still being committed included; nothing when it has
    /// none.
    virtual std::optional<StepState> find(Digest const& step) = 0;
    /// Returns the steps that an earlier run left half-way, in the order of their last facts; see
    /// StepState::unsettled. Few: as many as were under way.
    virtual std::vector<std::pair<Digest, StepState>> unsettled_steps() = 0;
    /// Returns true when any fact names this task.
    virtual bool knows_task(std::string const& task_id) = 0;
    /// Returns the step that names a task as its own, or named it once; nothing when none does.
    virtual std::optional<Digest> step_of(std::string const& task_id) = 0;
    /// Returns the tasks that were named last, at most `most`, the newest first; those of version
    /// 0.1 are left out.
    virtual std::vector<KnownTask> recent_tasks(std::size_t most) = 0;
    /// Returns finished texts of earlier runs whose answers named no task, the newest first: those
    /// among the `most` steps that were finished last.
    virtual std::vector<std::pair<Digest, StepState>> recent_unnamed(std::size_t most) = 0;
    /// Gives the payments of earlier runs, the last one first, until `take` returns false.
    virtual void for_each_payment_backwards(std::function<bool(Payment const&)> const& take) = 0;
    virtual Totals totals() = 0;
    /// Returns how many facts of the run directory are durable. An older copy has fewer.
    virtual std::int64_t durable_facts() = 0;
    /// Returns the sums that each account has paid so far, without open requests.
    virtual std::map<std::string, Totals> paid_by_account() = 0;
};

/// A step that is paid and owes nothing, all of its images there by name and size.
struct DoneStep {
    int images = 0;
    /// The actions that its image offers, in no order; null: unknown. Lives as long as DoneSteps.
    std::vector<std::string> const* actions = nullptr;
};

/// The steps that earlier runs have finished, known without reading their facts: a million of
/// them are passed over in seconds.
class DoneSteps {
public:
    virtual ~DoneSteps() = default;
    /// None: that is not known here, so the journal is to be asked.
    virtual std::optional<DoneStep> find(Digest const& step) const = 0;
};

/// An image to be saved, and the facts that name it.
struct ImageOrder {
    Digest step{};
    StepInfo info;
    Answer answer;
    int tile = 0;
    std::string url;
    int width = 0; ///< Expected; 0: not known, take what comes.
    int height = 0;
};

/// One image on its way to disk. Dropped without commit(): the `.part` stays for a resume.
class ImageDraft : public ByteSink {
public:
    /// Where a resumed download goes on; 0 and "" for a fresh one.
    virtual std::uint64_t offset() const = 0;
    virtual std::string etag() const = 0;
    /// Checks the whole file, makes it durable and gives it its final name.
    /// A Problem is `download` (not a whole, right image; its bytes are in Problem::kept), `disk`,
    /// or `rate` (too few open files: nothing is lost, call it again).
    virtual awaitable<std::variant<SavedImage, Problem>> commit() = 0;
};

class ImageStore {
public:
    virtual ~ImageStore() = default;
    /// Errors: the directory cannot be written.
    virtual Result<std::unique_ptr<ImageDraft>> open(ImageOrder order) = 0;
    /// Returns true when a saved image is still there, by name and size.
    virtual bool has(SavedImage const& image) = 0;
    /// Returns an error when the disk has no room for the pictures of so many generations, and a
    /// reserve besides: what they make could not be saved.
    virtual Result<> check_room(int generations) {
        (void)generations;
        return {};
    }
    /// The four pictures of a saved grid, each the bytes of a file. Errors: it cannot be read, or
    /// is no grid. Cancel: terminal.
    virtual awaitable<Result<std::vector<std::string>>> quarters(SavedImage grid) = 0;
};

/// Why a step is waiting, for a person to see.
struct Waiting {
    Digest step{};
    Problem problem;
    Duration time{};
    bool is_recorded = false;       ///< The event before it has the problem as well.
    bool needs_link = false;        ///< First the service is asked for a fresh link.
    StepInfo const* info = nullptr; ///< The step's; null where events have shown it.
};

/// An account that pays for nothing more in this run.
struct ParkedAccount {
    std::string name; ///< "" for the one without a name.
    Problem problem;
    std::size_t left = 0; ///< The number of accounts that still pay.
};

/// Sees every durable fact and what is under way. Must not block and must not throw.
class Observer {
public:
    virtual ~Observer() = default;
    /// `state` is the step after the event.
    virtual void on_event(Event const& event, StepState const& state) = 0;
    virtual void on_progress(Digest const& step, int percent) = 0;
    /// See ProgressSink::on_preview().
    virtual void on_preview(Digest const& step, std::string const& url) {
        (void)step;
        (void)url;
    }
    /// An image whose file had gone is there again, as the journal has it. `saved`: an ImageSaved.
    virtual void on_loaded_again(Event const& saved, StepState const& state) {
        (void)saved;
        (void)state;
    }
    virtual void on_waiting(Waiting const& waiting) = 0;
    /// Once for each account, and only where others could go on.
    virtual void on_parked(ParkedAccount const& parked) { (void)parked; }
};

} // namespace darkroom::engine
