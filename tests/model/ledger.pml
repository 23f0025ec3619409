/* A model of the ledger of many machines, for the model checker spin; check.py runs it.
 *
 * Machines work on shards of a campaign. They send paid requests to a service that knows no
 * idempotency key. The ledger is a database: it leases the shards, grants the requests, and keeps
 * the budget. The model asks whether anything can be paid twice, whatever is slow, lost or killed.
 *
 * Time. A tick is about fifteen seconds. Each age stops counting where it does not matter any more,
 * so the number of states is finite although neither the time nor the faults of a run are limited.
 * Things that happen in one tick happen in any order.
 *
 * Freezes. A machine may wait before each of its actions as long as it likes, while all clocks go
 * on. So a freeze, a suspended host and a cut from the ledger or the service need no actions of
 * their own. Only one wait is bounded: the one between the send guard and the write (GAP).
 *
 * Numbers that matter only for being equal are kept as bits. Instead of an epoch the model has
 * `epoch_is_mine`: the machine's epoch is the shard's. Instead of a nonce it has `nonce_is_mine`:
 * the open request of the machine's step has the nonce of the machine's present attempt.
 *
 * Calls. Each is one statement of the database, so it is one d_step here. A grant is two, the
 * question and the answer. The rate, the caps of a day and the purses are left out, and the budget
 * is one row: they decide only who waits.
 *
 * Definitions make a variant: sizes and times; EQUAL (all steps ask for the same), LATE_CALLS (the
 * copy of a call may be answered later), ASKS_FOR_ALL (also for what is open), NAMES_ARE_LOST (by
 * the store), PROGRESS (the faults are limited); and the mutants, which check.py explains.
 */

/* The size, and what is looked at. */
#ifndef MACHINES
#define MACHINES 2
#endif
#ifndef STEPS
#define STEPS 2
#endif
#ifndef SHARDS
#define SHARDS 1
#endif
#ifndef BUDGET
#define BUDGET 2
#endif
#ifndef PLACES
#define PLACES 1 /* So many requests may be open at the service. */
#endif
#ifndef WIRES
#define WIRES 2 /* So many requests may be in the network at once. */
#endif

/* The times, in ticks. The first six are the design's, the others are what is assumed. */
#ifndef TTL
#define TTL 4 /* A lease lasts so long after a renewal. */
#endif
#ifndef GUARD
#define GUARD 3 /* Nothing is sent later after the sending of the last renewal. */
#endif
#ifndef WINDOW
#define WINDOW 1 /* Nothing is sent later after the question for the grant. */
#endif
#ifndef QUIET
#define QUIET 2 /* The send window and the linger time. */
#endif
#ifndef SETTLE
#define SETTLE 1 /* retry.settle: the listing shows a task by then. */
#endif
#ifndef TOTAL
#define TOTAL 3 /* The place of a dead holder's request is kept so long. */
#endif
#ifndef GAP
#define GAP 1 /* A write follows its guard within this time. */
#endif
#ifndef LINGER
#define LINGER 1 /* A request reaches the service within this time, or never. */
#endif
#ifndef LAG
#define LAG 1 /* The listing shows a task within this time. */
#endif
#ifndef RUN
#define RUN 2 /* The service has finished a task within this time. */
#endif
/* A listing tells what is absent this time after the loss, which is a tick longer than LINGER and
 * LAG, and this time after a take-over. */
#define DUE (QUIET + SETTLE)
#if TOTAL > DUE
#define SINCE_MAX TOTAL
#else
#define SINCE_MAX DUE
#endif

#define me _pid
#define NOBODY 255
#define LISTED (LAG + 1)
#define ENDED (RUN + 1)
#if SHARDS == 1
#define shard_of(s) 0
#else
#define shard_of(s) (s)
#endif
#ifdef EQUAL /* All steps ask for the same: the listing cannot tell their tasks apart. */
#define request_of(s) 0
#else
#define request_of(s) (s)
#endif
/* One name for each depth, since the preprocessor does not repeat a macro within itself. */
#if STEPS == 2
#define ALL(P, x) (P(0, x) && P(1, x))
#define ANY(P, x) (P(0, x) || P(1, x))
#define ANY_TASK(P, x) (P(0, x) || P(1, x))
#define ANY_OWNER(P, x) (P(0, x) || P(1, x))
#define SUM(P) (P(0) + P(1))
#define FOR_STEPS(action) :: action(0) :: action(1)
#else
#define ALL(P, x) (P(0, x) && P(1, x) && P(2, x))
#define ANY(P, x) (P(0, x) || P(1, x) || P(2, x))
#define ANY_TASK(P, x) (P(0, x) || P(1, x) || P(2, x))
#define ANY_OWNER(P, x) (P(0, x) || P(1, x) || P(2, x))
#define SUM(P) (P(0) + P(1) + P(2))
#define FOR_STEPS(action) :: action(0) :: action(1) :: action(2)
#endif
#define bit_of(s) (1 << (s))

