// Old rules put back at the ports, one at a time, to see that the simulation notices each.
#pragma once

#include "tests/simulation/sim_service.hpp"

#include <string>

namespace darkroom::simulation {

/// A rule of the engine or the provider put back or broken on purpose.
enum class Broken {
    nothing,
    sends_before_journalling,
    resends_unknown,         ///< An unknown one is reported as if it had never left.
    matches_only_equal,      ///< A record that is not byte for byte ours is another's.
    buys_what_has_no_record, ///< A task with an id that is not listed has never been.
    resends_502,             ///< A gateway's 502 and 503 say that nothing was taken.
    heeds_empty_errors,      ///< An empty `error` beside a good answer is an error.
    heeds_timeouts,          ///< A `timeout` is a failure like others.
    heeds_pages,             ///< A page of a gateway is the service's verdict on the prompt.
    uses_the_clock_of_now,   ///< Our clock is taken to have been as right as now.
};

/// Changes what the real client says into what a client with the old rule would have said.
class Mutant {
public:
    /// `clock` is that of the client's machine; both references outlive the mutant.
    Mutant(Broken broken, SimService& service, Clock& clock)
        : broken_(broken), service_(service), clock_(clock) {}

    /// Returns whether the old rule compares whole requests.
    bool reads_requests() const { return broken_ == Broken::matches_only_equal; }
    void change(engine::SubmitResult& result) const;
    void change(engine::TaskQuery const& query, engine::TaskPage& page) const;
    void change(engine::TaskUpdate& update) const;
    /// The client has heard of this task.
    void note_task(std::string const& id) const;

private:
    bool has_bad_error() const;
    void change_outcome(engine::Outcome& outcome) const;
    void hide_unequal(engine::TaskRecord& record) const;
    void hide_early(engine::TaskRecord& record) const;

    Broken broken_;
    SimService& service_;
    Clock& clock_;
};

} // namespace darkroom::simulation
