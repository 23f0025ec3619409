// What a run is given: its options, its ports, and the items to make.
#pragma once

#include "jobs/model/job_file.hpp"
#include "jobs/plan/plan.hpp"
#include "runner/engine/ledger.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace darkroom::engine {

struct EngineOptions {
    /// The service that the provider talks to; never null. It cannot be asked about the steps of
    /// another one: they stay unknown.
    jobs::ServiceModel const* service = &jobs::default_service();
    jobs::Limits limits;                      ///< The limits of all accounts together.
    std::vector<jobs::Account> accounts = {}; ///< Empty: one without a name, with those limits.
    jobs::Retry retry;
    jobs::Budget budget;
    jobs::Prices prices;
    Duration patience =
        std::chrono::minutes(15); ///< The time for which an unknown request is followed.
    Duration grace = std::chrono::seconds(30); ///< For open requests after the first stop().
    std::uint64_t seed = 0;                    ///< The seed of the jitter.
    bool split_grids = false;                  ///< Save the four images of a grid as well.
    bool text_files = false;                   ///< Save texts as files, too.
    bool settle_only = false;                  ///< Buy nothing: look up, adopt and download only.
    jobs::Picks picks = {};                    ///< The choices of people so far.
    bool is_own_service = false; ///< The built-in service: it shows at once all that it has taken.
    /// Returns what all runs of an account may spend, at a time; null: there is no such limit.
    std::function<std::vector<SpendingCap>(WallTime)> caps_at = {};
    /// Says of such a limit what is spent, and when it begins again; null: nothing is said.
    std::function<std::string(SpendingCap const&, jobs::Micros spent)> cap_words = {};
    /// Called now and then while other runs have all places of an account, with its name and
    /// Ledger::places_taken_by(); or null.
    std::function<void(std::string const&, std::string const&)> on_places_taken = {};
    /// Called once, with the reason, when the run continues without the ledger; or null.
    std::function<void(std::string const&)> on_ledger_lost = {};
};

/// The ports of one run. All outlive the conductor.
struct Ports {
    Clock& clock;
    Provider& provider;
    Journal& journal;
    ImageStore& images;
    Observer& observer;
    DoneSteps const* done = nullptr; ///< Null: the journal is asked about every step.
    SendMarks* marks = nullptr;      ///< Null: nothing is known about the order of sending.
    Ledger* ledger = nullptr;        ///< Null: the run is alone.
};

/// Returns the next item, and null at the end. See jobs::Plan::next.
using ItemSource = std::function<Result<std::shared_ptr<jobs::Item const>>()>;

} // namespace darkroom::engine