/* The ledger. */
mtype:intent = {
    FREE,   /* No request of the step is open. */
    HELD,   /* One is open, granted to the holder of the shard. */
    LOST,   /* One is open whose answer was lost: it has its money, and no place. */
    ORPHAN, /* One is open that was granted to a holder before this one. */
    PAID
};
mtype:intent state[STEPS] = FREE;
byte owner[STEPS];       /* The task of a step, plus one; 0: none is known. */
bit is_found[STEPS];     /* With an owner: it was found in a listing (only if steps are equal). */
byte since[STEPS];       /* Ticks since a request was lost, or its shard was taken over. */
byte lease[SHARDS];      /* Ticks until the lease of a shard expires. */
byte left = BUDGET;      /* The money that is neither reserved nor spent. */

/* The machines. One that was killed is one without a shard. */
mtype:phase = {
    REST,     /* No request is in hand. */
    ASKING,   /* A grant was asked for. */
    ANSWERED, /* The ledger said `go`. */
    GUARDED,  /* The send guard has let the request pass. */
    SENT,     /* The request has left; its answer is waited for. */
    UNSENT    /* Killed before the write: the journal knows that this attempt never left. */
};
mtype:phase phase[MACHINES] = REST;
byte step[MACHINES];          /* The step in hand. */
byte shard[MACHINES] = NOBODY;
bit epoch_is_mine[MACHINES];
bit nonce_is_mine[MACHINES];
byte since_renewed[MACHINES]; /* By its own clock, from the sending of the question. */
byte age[MACHINES];           /* With ASKING, ANSWERED: since the question; GUARDED: the guard. */
#ifdef RENEWED_BY_ANSWER
bit is_renewing[MACHINES];
#endif
#ifdef CLOCK_STANDS_STILL
bit is_frozen[MACHINES];
#define has_clock(m) !is_frozen[m]
#else
#define has_clock(m) true
#endif
bit has_listing[MACHINES];    /* It has begun to read a listing, */
byte due[MACHINES];           /* when these steps were due to be told absent, */
byte seen[MACHINES];          /* and these tasks were shown. */

/* The network and the service. A task is known by its number; distinct steps have their own. */
byte wire[WIRES];        /* The step of a request on its way, plus one. */
byte wire_from[WIRES];   /* The machine that waits for its answer, plus one. */
byte wire_age[WIRES];
bit is_charged[STEPS];   /* The task exists, so it is charged. */
byte task_step[STEPS];   /* The step that has sent it. */
byte task_from[STEPS];   /* The machine that waits for its answer, plus one. */
byte lag[STEPS];         /* Ticks until now; LISTED: the listing shows it. */
byte running[STEPS];     /* Ticks until now; ENDED: it is finished. */
bit has_place[STEPS];    /* It runs, and its place was not given back by lose(). */

/* A call that comes a second time, later than its answer or than its sender's death. */
mtype:call = {NO_CALL, GRANT_AGAIN, FREE_AGAIN, LOSE_AGAIN};
mtype:call late = NO_CALL;
byte late_step;
bit late_epoch, late_nonce; /* Its epoch and nonce are those of the shard and of the request. */

#ifdef PROGRESS /* A few faults, then none: everything must come to its end in time. */
#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef CALM_MAX
#define CALM_MAX 40
#endif
byte faults = FAULTS;
byte calm; /* Ticks since the last fault. */
#define CAN_FAIL (faults > 0)
#define A_FAULT faults--; calm = 0
#define IS_LATE(now, limit) ((now) == (limit))
#else
#define CAN_FAIL true
#define A_FAULT skip
#define IS_LATE(now, limit) true
#endif

/* A statement that does nothing where the condition is false. */
#define WHEN(condition, action) if :: condition -> action :: else fi

byte i, k; /* Loops within a d_step; 0 outside. */

#define is_open(s) (state[s] == HELD || state[s] == LOST || state[s] == ORPHAN)
#define is_unknown(s) (state[s] == LOST || state[s] == ORPHAN)
#define is_covered(s) (is_open(s) || state[s] == PAID)
#define has_task(s, t) (owner[s] == (t) + 1)
#define is_taken(t) ANY_OWNER(has_task, t)
#define is_record(t, s) \
    (is_charged[t] && lag[t] == LISTED && request_of(task_step[t]) == request_of(s))
