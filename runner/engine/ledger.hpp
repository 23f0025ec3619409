// The book of all runs that share accounts: who may send, whose a task is, what was spent.
// Implemented in ledger; a model of it is in tests/simulation.
#pragma once

#include "runner/engine/ports.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace darkroom::engine {

/// A limit of what all runs of an account may spend from a time on.
struct SpendingCap {
    WallTime since{}; ///< The beginning of the day or the month.
    jobs::Micros most = 0;
    bool is_month = false; ///< Else a day.
};

/// A paid request that is ready to leave.
struct GrantRequest {
    Digest step{};
    /// Its number in the run directory, see Submitted::attempt. Asked again with the same one, the
    /// ledger says the same again.
    std::uint64_t nonce = 0;
    std::string identity; ///< Provider::identity_of() the account that is to pay.
    Digest request{};     ///< Equal for equal requests only; see request_digest().
    jobs::Micros price = 0;
    int places = 1;      ///< So many of the account's requests may be open at once, says this run.
    Duration interval{}; ///< The time between two submissions, says this run.
    std::vector<SpendingCap> caps;
    std::int64_t facts = 0; ///< Journal::durable_facts() now: an older copy of it has fewer.
};

/// A request of a step that its own run directory may not know: the process died before the journal
/// had it, or the journal is an older copy.
struct HeldRequest {
    std::string identity; ///< The account's that pays, one of DirectoryFacts::identities; "": none.
    Digest request{};     ///< See GrantRequest::request.
    std::string task_id;  ///< "" while not known.
    bool by_search = false; ///< See Accepted.
    bool is_paid = false;   ///< Without a task id nobody can find it any more.
    WallTime sent_at{};     ///< Not later than it was sent.
};

/// The answer to it. Anything but `go` has changed nothing.
struct Grant {
    enum class What {
        go,          ///< It holds a place and its price from now on. It may leave after `wait`.
        full,        ///< All places are taken: ask again after `wait`.
        rate,        ///< Another request left a moment ago: ask again after `wait`.
        spent,       ///< Its price would cross a cap.
        parked,      ///< The service has refused the account since this run began: `why`.
        open,        ///< A request of this step is open already.
        paid,        ///< This step is paid already.
        unavailable, ///< The ledger cannot be used: `why`.
    } what = What::unavailable;
    Duration wait{};
    bool may_change = false; ///< With spent: an open request of another run may yet cost nothing.
    SpendingCap cap;         ///< With spent: the one that it would cross, the last of several.
    jobs::Micros spent = 0;  ///< With spent: so much of that.
    bool is_of_campaign = false; ///< With spent: no cap, but the budget of all shards.
    Problem why;
    HeldRequest held; ///< With open and paid.
};

/// The last words about an open request.
enum class LastWord { paid, free };

/// The answer to a claim or a last word about a step.
enum class Entered {
    done,
    known,       ///< It had its last word before: nothing has changed.
    taken,       ///< The task is another step's: nothing has changed.
    unavailable, ///< The ledger cannot be used.
};

/// An open request of this run directory, as its journal has it.
struct OpenStep {
    Digest step{};
    std::string identity; ///< The account's that pays; "": not known.
    Digest request{};
    jobs::Micros price = 0;
    std::string task_id; ///< "" while the service has not named it.
    bool by_search = false;
    WallTime sent_at{};
    std::uint64_t nonce = 0; ///< GrantRequest::nonce; 0: it was taken over, or is of version 0.1.
};

/// The word of a run directory on a request that is not open in its journal.
enum class Fate {
    paid,
    free,
    never_sent, ///< The journal does not know it, and its mark says that it has not left.
    not_known,
    not_asked, ///< Nobody has looked at its mark: the ledger leaves it as it is.
};

/// The knowledge of a run directory when its run begins.
struct DirectoryFacts {
    std::vector<std::string> identities; ///< Those of the accounts that the run may pay with.
    std::int64_t facts = 0;              ///< Journal::durable_facts().
    std::vector<OpenStep> open;
    /// Returns what became of the request with this nonce, which was granted then. Nonce 0: it has
    /// none that this directory knows, and the time tells.
    std::function<Fate(Digest const& step, WallTime granted_at, std::uint64_t nonce)> fate_of;
    /// Returns what became of a request that was taken over, see HeldRequest. Or null.
    std::function<Fate(Digest const& step)> fate_of_taken;
    /// Returns the task of a step that is paid; "": none is known. Or null.
    std::function<std::string(Digest const& step)> task_of;
    std::vector<KnownTask> recent; ///< The tasks that were named last, the newest first.
    /// Returns more of them, at most so many.
    std::function<std::vector<KnownTask>(std::size_t most)> more;
    /// Returns whether a fact names this task.
    std::function<bool(std::string const& task_id)> knows_task;
    /// Gives the payments, the last one first, until `take` returns false.
    std::function<void(std::function<bool(Payment const&)> const& take)> payments;
    /// Returns the identity of the account that has paid; "": not known.
    std::function<std::string(Payment const&)> payer_of;
};

/// The task of an open step that the ledger has and the journal has lost.
struct NamedStep {
    Digest step{};
    std::string task_id;
};

