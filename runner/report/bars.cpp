#include "runner/report/bars.hpp"

#include "runner/base/text.hpp"
#include "runner/base/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace darkroom::report {

namespace {

constexpr Duration frame_time = std::chrono::milliseconds(100);
constexpr std::size_t name_columns = 30;
constexpr std::size_t bar_columns_max = 40;
constexpr std::string_view hide_cursor = "\x1b[?25l";
constexpr std::string_view show_cursor = "\x1b[?25h";

std::string money_of(Board const& board) {
    auto const& budget = board.start().budget;
    auto text = "cost " + format_money(board.cost());
    if (budget.cost) text += " of " + format_money(*budget.cost);
    text += " " + board.start().currency;
    if (budget.generations)
        text += fmt::format(", {} of {} paid", board.paid(), *budget.generations);
    return text;
}

/// Returns "342/600  57%  2 failed  5 open  1 waiting"
std::string counts_of(Board const& board) {
    auto const total = std::max(board.start().steps, board.done() + board.failed());
    auto const ended = board.done() + board.failed() + board.skipped();
    auto const waits = std::count_if(board.open().begin(), board.open().end(),
                                     [](auto const& entry) { return entry.second.problem; });
    auto const loads =
        std::count_if(board.open().begin(), board.open().end(), [](auto const& entry) {
            return entry.second.loading && !entry.second.problem;
        });
    auto const open = std::ssize(board.open()) - waits - loads;
    auto text = fmt::format("{}/{}  {}%", board.done(), total,
                            total == 0 ? 100 : std::min<std::uint64_t>(ended, total) * 100 / total);
    if (board.failed() > 0) text += fmt::format("  {} failed", board.failed());
    if (board.skipped() > 0) text += fmt::format("  {} skipped", board.skipped());
    if (open > 0) text += fmt::format("  {} open", open);
    if (loads > 0) text += fmt::format("  {} loading", loads);
    if (waits > 0) text += fmt::format("  {} waiting", waits);
    return text;
}

std::string speed_of(Board const& board, Time now, bool is_over) {
    auto text =
        fmt::format("{}, {}", counted(board.images(), "image"), format_bytes(board.bytes()));
    if (auto const speed = board.images_per_second(now)) {
        bool const slow = *speed < 1;
        text +=
            slow ? fmt::format("   {:.1f}/min", *speed * 60) : fmt::format("   {:.1f}/s", *speed);
    }
    if (board.start().begun != Time() && now > board.start().begun)
        text += "   " + format_span(now - board.start().begun);
    auto const left = is_over ? std::nullopt : board.time_left(now);
    if (left) text += ", about " + format_span(*left) + " left";
    return text;
}

std::string headline(Board const& board, Canvas canvas) {
    auto const counts = counts_of(board);
    auto const total = static_cast<double>(std::max<std::uint64_t>(board.start().steps, 1));
    auto const ended = static_cast<double>(board.done() + board.failed() + board.skipped());
    auto const colour = board.failed() > 0 ? Ink::busy : Ink::good;
    auto const needed = columns_of(counts) + 2;
    if (canvas.columns < needed + 10)
        return ink(colour, cut(counts, canvas.columns), canvas.colour);
    auto const room = std::min(canvas.columns - needed, bar_columns_max);
    auto const drawn = bar(std::min(1.0, ended / total), room);
    return ink(colour, drawn, canvas.colour) + "  " + ink(Ink::bold, counts, canvas.colour);
}

std::string wait_of(OpenStep const& step, Time now) {
    if (!step.again_at) return "looking it up";
    if (*step.again_at <= now) return "once more";
    return "again in " + wait_text(*step.again_at - now);
}

/// Returns "cars/12/variation2            [███   ]  40%  a prompt…", or the reason why it waits.
std::string line_of(OpenStep const& step, Time now, Canvas canvas) {
    if (canvas.columns < 12) return cut(step.name, canvas.columns);
    auto const name = fit_middle(step.name, std::min(name_columns, canvas.columns / 2));
    auto const used = columns_of(name) + 2;
    auto const room = canvas.columns - std::min(used, canvas.columns);
    if (step.problem) {
        auto const why = cut(wait_of(step, now) + ": " + describe(*step.problem), room);
        return name + "  " + ink(Ink::busy, why, canvas.colour);
    }
    if (step.loading) return name + "  " + cut("loading the picture", room);
    auto const percent = step.percent ? fmt::format("{:>3}%", *step.percent) : "   …";
    auto const share = static_cast<double>(step.percent.value_or(0)) / 100;
    auto text = room >= 40 ? bar(share, 12) + " " + percent : percent;
    text += "  " + step.action;
    if (!step.prompt.empty()) text += "  " + step.prompt;
    return name + "  " + cut(text, room);
}

std::vector<std::string> head_lines(Board const& board, Time now, Canvas canvas, bool is_over) {
    auto const below = fmt::format("{}   {}", speed_of(board, now, is_over), money_of(board));
    return {headline(board, canvas), cut(below, canvas.columns)};
}

} // namespace

