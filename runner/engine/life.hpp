// What the conductor's three files share; of no interest to anyone else.
#pragma once

#include "runner/engine/conductor.hpp"

namespace darkroom::engine {

/// What a follow-up needs of the image it works on.
struct Conductor::Parent {
    ImageAbove image;
    std::vector<std::string> actions;
    std::string account; ///< The only one that can work on it.
    std::string task_id; ///< Tells the image's link as it is now.
};

/// One step while it is being lived. In the frame of live(), which outlives whatever it awaits.
struct Conductor::Life {
    Digest key{};
    StepState state;
    jobs::Step step; ///< Without `then` for a request left open by an earlier run.
    std::shared_ptr<Parent const> parent; ///< Null for a first generation.
    Place place;
    std::string fresh_url;     ///< Of the image above, if the service has given another since.
    bool link_doubted = false; ///< Refused once, and then asked for a fresh link.
    std::string payer;         ///< The account whose turn it has got.
    Time sent_at{};
    Duration wait{}; ///< Before the next attempt.
    int rate_in_a_row = 0;
    bool sent_by_this_run = false;
    bool parked = false; ///< No more of it in this run.

    ImageAbove above() const {
        auto image = parent ? parent->image : ImageAbove();
        if (!fresh_url.empty()) image.url = fresh_url;
        return image;
    }
    /// Whether the service has to load the image above from its link.
    bool works_by_link() const {
        return parent && jobs::endpoint_at(step.request.endpoint).image == "image_url";
    }
};

/// The right to live a step: two equal steps take turns.
class Conductor::OneLife {
public:
    OneLife(Conductor& conductor, Digest const& key) : conductor_(conductor), key_(key) {
        conductor_.alive_.try_emplace(key_);
    }
    OneLife(OneLife const&) = delete;
    OneLife& operator=(OneLife const&) = delete;
    ~OneLife() {
        auto const place = conductor_.alive_.extract(key_);
        if (place && place.mapped()) place.mapped()->wake_all();
        conductor_.room_.wake_all();
    }

private:
    Conductor& conductor_;
    Digest key_;
};

/// A generation that may be open at the service; takes a place of its account.
class Conductor::OpenGeneration {
public:
    /// The account has begun it; the end is told here.
    OpenGeneration(Conductor& conductor, std::size_t account)
        : conductor_(&conductor), account_(account) {}
    OpenGeneration(OpenGeneration&& other) noexcept
        : conductor_(std::exchange(other.conductor_, nullptr)), account_(other.account_) {}
    OpenGeneration& operator=(OpenGeneration&&) = delete;
    ~OpenGeneration() {
        if (conductor_ == nullptr) return;
        conductor_->accounts_.end(account_);
        conductor_->places_changed();
    }

private:
    Conductor* conductor_;
    std::size_t account_;
};

} // namespace darkroom::engine