/// A request of another run directory on the same account.
struct OtherRequest {
    enum class State {
        in_flight, ///< No line has named its task yet.
        lost,      ///< Its answer was lost, and no task was found yet.
        found,     ///< A search has found a task for it.
    } state = State::lost;
    Digest step{};
    Digest request{};
    WallTime sent_at{};  ///< Not later than it was sent.
    WallTime named_at{}; ///< With found: when.
};

/// The ledger's knowledge of the other run directories on one account.
struct OtherRuns {
    bool is_known = false;          ///< False: the ledger cannot be used.
    std::vector<std::string> tasks; ///< Those of the tasks asked for that are theirs.
    std::vector<OtherRequest> requests;
};

/// The fate of a run whose ledger has failed.
enum class AfterFailure {
    goes_on_alone,
    ends,         ///< A person has to mend it.
    ends_for_now, ///< Another run goes on when the ledger is back.
    is_replaced,  ///< Another process has its steps.
};

/// Holds what must be true of an account across processes. One object is for one run of one run
/// directory, which the caller has locked. Calls without a result are noted in order: one that is
/// lost costs a longer look-up, or a place for a while, but no money. An awaited call sees all that
/// was noted before it. A ledger that fails once may go on failing. Cancel: terminal.
class Ledger {
public:
    virtual ~Ledger() = default;
    /// Enters what the directory knows, before anything else is called. Requests of this directory
    /// that are settled in its journal are closed, and so are those that were never sent. The
    /// others stay open: the journal is an older copy, or the machine has lost its power. grant()
    /// names them. The word of a journal that has fewer facts than at its last grant does not
    /// count. Payments of the last month that the ledger does not have are spent at their times,
    /// each once. Where it is ended on the way, the next call does the rest. Returns the tasks of
    /// open steps that the journal has lost; nothing: the ledger cannot be used.
    virtual awaitable<std::optional<std::vector<NamedStep>>> enter(DirectoryFacts facts) = 0;
    /// Asks for a place, for a turn of the rate, and for the money. The answer is committed.
    virtual awaitable<Grant> grant(GrantRequest request) = 0;
    /// Returns whether a request that was granted may still leave: asked right before its first
    /// byte does, after which another process may have been given its step.
    virtual bool may_send(Digest const& step) {
        (void)step;
        return true;
    }
    /// Returns whether a request that an earlier run has left open was about to be sent, as far as
    /// it knows: then no mark of the run directory says otherwise.
    virtual bool has_left(Digest const& step) const {
        (void)step;
        return false;
    }
    /// The service's own answer has named the task of an open step.
    virtual void name(Digest const& step, std::string const& task_id) = 0;
    /// Makes a task that was found by search an open step's own.
    virtual awaitable<Entered> adopt(Digest step, std::string task_id) = 0;
    /// Enters the last word about an open step. With paid, `task_id` is the task that was paid; ""
    /// for one without.
    virtual awaitable<Entered> settle(Digest step, LastWord word, std::string task_id) = 0;
    /// The service's own answer: an open step is paid, by `task_id` ("" for none), or without a
    /// task where that is another step's. A charge that only the journal has is entered by enter().
    virtual void note_paid(Digest const& step, std::string const& task_id) = 0;
    /// Nobody knows what became of an open request: it gives its place back, not its money.
    virtual void lose(Digest const& step) = 0;
    /// The task of an open step is not its own: the step has none again. Nobody else gets the task.
    virtual void set_aside(Digest const& step) = 0;
    /// A request was paid that had been settled as free: by its task, which counts once.
    virtual void charge_again(Digest const& step, std::string const& task_id,
                              std::string const& identity, jobs::Micros cost) = 0;
    /// Says what other directories know. Called after a listing was read: what they send later is
    /// not in it.
    virtual awaitable<OtherRuns> others(std::string identity, std::vector<std::string> tasks) = 0;
    /// Takes the account's next turns to ask the service about tasks. Returns how long to wait for
    /// the first of them.
    virtual awaitable<Duration> look_turn(std::string identity, Duration pace, int questions) = 0;
    /// Returns steps of this directory that the ledger has as open or paid, in the order of their
    /// keys, from the first one after `after`; none: there are no more. Nothing: the ledger cannot
    /// be used.
    virtual awaitable<std::optional<std::vector<Digest>>> held_after(Digest after) = 0;
    /// Returns who has the account's places, in words for a person; "": nothing is known to say.
    virtual awaitable<std::string> places_taken_by(std::string identity) {
        (void)identity;
        co_return std::string();
    }
    /// The service asks for a pause: no run of the account submits meanwhile.
    virtual void slow_down(std::string const& identity, Duration wait) = 0;
    /// The service refuses the account: no run that has begun before now submits with it.
    virtual void park(std::string const& identity, Problem const& why) = 0;
    /// Returns why it cannot be used; without a code while it can.
    virtual Error failure() const { return {}; }
    /// Says what follows from that for a run without caps.
    virtual AfterFailure after_failure() const { return AfterFailure::goes_on_alone; }
};

} // namespace darkroom::engine