#define is_free_record(t, s) (is_record(t, s) && !is_taken(t))
#ifdef PLACES_BY_TIME
#define takes_place(s) (state[s] == HELD && lease[shard_of(s)] > 0)
#else
#define takes_place(s) (state[s] == HELD || (state[s] == ORPHAN && since[s] < TOTAL))
#endif
#ifdef NO_CONTEST
#define is_contested(s) false
#else
/* An equal request is in flight without a name: its record must not be found by another. */
#define is_in_flight(o, s) \
    ((o) != (s) && request_of(o) == request_of(s) && state[o] == HELD && owner[o] == 0)
#define is_contested(s) ANY(is_in_flight, s)
#endif
/* What became of a request is in doubt: none of the tasks is known to be its own. */
#define is_in_doubt(s) (is_found[s] || (is_unknown(s) && owner[s] == 0))
#define is_due(s) (is_in_doubt(s) && since[s] >= DUE)
#define holds(m, s) (shard[m] == shard_of(s))
#define in_hand(m, s) (phase[m] != REST && step[m] == (s))
#ifdef EPOCH_UNCHECKED
#define has_epoch(m) true
#define late_has_epoch true
#else
#define has_epoch(m) epoch_is_mine[m]
#define late_has_epoch late_epoch
#endif
#define is_paid(s) (state[s] == PAID)
#define charges(t) is_charged[t]
#define uses_place(t) has_place[t]
#define all_ended \
    (SUM(is_paid) == STEPS || (left == 0 && SUM(is_open) == 0))

/* What must be true at each moment.
 * (1) No step is charged twice: take_request() asserts it.
 * (2) No more is charged than the budget.
 * (3) No more requests are open at the service than are allowed.
 * (4) What is charged is open or paid in the ledger, and what is paid there is charged, each step
 *     by a task of its own. No money is made or lost. */
#define is_for(t, s) (is_charged[t] && request_of(task_step[t]) == request_of(s))
#if STEPS == 2
#define count_for(P, x) (P(0, x) + P(1, x))
#else
#define count_for(P, x) (P(0, x) + P(1, x) + P(2, x))
#endif
#define covers(o, s) (is_covered(o) && request_of(o) == request_of(s))
inline check() {
    assert(SUM(charges) <= BUDGET);
    assert(SUM(uses_place) <= PLACES);
    assert(left + SUM(is_covered) == BUDGET);
#ifdef ALL_PAID
    assert(SUM(is_paid) < STEPS);
#endif
    for (i : 0 .. STEPS - 1) {
        assert(count_for(is_for, i) <= count_for(covers, i));
        assert(state[i] != PAID || (owner[i] > 0 && is_charged[owner[i] - 1]));
        assert(owner[i] == 0 || count_for(has_task, owner[i] - 1) == 1);
    }
    i = 0
}

/* Nobody waits for the answers of this machine's requests any more. */
inline close_stream(m) {
    for (i : 0 .. WIRES - 1) {
        WHEN(wire_from[i] == m + 1, wire_from[i] = 0)
    }
    for (i : 0 .. STEPS - 1) {
        WHEN(task_from[i] == m + 1, task_from[i] = 0)
    }
    i = 0
}

inline rest(m) {
    phase[m] = REST;
    step[m] = 0;
    age[m] = 0;
    nonce_is_mine[m] = 0
}

inline drop_listing(m) {
    has_listing[m] = 0;
    due[m] = 0;
    seen[m] = 0
}

/* Ends a listing that can say nothing about any step any more. */
#ifdef EARLY_LISTING
#define is_asked(s, m) true
#else
#define is_asked(s, m) ((due[m] & bit_of(s)) && owner[s] == 0)
#endif
inline drop_used_listing(m) {
    WHEN(has_listing[m] && !ANY(is_asked, m), drop_listing(m))
}

/* A step has a task. Its place in the listing, and for a step without a place the time since its
 * loss, do not matter any more. */
inline own(s, t) {
    owner[s] = t + 1;
    lag[t] = LISTED;
    for (k : 0 .. MACHINES - 1) {
        seen[k] = seen[k] & ~bit_of(t); /* It is not left over any more. */
        drop_used_listing(k)
    }
    k = 0;
#ifndef EQUAL
    WHEN(state[s] != ORPHAN, since[s] = 0)
#endif
}

/* The process ends: it was killed, or was told that the shard is another's. */
inline stop(m) {
    close_stream(m);
    shard[m] = NOBODY;
    epoch_is_mine[m] = 0;
    since_renewed[m] = GUARD;
    drop_listing(m);
    rest(m)
}

/* The rows of the ledger. */

