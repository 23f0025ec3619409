// Brings home the images of a paid step: fetched, checked and recorded.
#pragma once

#include "runner/engine/host_pauses.hpp"
#include "runner/engine/jitter.hpp"
#include "runner/engine/retry.hpp"
#include "runner/engine/step_run.hpp"
#include "runner/engine/task_follower.hpp"

#include <optional>
#include <string>

namespace darkroom::engine {

/// The parts of a run that delivery uses; they outlive it.
struct DeliveryParts {
    TaskFollower& follower;
    Accounts const& accounts;
    StepLog& log;
    Jitter& jitter;
    Tally& tally;
    EndRun end_run; ///< Called when nothing can be saved.
};

/// Saves the images of finished steps, and knows how their links can be renewed.
class Delivery {
public:
    Delivery(boost::asio::any_io_executor executor, Ports const& ports,
             EngineOptions const& options, DeliveryParts parts);
    Delivery(Delivery const&) = delete;
    Delivery& operator=(Delivery const&) = delete;

    /// Completes with delivered, undelivered or disk_failed. Images that are there are left alone.
    /// Cancel: terminal; what has arrived stays for a resume.
    awaitable<StepOutcome> deliver(StepRun& run);
    /// Returns whether everything that deliver() would save is there.
    bool has_all(StepState const& state) const;

    /// Returns whether the link that a step is about to send would be dead on arrival.
    bool link_is_dying(StepRun const& run) const;
    /// Asks for the link of the image above. Completes with true when it is another one than the
    /// step has. Cancel: terminal.
    awaitable<bool> refresh_link(StepRun& run);

private:
    struct Download;

    awaitable<StepOutcome> deliver_all(StepRun& run);
    awaitable<std::optional<Problem>> deliver_one(StepRun& run, ImageOrder order);
    awaitable<std::optional<Problem>> download(StepRun& run, Download& download);
    awaitable<std::optional<Problem>> fetch(Download& download, ImageDraft& draft);
    awaitable<std::optional<Problem>> commit(StepRun& run, ImageDraft& draft);
    awaitable<PrioritySemaphore::Permit> acquire(std::string url);
    DownloadDecision decide(Download const& download, Problem const& problem);
    awaitable<void> wait_for_files(StepRun& run, int tries);
    awaitable<StepOutcome> deliver_quarters(StepRun& run);
    awaitable<StepOutcome> deliver_text(StepRun& run);
    awaitable<StepOutcome> save_made(StepRun& run, ImageOrder order, std::string bytes);
    awaitable<void> keep(StepRun& run, SavedImage image);
    awaitable<void> renew_link(StepRun& run, ImageOrder& order);
    bool is_to_be_split(StepState const& state) const;
    bool is_there(SavedImage const& image) const;
    Priority next_priority(std::string const& url);

    Clock& clock_;
    Provider& provider_;
    ImageStore& images_;
    Observer& observer_;
    EngineOptions const& options_;
    DeliveryParts parts_;
    PrioritySemaphore downloads_;
    PrioritySemaphore landings_; ///< Taken when the bytes are there, before the place is free.
    HostPauses hosts_;
    std::uint64_t order_ = 0;
};

} // namespace darkroom::engine
