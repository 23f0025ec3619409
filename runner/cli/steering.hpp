// The orders of people to a run that is at work: from `darkroom ctl` and from its page.
#pragma once

#include "runner/engine/conductor.hpp"
#include "runner/report/run_changes.hpp"
#include "runner/report/words.hpp"

#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::cli {

/// The answer to an order.
struct OrderReply {
    bool is_done = false;
    std::string text; ///< A sentence for whoever gave the order.
};

/// The run that takes orders; all of it outlives the steering.
struct SteeredRun {
    boost::asio::any_io_executor executor;
    engine::Conductor& conductor;
    Clock& clock;
    std::string journal;                            ///< Its path.
    std::vector<std::string> jobs;                  ///< Their ids.
    std::function<void(report::Worded const&)> say; ///< Shows a line.
    std::function<void()> stop;                     ///< Does what Ctrl-C does.
};

/// Carries out orders, and keeps in the journal what was changed.
class Steering {
public:
    Steering(SteeredRun run, jobs::JobFile const& file);
    ~Steering();
    Steering(Steering const&) = delete;
    Steering& operator=(Steering const&) = delete;

    /// An order is an object: `{"order": "pause"}`, `resume`, `stop`, `set` with `path` and `value`
    /// as in a job file, or `cancel` with `step`: a name as `status` prints it, with `*` for any
    /// characters; the steps below it are meant, too.
    OrderReply obey(json::Value const& order);
    report::RunChanges const& changes() const { return changes_; }
    jobs::Limits const& limits() const { return limits_; }

private:
    OrderReply pause();
    OrderReply resume();
    OrderReply set(json::Value const& order);
    OrderReply cancel(json::Value const& order);
    OrderReply done(std::string text);
    void keep_changes();
    bool is_cancelled(jobs::Step const& step) const;

    SteeredRun run_;
    jobs::JobFile const& file_;
    jobs::Limits limits_;
    report::RunChanges changes_;
    std::vector<std::string> cancelled_; ///< Patterns of names.
    boost::asio::thread_pool notes_{1};  ///< Writes to the journal; the last member.
};

/// Returns true when a step's name, or that of a step above it, fits the pattern. Pure.
bool fits_branch(std::string_view pattern, std::string_view step);

/// The name under which a journal has the changes.
inline constexpr std::string_view run_changes_key = "run_changes";

} // namespace darkroom::cli