/* A request is entered with a nonce of its own; is_asker: it is that of machine m. */
inline insert(m, s, is_asker) {
    state[s] = HELD;
    owner[s] = 0;
    is_found[s] = 0;
    since[s] = 0;
    left--;
    for (k : 0 .. MACHINES - 1) {
        WHEN(step[k] == s, nonce_is_mine[k] = (is_asker && k == m));
#ifndef SETTLE_WITHOUT_NONCE
        /* What was looked up was the attempt before this one: settle() would name its nonce. */
        due[k] = due[k] & ~bit_of(s);
        drop_used_listing(k)
#endif
    }
    k = 0;
    WHEN(late_step == s, late_nonce = 0)
}

/* An equal request may have found a task for the step, also where the step's own was never sent:
 * so what is free must be open, and must have no task. */
inline free_row(s) {
    if
#if defined(SETTLE_WITHOUT_STATE)
    :: true -> state[s] = FREE; left++
#elif defined(SETTLE_WITHOUT_TASK)
    :: is_open(s) -> state[s] = FREE; left++
#else
    :: is_open(s) && owner[s] == 0 -> state[s] = FREE; left++
#endif
#ifndef SETTLE_WITHOUT_STATE
    :: else
#endif
    fi;
    WHEN(state[s] == FREE, owner[s] = 0; is_found[s] = 0; since[s] = 0)
}

inline lose_row(s) {
    WHEN(state[s] == HELD || state[s] == ORPHAN, state[s] = LOST; since[s] = 0);
    for (i : 0 .. STEPS - 1) {
        WHEN(is_charged[i] && task_step[i] == s, has_place[i] = 0)
    }
    i = 0
}

/* A copy of a call stays in the network, and is answered some time later. */
inline leave_copy(what, m, s) {
    late = what;
    late_step = s;
    late_epoch = epoch_is_mine[m];
    late_nonce = 1
}

inline drop_late() {
    late = NO_CALL;
    late_step = 0;
    late_epoch = 0;
    late_nonce = 0
}

/* The calls of a machine. */

/* Idle machines are alike, so the first of them does what any could do; so are untouched steps. */
#define is_idle(m) (shard[m] == NOBODY && phase[m] == REST && !has_listing[m])
#if MACHINES == 2
#define is_first_idle(m) ((m) == 0 || !is_idle(m) || !is_idle(0))
#define in_any_hand(s) (in_hand(0, s) || in_hand(1, s))
#define is_listing_read (has_listing[0] || has_listing[1])
#else
#define is_first_idle(m) ((m) == 0 || !is_idle(m) || !(is_idle(0) || ((m) == 2 && is_idle(1))))
#define in_any_hand(s) (in_hand(0, s) || in_hand(1, s) || in_hand(2, s))
#define is_listing_read (has_listing[0] || has_listing[1] || has_listing[2])
#endif
#define is_untouched(s) \
    (state[s] == FREE && !in_any_hand(s) && (late == NO_CALL || late_step != (s)))
#if SHARDS == 1
#define is_first_step(s) \
    ((s) == 0 || is_listing_read || !is_untouched(s) || !is_untouched((s) - 1))
#else
#define is_first_step(s) true
#endif

/* The lease has expired: the shard gets another epoch, and its open requests are orphans. */
inline take_shard(h) {
    d_step {
        shard[me] == NOBODY && lease[h] == 0 && is_first_idle(me);
        for (k : 0 .. MACHINES - 1) {
            WHEN(shard[k] == h, epoch_is_mine[k] = 0)
        }
        k = 0;
        shard[me] = h;
        epoch_is_mine[me] = 1;
        since_renewed[me] = 0;
        lease[h] = TTL;
        for (i : 0 .. STEPS - 1) {
            if
            :: shard_of(i) == h && is_open(i) ->
#ifdef NO_QUIET
                since[i] = QUIET; /* Only retry.settle is waited for. */
#else
                since[i] = 0;
#endif
                WHEN(state[i] == HELD, state[i] = ORPHAN)
            :: else
            fi
        }
        i = 0;
        WHEN(late != NO_CALL && shard_of(late_step) == h, late_epoch = 0);
        /* The directory of another shard is another one. */
        WHEN(phase[me] == UNSENT && shard_of(step[me]) != h, rest(me))
    }
}

/* The machine's clock counts from the sending, so the renewal may be entered at that moment. An
 * answer that comes late, or never, is the same as a guard that refuses: see refuse(). */
inline renew() {
    d_step {
        shard[me] != NOBODY && since_renewed[me] > 0;
        if
#ifdef RENEWED_BY_ANSWER
        :: has_epoch(me) -> lease[shard[me]] = TTL; is_renewing[me] = 1
#else
        :: has_epoch(me) -> lease[shard[me]] = TTL; since_renewed[me] = 0
#endif
        :: else -> stop(me)
        fi
    }
}

/* With PROGRESS it asks where the answer may be `go`, or a late call has opened what nobody has. */
#ifdef PROGRESS
#define may_ask(s) \
    (since_renewed[me] < GUARD && \
     ((state[s] == FREE && left > 0 && SUM(takes_place) < PLACES) || \
      (state[s] == HELD && owner[s] == 0)))
