// The state of a run at work as its page shows it. Pure: time is an argument of the clock.
#pragma once

#include "runner/base/gate.hpp"
#include "runner/engine/run_end.hpp"
#include "runner/report/board.hpp"
#include "runner/report/run_changes.hpp"
#include "runner/report/words.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>

namespace darkroom::report {

/// A line of the run's log.
struct LiveLine {
    WallTime at{};
    std::string text;
    std::string_view kind; ///< "", "busy", "good" or "bad".
};

/// Facts that change during a run and that no event brings.
struct LiveSources {
    std::function<engine::Load()> load;
    std::function<jobs::Limits()> limits;
    std::function<RunChanges()> changes;
};

/// Observes a run for the viewers of its page. Memory is bounded.
class LiveRun final : public engine::Observer {
public:
    static constexpr std::size_t lines_max = 400;
    static constexpr std::size_t pictures_max = 200;
    static constexpr std::size_t samples_max = 720;
    static constexpr std::size_t open_max = 200;
    static constexpr std::size_t failed_max = 50;

    /// The clock outlives it.
    LiveRun(Start start, LiveSources sources, Clock& clock, boost::asio::any_io_executor executor);

    void on_event(engine::Event const& event, engine::StepState const& state) override;
    void on_progress(Digest const& step, int percent) override;
    void on_preview(Digest const& step, std::string const& url) override;
    void on_loaded_again(engine::Event const& saved, engine::StepState const& state) override;
    void on_waiting(engine::Waiting const& waiting) override;
    void on_parked(engine::ParkedAccount const& parked) override;
    /// Adds a line about the run itself.
    void say(Worded const& line);
    /// The run has ended. `stays`: its page will be served as a gallery.
    void end(engine::RunEnd end, bool stays);
    bool has_ended() const { return !ended_.empty(); }

    /// Takes a sample of the speed every few seconds. Cancel: terminal.
    boost::asio::awaitable<void> take_samples();

    /// Woken whenever something has changed.
    Gate& changed() { return changed_; }
    /// Returns a number that grows with every change.
    std::uint64_t version() const { return version_; }
    /// Returns the object of an event `state`.
    json::Value state() const;
    /// Returns the array of an event `samples`: all of them, each as [ms since 1970, open, places,
    /// sent, most that may be sent a second, done, failed, cost].
    json::Value samples() const;
    std::size_t samples_taken() const { return samples_taken_; }
    /// Returns the array of an event `lines`: those from number `from` on, as far as they are kept.
    json::Value lines_from(std::uint64_t from) const;
    std::uint64_t lines_end() const { return lines_begin_ + lines_.size(); }
    /// Returns the array of an event `pictures`: those that landed from number `from` on.
    json::Value pictures_from(std::uint64_t from) const;
    std::uint64_t pictures_end() const { return pictures_begin_ + pictures_.size(); }
    /// Returns the address of the preview of an open step; "" when there is none.
    std::string preview_of(Digest const& step) const;

private:
    struct Sample {
        WallTime at{};
        int open = 0;
        int places = 0;
        std::uint64_t sent = 0;
        double rate = 0; ///< The most that may be sent a second.
        std::uint64_t done = 0;
        std::uint64_t failed = 0;
        jobs::Micros cost = 0;
    };

    void change();
    void sample();
    void add_picture(engine::Event const& saved, engine::StepState const& state);
    json::Value counts() const;
    json::Value open_steps() const;
    std::string why_it_waits(engine::Load const& load) const;

    Board board_;
    LiveSources sources_;
    Clock& clock_;
    Gate changed_;
    std::uint64_t version_ = 0;
    std::map<Digest, std::string> previews_; ///< Only open steps have one.
    std::uint64_t sent_ = 0;
    std::map<std::string, std::uint64_t> failures_;
    std::deque<json::Value> failed_; ///< The last ones.
    std::deque<LiveLine> lines_;
    std::uint64_t lines_begin_ = 0;
    std::deque<json::Value> pictures_;
    std::uint64_t pictures_begin_ = 0;
    std::deque<Sample> samples_;
    std::size_t samples_taken_ = 0;
    Duration sample_rest_ = std::chrono::seconds(1);
    std::string ended_; ///< name_of(RunEnd); "" while it is at work.
    bool stays_ = false;
};

} // namespace darkroom::report
