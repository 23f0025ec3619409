// One Observer that passes events on to several.
#pragma once

#include "runner/engine/ports.hpp"

#include <vector>

namespace darkroom::cli {

/// Calls each observer in turn. None is owned; all outlive it.
class FanOut final : public engine::Observer {
public:
    void add(engine::Observer& observer) { observers_.push_back(&observer); }

    void on_event(engine::Event const& event, engine::StepState const& state) override {
        for (auto* observer : observers_) observer->on_event(event, state);
    }
    void on_progress(Digest const& step, int percent) override {
        for (auto* observer : observers_) observer->on_progress(step, percent);
    }
    void on_preview(Digest const& step, std::string const& url) override {
        for (auto* observer : observers_) observer->on_preview(step, url);
    }
    void on_loaded_again(engine::Event const& saved, engine::StepState const& state) override {
        for (auto* observer : observers_) observer->on_loaded_again(saved, state);
    }
    void on_waiting(engine::Waiting const& waiting) override {
        for (auto* observer : observers_) observer->on_waiting(waiting);
    }
    void on_parked(engine::ParkedAccount const& parked) override {
        for (auto* observer : observers_) observer->on_parked(parked);
    }

private:
    std::vector<engine::Observer*> observers_;
};

} // namespace darkroom::cli
