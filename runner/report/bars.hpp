// The display for a terminal: a few lines redrawn in place.
#pragma once

#include "runner/report/display_options.hpp"
#include "runner/report/progress.hpp"

#include <string>
#include <vector>

namespace darkroom::report {

/// The size and the colours of a frame.
struct Canvas {
    std::size_t columns = 80;
    std::size_t rows = 24;
    bool colour = false;
};

/// Returns one frame as lines without line ends, none wider than the canvas. Pure. The whole run
/// comes first (a bar, then counts, speed and money), then the open steps, oldest first: each with
/// its percent, or the reason why it waits. They take at most half of the rows.
std::vector<std::string> draw(Board const& board, Time now, Canvas canvas);
/// Returns the last frame, which stays: the whole run only.
std::vector<std::string> draw_last(Board const& board, Time now, Canvas canvas);

/// Returns "[█████▌      ]", `columns` wide with its ends; `share` is from 0 to 1.
std::string bar(double share, std::size_t columns);

/// Redraws at most ten times a second. Failures stay above it as lines of their own.
class Bars final : public Progress {
public:
    Bars(Output& out, Clock& clock, DisplayOptions display, Start start);
    /// Shows the cursor again if finish() was never reached.
    ~Bars() override;

    void on_event(engine::Event const& event, engine::StepState const& state) override;
    void on_progress(Digest const& step, int percent) override { board_.progress(step, percent); }
    void on_waiting(engine::Waiting const& waiting) override;
    engine::awaitable<void> run() override;
    void say(Worded const& line) override;
    void finish() override;

private:
    Canvas canvas() const;
    std::string erase() const;
    void show(std::vector<std::string> lines);

    DisplayOptions display_;
    Board board_;
    std::string above_;              ///< Lines that stay, not yet written.
    std::vector<std::string> drawn_; ///< The frame on the screen.
    bool cursor_hidden_ = false;
    bool finished_ = false;
};

} // namespace darkroom::report