#elif defined(ASKS_FOR_ALL) /* Its directory was lost: it does not know of what is open. */
#define may_ask(s) (state[s] != PAID && !(state[s] == HELD && owner[s] > 0))
#else
#define may_ask(s) (state[s] == FREE || (state[s] == HELD && owner[s] == 0))
#endif
inline ask(s) {
    d_step {
        holds(me, s) && phase[me] == REST && may_ask(s) && is_first_step(s);
        phase[me] = ASKING;
        step[me] = s
    }
}

/* The ledger answers the question for a grant. */
inline grant() {
    d_step {
        phase[me] == ASKING;
        if
        :: is_open(step[me]) && nonce_is_mine[me] -> phase[me] = ANSWERED /* It was lost. */
#ifdef NONCE_FORGOTTEN
        :: is_open(step[me]) && !nonce_is_mine[me] && has_epoch(me) && lease[shard[me]] > 0 ->
            phase[me] = ANSWERED
#else
        :: is_open(step[me]) && !nonce_is_mine[me] ->
            if
            :: state[step[me]] == HELD && epoch_is_mine[me] ->
                state[step[me]] = ORPHAN; /* This holder does not have it in hand. */
                since[step[me]] = 0
            :: else
            fi;
            rest(me)
#endif
        :: state[step[me]] == PAID -> rest(me)
        :: state[step[me]] == FREE && !has_epoch(me) -> stop(me)
        :: state[step[me]] == FREE && has_epoch(me) && lease[shard[me]] > 0 && left > 0 &&
           SUM(takes_place) < PLACES ->
            insert(me, step[me], true);
            phase[me] = ANSWERED
        :: else -> rest(me) /* It has expired, or there is no place, or no money. */
        fi;
        check()
    }
}

/* The answer was lost: the same is asked again. The first question may yet come a second time. */
inline ask_again(copy) {
    d_step {
        phase[me] == ANSWERED && CAN_FAIL && (!copy || late == NO_CALL);
        A_FAULT;
        WHEN(copy, leave_copy(GRANT_AGAIN, me, step[me]));
        phase[me] = ASKING;
        age[me] = 0
    }
}

/* The send guard, right before the first byte. */
#if defined(NO_GUARD)
#define may_send true
#elif defined(NO_LEASE_GUARD)
#define may_send (age[me] <= WINDOW)
#elif defined(NO_WINDOW_GUARD)
#define may_send (since_renewed[me] < GUARD)
#else
#define may_send (since_renewed[me] < GUARD && age[me] <= WINDOW)
#endif
inline guard() {
    d_step {
        phase[me] == ANSWERED && may_send;
        phase[me] = GUARDED;
        age[me] = 0
    }
}

/* It refuses also where the answer to the last renewal is not there yet. The request is settled as
 * free; a machine that waits before that is one that waits before the guard. */
inline refuse(copy) {
    d_step {
        phase[me] == ANSWERED && (CAN_FAIL || !may_send) &&
            (!copy || (CAN_FAIL && late == NO_CALL));
        WHEN(may_send, A_FAULT);
        if
        :: !has_epoch(me) -> stop(me)
        :: else ->
            WHEN(copy, leave_copy(FREE_AGAIN, me, step[me]));
#ifdef SETTLE_WITHOUT_NONCE
            free_row(step[me]);
#else
            WHEN(nonce_is_mine[me], free_row(step[me]));
#endif
            rest(me)
        fi;
        check()
    }
}

inline write_request(w) {
    d_step {
        phase[me] == GUARDED && wire[w] == 0 && ((w) == 0 || wire[0] > 0);
        phase[me] = SENT;
        age[me] = 0;
        wire[w] = step[me] + 1;
        wire_from[w] = me + 1;
        wire_age[w] = 0
    }
}

/* The outcome is unknown from now on. */
#define waits_for(m) (ANY(is_sender, m) || wire_from[0] == m + 1 || wire_from[WIRES - 1] == m + 1)
#define is_sender(t, m) (task_from[t] == (m) + 1)
inline lose(copy) {
    d_step {
        phase[me] == SENT && (CAN_FAIL || !waits_for(me)) && (!copy || late == NO_CALL);
#ifdef PROGRESS
        WHEN(waits_for(me), A_FAULT);
#endif
        close_stream(me);
        if
        :: !has_epoch(me) -> stop(me)
        :: else ->
            WHEN(copy, leave_copy(LOSE_AGAIN, me, step[me]));
            lose_row(step[me]);
            rest(me)
        fi;
        check()
    }
}

