// Puts the manifest's lines in the order of the present job file, beside the run.
#pragma once

#include "runner/cli/job.hpp"
#include "runner/cli/run_storage.hpp"
#include "runner/report/words.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace darkroom::cli {

/// Returns the plan as the manifest's lines need it. `job` must outlive it. Throws Quit: bad_file
/// (the layout, the picks).
store::PlanOfLines plan_of_lines(Job const& job, std::string const& directory,
                                 std::atomic<bool> const* stop = nullptr);

/// Moves the lines of earlier runs, and writes the captions and sidecars that they lack. Works on a
/// thread of its own; the files are replaced on the loop's thread.
class LineArranger {
public:
    using Say = std::function<void(report::Worded const&)>;

    /// Lines are moved only by a run over the whole file, and only if the directory's last run had
    /// a job of the same name: `directory` still has that run's. All must outlive this.
    LineArranger(RunStorage& storage, Job const& job, std::string const& directory);
    LineArranger(LineArranger const&) = delete;
    LineArranger& operator=(LineArranger const&) = delete;
    ~LineArranger();

    /// Completes: when all is done, or after stop(). What goes wrong is said: the journal has
    /// everything, and the next run tries again. Cancel: terminal.
    boost::asio::awaitable<void> run(Say say);
    void stop() { stop_ = true; }

    /// Returns the plan whose items may share a picture that this run has saved; null when no item
    /// shares one.
    store::PlanOfLines const* repeats(std::uint64_t shared_items);

private:
    boost::asio::awaitable<void> move_lines(Say say);
    boost::asio::awaitable<void> write_sidecars(Say say);

    RunStorage& storage_;
    Job const& job_;
    std::string const& directory_;
    bool may_move_ = false;
    bool has_moved_ = false;
    store::PresentLines before_; ///< The lines of earlier runs.
    std::optional<store::PlanOfLines> plan_at_end_;
    std::atomic<bool> stop_ = false;
    boost::asio::thread_pool pool_{1};
};

} // namespace darkroom::cli