std::string bar(double share, std::size_t columns) {
    constexpr std::array<std::string_view, 8> eighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    if (columns < 3) return std::string(columns, ' ');
    auto const inner = columns - 2;
    auto const filled = static_cast<std::size_t>(
        std::lround(std::clamp(share, 0.0, 1.0) * static_cast<double>(inner * eighths.size())));
    std::string out = "[";
    for (std::size_t i = 0; i < filled / 8; ++i) out += "█";
    out += eighths.at(filled % 8);
    auto const taken = (filled + 7) / 8;
    out.append(inner - taken, ' ');
    return out + "]";
}

std::vector<std::string> draw_last(Board const& board, Time now, Canvas canvas) {
    return head_lines(board, now, canvas, true);
}

std::vector<std::string> draw(Board const& board, Time now, Canvas canvas) {
    auto lines = head_lines(board, now, canvas, false);
    std::vector<OpenStep const*> open;
    open.reserve(board.open().size());
    for (auto const& [key, step] : board.open()) open.push_back(&step);
    auto const by_age = [](OpenStep const* a, OpenStep const* b) { return a->order < b->order; };
    std::sort(open.begin(), open.end(), by_age);
    auto const room = canvas.rows / 2 > lines.size() ? canvas.rows / 2 - lines.size() : 0;
    auto const shown = open.size() <= room ? room : room - std::min<std::size_t>(room, 1);
    for (auto const* step : open) {
        if (lines.size() == shown + 2) {
            auto const more = fmt::format("and {} more", open.size() - shown);
            if (room > 0)
                lines.push_back(ink(Ink::faint, cut(more, canvas.columns), canvas.colour));
            break;
        }
        lines.push_back(line_of(*step, now, canvas));
    }
    return lines;
}

Bars::Bars(Output& out, Clock& clock, DisplayOptions display, Start start)
    : Progress(out, clock), display_(display), board_(std::move(start)) {}

Bars::~Bars() {
    if (cursor_hidden_) out_.write(show_cursor);
}

void Bars::on_event(engine::Event const& event, engine::StepState const& state) {
    board_.apply(event, state, clock_.now());
    auto const worded = word(event, state);
    if (worded.is_error) say(worded);
}

void Bars::on_waiting(engine::Waiting const& waiting) { board_.wait(waiting, clock_.now()); }

engine::awaitable<void> Bars::run() {
    for (;;) {
        show(draw(board_, clock_.now(), canvas()));
        co_await clock_.sleep_for(frame_time);
    }
}

void Bars::say(Worded const& line) {
    above_ += ink(line.colour, line.text, display_.colour) + "\n";
    if (finished_) out_.write(std::exchange(above_, std::string()));
}

void Bars::finish() {
    if (finished_) return;
    out_.finish(std::chrono::milliseconds(500));
    show(draw_last(board_, clock_.now(), canvas()));
    out_.write(show_cursor);
    cursor_hidden_ = false;
    finished_ = true;
}

/// Leaves one column free, so that no terminal wraps to the next line by itself.
Canvas Bars::canvas() const {
    auto const size = out_.size();
    return {std::max<std::size_t>(size.columns, 2) - 1, size.rows, display_.colour};
}

/// Moves back to the start of the last frame. A terminal made narrower may have wrapped its lines.
std::string Bars::erase() const {
    if (drawn_.empty()) return {};
    auto const columns = out_.size().columns;
    std::size_t rows = 0;
    for (auto const& line : drawn_)
        rows += std::max<std::size_t>(1, (inked_columns(line) + columns - 1) / columns);
    return fmt::format("\x1b[{}A\r\x1b[J", rows);
}

void Bars::show(std::vector<std::string> lines) {
    if (finished_ || out_.waiting() > 0) return out_.flush(); // a slow terminal skips frames
    if (lines == drawn_ && above_.empty()) return;
    std::string frame = erase();
    if (!std::exchange(cursor_hidden_, true)) frame += hide_cursor;
    frame += std::exchange(above_, std::string());
    for (auto const& line : lines) frame += line + "\n";
    drawn_ = std::move(lines);
    out_.write(frame);
}

} // namespace darkroom::report