/* The service's own answer names the task, and then is the last word about it. */
inline name(t) {
    d_step {
        phase[me] == SENT && task_from[t] == me + 1;
        task_from[t] = 0;
        if
        :: !has_epoch(me) -> stop(me)
        :: has_epoch(me) && is_taken(t) && !has_task(step[me], t) ->
            lose_row(step[me]); /* A twin has it: look this one up as if it was lost. */
            rest(me)
        :: else -> own(step[me], t); rest(me)
        fi;
        check()
    }
}

/* The last word without a name before it: name() was lost, or the answer had no line for it. */
inline settle_answer(t) {
    d_step {
        phase[me] == SENT && task_from[t] == me + 1 && running[t] == ENDED;
        task_from[t] = 0;
        if
        :: !has_epoch(me) -> stop(me)
        :: has_epoch(me) && is_taken(t) && !has_task(step[me], t) ->
            lose_row(step[me]);
            rest(me)
        :: else -> own(step[me], t); state[step[me]] = PAID; rest(me)
        fi;
        check()
    }
}

/* A step whose task is known is followed to its end by whoever holds the shard. */
inline follow(s) {
    d_step {
        holds(me, s) && is_open(s) && owner[s] > 0 && running[owner[s] - 1] == ENDED;
        if
        :: has_epoch(me) ->
            state[s] = PAID;
            WHEN(!is_found[s], since[s] = 0)
        :: else -> stop(me)
        fi;
        check()
    }
}

/* A record that nobody has is adopted by a step that may have sent it. This needs no waiting. */
inline adopt(s, t) {
    d_step {
        holds(me, s) && is_unknown(s) && owner[s] == 0 && !in_hand(me, s) && is_record(t, s) &&
#ifndef ADOPTED_WITHOUT_NAME
            !is_taken(t) &&
#endif
            !is_contested(s);
        if
        :: has_epoch(me) ->
            own(s, t);
#ifdef EQUAL
            is_found[s] = 1
#endif
        :: else -> stop(me)
        fi;
        check()
    }
}

/* A listing is begun for the steps that are due; it shows what is listed at this moment. */
#define can_ask(s, m) (holds(m, s) && is_due(s) && owner[s] == 0 && !in_hand(m, s))
/* One that must find something, or prove nothing, is left out where it makes no difference. */
#define twin_is_due(o, s) \
    (request_of(o) != request_of(s) || !is_in_doubt(o) || is_due(o))
#define looks_absent(s, m) \
    (can_ask(s, m) && !ANY_TASK(is_free_record, s) && ALL(twin_is_due, s))
#if defined(EARLY_LISTING)
#define may_list true
#elif defined(NEVER_LISTED)
#define may_list false
#elif defined(EQUAL) && !defined(PROGRESS)
#define may_list ANY(can_ask, me)
#else
#define may_list ANY(looks_absent, me)
#endif
#ifdef EQUAL
#define is_to_tell(s, m) is_due(s)
#else
#define is_to_tell(s, m) looks_absent(s, m)
#endif
inline begin_listing() {
    d_step {
        !has_listing[me] && phase[me] != UNSENT && may_list;
        has_listing[me] = 1;
        for (i : 0 .. STEPS - 1) {
            WHEN(is_to_tell(i, me), due[me] = due[me] | bit_of(i));
#if defined(EQUAL) || defined(EARLY_LISTING)
            WHEN(is_charged[i] && lag[i] == LISTED && !is_taken(i), seen[me] = seen[me] | bit_of(i))
#endif
        }
        i = 0
    }
}

#ifdef EARLY_LISTING
#define was_due(s) (has_listing[me] && is_due(s))
#else
#define was_due(s) (due[me] & bit_of(s))
#endif
/* The listing has shown it, it may be the request's, and nobody has it. */
#define is_left_over(t, s) \
    ((seen[me] & bit_of(t)) && request_of(task_step[t]) == request_of(s))
#ifdef NO_TWINS
#define twins_were_due(s) true
#else
/* Any of equal requests may be the absent one: those in doubt must have been due, too. */
#define twin_was_due(o, s) \
    ((o) == (s) || request_of(o) != request_of(s) || !is_in_doubt(o) || was_due(o))
#define twins_were_due(s) ALL(twin_was_due, s)
#endif
#define is_absent(s, m) \
    (holds(m, s) && !in_hand(m, s) && is_unknown(s) && owner[s] == 0 && was_due(s) && \
     !ANY_TASK(is_left_over, s) && twins_were_due(s))
inline settle_absent(s, copy) {
    d_step {
        is_absent(s, me) && (!copy || (CAN_FAIL && late == NO_CALL));
        due[me] = due[me] & ~bit_of(s);
        WHEN(copy, A_FAULT);
        if
        :: !has_epoch(me) -> stop(me)
        :: else ->
            WHEN(copy, leave_copy(FREE_AGAIN, me, s));
            free_row(s);
            drop_used_listing(me)
        fi;
        check()
    }
}
#define absent(s) settle_absent(s, false)
#define absent_copy(s) settle_absent(s, true)

inline end_listing() {
    d_step {
        has_listing[me] && (CAN_FAIL || !ANY(is_absent, me));
        WHEN(ANY(is_absent, me), A_FAULT);
        drop_listing(me)
    }
}

/* The journal of a killed process knows that an attempt was never sent: its request is free at
 * once, if the ledger's is this attempt and not one of a holder in between. */
inline free_unsent() {
    d_step {
        phase[me] == UNSENT && holds(me, step[me]);
        if
        :: !has_epoch(me) -> stop(me)
        :: else ->
            if
#ifdef JOURNAL_WITHOUT_NONCE
            :: is_unknown(step[me]) -> free_row(step[me])
#else
            :: is_unknown(step[me]) && nonce_is_mine[me] -> free_row(step[me])
#endif
            :: else
            fi;
            rest(me)
        fi;
        check()
    }
}

/* The machine is killed, and starts again with the directory or without it. */
inline kill(has_disk, copy) {
    d_step {
        shard[me] != NOBODY && CAN_FAIL &&
            (!has_disk || phase[me] == ASKING || phase[me] == ANSWERED) &&
            (!copy || (phase[me] == ASKING && late == NO_CALL));
        A_FAULT;
        WHEN(copy, leave_copy(GRANT_AGAIN, me, step[me]));
        if
        :: has_disk ->
            shard[me] = NOBODY;
            epoch_is_mine[me] = 0;
            since_renewed[me] = GUARD;
            drop_listing(me);
            phase[me] = UNSENT;
            age[me] = 0
        :: else -> stop(me)
        fi
    }
}

active [MACHINES] proctype machine() {
end:
    do
    :: take_shard(0)
#if SHARDS > 1
    :: take_shard(1)
#endif
#if SHARDS > 2
    :: take_shard(2)
#endif
    :: renew()
    FOR_STEPS(ask)
    :: grant()
    :: ask_again(false)
    :: guard()
    :: refuse(false)
    :: write_request(0)
#if WIRES > 1
    :: write_request(1)
#endif
    :: lose(false)
    FOR_STEPS(name)
    FOR_STEPS(settle_answer)
    FOR_STEPS(follow)
    :: adopt(0, 0)
    :: adopt(1, 1)
#if STEPS > 2
    :: adopt(2, 2)
#endif
#ifdef EQUAL
    :: adopt(0, 1)
    :: adopt(1, 0)
#if STEPS > 2
    :: adopt(0, 2)
    :: adopt(1, 2)
    :: adopt(2, 0)
    :: adopt(2, 1)
#endif
#endif
    :: begin_listing()
    FOR_STEPS(absent)
    :: end_listing()
    :: free_unsent()
    :: kill(false, false)
    :: kill(true, false)
#ifdef RENEWED_BY_ANSWER
    :: d_step { is_renewing[me] -> is_renewing[me] = 0; since_renewed[me] = 0 }
#endif
#ifdef TAKEN_AGAIN
    :: d_step { shard[me] != NOBODY && epoch_is_mine[me] -> since_renewed[me] = 0 }
#endif
#ifdef CLOCK_STANDS_STILL
    :: d_step { !is_frozen[me] && phase[me] == ANSWERED -> is_frozen[me] = 1 }
    :: d_step { is_frozen[me] -> is_frozen[me] = 0 }
#endif
#ifdef LATE_CALLS
    :: ask_again(true)
    :: refuse(true)
    :: lose(true)
    FOR_STEPS(absent_copy)
    :: kill(false, true)
    :: kill(true, true)
#endif
    od
}

/* The copy of a call is answered; its sender reads no answer. */
inline answer_late() {
    d_step {
        late != NO_CALL;
        if
        :: late == GRANT_AGAIN && state[late_step] == FREE && late_has_epoch &&
           lease[shard_of(late_step)] > 0 && left > 0 && SUM(takes_place) < PLACES ->
            insert(NOBODY, late_step, false)
#ifdef SETTLE_WITHOUT_NONCE
        :: late == FREE_AGAIN && late_has_epoch -> free_row(late_step)
#else
        :: late == FREE_AGAIN && late_has_epoch && late_nonce -> free_row(late_step)
#endif
#ifdef LOSE_WITHOUT_NONCE
        :: late == LOSE_AGAIN && late_has_epoch && state[late_step] == HELD ->
            state[late_step] = LOST;
            since[late_step] = 0
#else
        :: late == LOSE_AGAIN && late_has_epoch && late_nonce && state[late_step] == HELD ->
            state[late_step] = LOST;
            since[late_step] = 0
#endif
        :: else
        fi;
        drop_late();
        check()
    }
}

inline clear_wire(w) {
    wire[w] = 0;
    wire_from[w] = 0;
    wire_age[w] = 0
}

/* The service takes a request, which is charged from this moment on. */
inline take_request(w) {
    d_step {
        wire[w] > 0 && IS_LATE(wire_age[w], LINGER);
#ifdef EQUAL
        k = 0;
        do
        :: k < STEPS && is_charged[k] -> k++
        :: else -> break
        od;
        assert(k < STEPS);
#else
        k = wire[w] - 1;
        assert(!is_charged[k]);
#endif
        is_charged[k] = 1;
        task_step[k] = wire[w] - 1;
        task_from[k] = wire_from[w];
        has_place[k] = (state[wire[w] - 1] != LOST);
        lag[k] = 0;
        running[k] = 0;
        k = 0;
        clear_wire(w);
        check()
    }
}

inline drop_request(w) {
    d_step {
        wire[w] > 0 && CAN_FAIL;
        A_FAULT;
        clear_wire(w)
    }
}

inline list_task(t) {
    d_step {
        is_charged[t] && lag[t] < LISTED && IS_LATE(lag[t], LAG);
        lag[t] = LISTED
    }
}

inline finish_task(t) {
    d_step {
        is_charged[t] && running[t] < ENDED && IS_LATE(running[t], RUN);
        running[t] = ENDED;
        has_place[t] = 0
    }
}

/* The store restarts, and has lost a name: name() alone is committed without waiting for the disk.
 * The listing may not show the task yet. */
inline forget_name(s) {
    d_step {
        state[s] == HELD && owner[s] > 0 && CAN_FAIL;
        A_FAULT;
        lag[owner[s] - 1] = 0;
        owner[s] = 0
    }
}

/* What must happen at this moment at the latest. */
#define must_write(m) (phase[m] == GUARDED && age[m] >= GAP)
#define must_come(w) (wire[w] > 0 && wire_age[w] >= LINGER)
#define must_end(t, unused) \
    (is_charged[t] && (lag[t] == LAG || running[t] == RUN))
#if MACHINES == 2
#define any_must_write (must_write(0) || must_write(1))
#else
#define any_must_write (must_write(0) || must_write(1) || must_write(2))
#endif
#define is_urgent \
    (any_must_write || must_come(0) || must_come(WIRES - 1) || ANY(must_end, 0))

#define is_counted(s) \
    (is_found[s] || state[s] == ORPHAN || (state[s] == LOST && owner[s] == 0))
inline let_time_pass() {
    for (i : 0 .. SHARDS - 1) {
        WHEN(lease[i] > 0, lease[i]--)
    }
    for (i : 0 .. MACHINES - 1) {
        WHEN(has_clock(i) && since_renewed[i] < GUARD, since_renewed[i]++);
        if
        :: (phase[i] == ASKING || phase[i] == ANSWERED) && has_clock(i) && age[i] <= WINDOW ->
            age[i]++
        :: phase[i] == GUARDED && age[i] < GAP -> age[i]++
        :: else
        fi
    }
    for (i : 0 .. WIRES - 1) {
        WHEN(wire[i] > 0 && wire_age[i] < LINGER, wire_age[i]++)
    }
    for (i : 0 .. STEPS - 1) {
        WHEN(is_counted(i) && since[i] < SINCE_MAX, since[i]++);
        WHEN(is_charged[i] && lag[i] < LAG, lag[i]++);
        WHEN(is_charged[i] && running[i] < RUN, running[i]++)
    }
    i = 0
}

active proctype world() {
end:
    do
#ifdef PROGRESS
    :: timeout ->
progress:
        d_step {
            assert(all_ended || (calm < CALM_MAX && !is_urgent));
            WHEN(!all_ended, calm++; let_time_pass())
        };
        WHEN(all_ended, break)
    :: d_step { /* Everybody is frozen for a tick. */
        CAN_FAIL && !is_urgent && !all_ended -> A_FAULT; let_time_pass()
    }
#else
    :: d_step { !is_urgent -> let_time_pass() }
#endif
    :: take_request(0)
    :: drop_request(0)
#if WIRES > 1
    :: take_request(1)
    :: drop_request(1)
#endif
    FOR_STEPS(list_task)
    FOR_STEPS(finish_task)
#ifdef NAMES_ARE_LOST
    FOR_STEPS(forget_name)
#endif
#ifdef LATE_CALLS
    :: answer_late()
#endif
#ifdef STORE_GOES_BACK
    :: d_step { state[0] == HELD -> free_row(0); check() }
#endif
    od
}
