#include "runner/cli/run_desk.hpp"

#include "jobs/model/job_spec.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/cli/owner_only.hpp"
#include "runner/store/atomic_file.hpp"
#include "runner/store/journal_meta.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace darkroom::cli {

namespace asio = boost::asio;

namespace {

constexpr Duration goodbye_time = std::chrono::seconds(2);
constexpr std::size_t preview_bytes_max = 4u << 20;

/// Keeps a small picture.
class PreviewBytes final : public ByteSink {
public:
    Result<> begin(BodyStart const& start) override {
        (void)start;
        bytes.clear();
        return {};
    }
    Result<> write(std::string_view piece) override {
        if (bytes.size() + piece.size() > preview_bytes_max)
            return Error(make_error_code(boost::system::errc::file_too_large), "a preview");
        bytes += piece;
        return {};
    }
    std::string bytes;
};

SteeredRun steered(DeskParts const& parts) {
    SteeredRun run{parts.executor, parts.conductor, parts.clock, parts.journal, {},
                   parts.say,      parts.stop};
    for (auto const& job : parts.request.job.file.jobs) run.jobs.push_back(job->id);
    return run;
}

} // namespace

RunDesk::RunDesk(DeskParts parts, report::Start start)
    : parts_(std::move(parts)), steering_(steered(parts_), parts_.request.job.file) {
    forget_changes();
    open_socket();
    if (!parts_.request.metrics.empty()) open_metrics(start);
    if (!parts_.request.dashboard.empty()) open_page(std::move(start));
}

void RunDesk::observe(FanOut& observers) {
    if (live_) observers.add(*live_);
    if (metrics_) observers.add(metrics_->observer());
}

/// Changes of an earlier run are gone with it.
void RunDesk::forget_changes() {
    auto const before = or_quit(store::read_meta(parts_.journal, run_changes_key));
    if (!before || report::read_run_changes(*before).all().empty()) return;
    or_quit(store::write_meta(parts_.journal, run_changes_key, to_text(steering_.changes())));
}

void RunDesk::open_socket() {
    auto control = ControlSocket::open(parts_.executor, parts_.clock, parts_.request.directory);
    if (control.has_value())
        control_ = std::move(*control);
    else if (parts_.request.verbose)
        parts_.say({"'darkroom ctl' cannot reach this run: " + control.error().message(),
                    report::Ink::busy, false});
}

void RunDesk::open_page(report::Start start) {
    auto const at = http::read_listen_address(parts_.request.dashboard);
    if (!at)
        throw Quit(ExitCode::usage, fmt::format("--dashboard '{}': use ADDRESS:PORT, as in "
                                                "127.0.0.1:8080",
                                                parts_.request.dashboard));
    report::LiveSources sources{[this] { return parts_.conductor.load(); },
                                [this] { return steering_.limits(); },
                                [this] { return steering_.changes(); }};
    live_ = std::make_unique<report::LiveRun>(std::move(start), std::move(sources), parts_.clock,
                                              parts_.executor);
    DashboardParts page{*live_, parts_.request.directory,
                        [this](json::Value const& order) { return steering_.obey(order); },
                        [this](std::string url) { return fetch(std::move(url)); }};
    auto opened = Dashboard::open(parts_.executor, parts_.clock, *at, std::move(page));
    if (opened.has_error()) throw Quit(ExitCode::usage, "--dashboard: " + opened.error().message());
    dashboard_ = std::move(*opened);
    publish_page();
}

void RunDesk::open_metrics(report::Start start) {
    MetricsParts parts{parts_.executor,
                       parts_.clock,
                       parts_.request.metrics,
                       parts_.request.directory,
                       [this] { return parts_.conductor.load(); },
                       [this] { return steering_.limits(); },
                       parts_.say};
    metrics_ = std::make_unique<RunMetrics>(std::move(parts), std::move(start));
}

/// Standard error may be a log if it is no terminal.
void RunDesk::publish_page() {
    auto const url = dashboard_->url();
    if (::isatty(STDERR_FILENO) == 1) {
        page_words_ = "Dashboard: " + url;
        return;
    }
    auto const& directory = parts_.request.directory;
    OwnerOnly const rights(true);
    auto const written = store::write_atomically(
        {directory + "/dashboard.part", directory, "dashboard"}, url + "\n");
    if (written.has_error()) throw Quit(ExitCode::disk, written.error().message());
    page_words_ = fmt::format("Dashboard: its address is in {}/dashboard", directory);
}

RunDesk::~RunDesk() {
    if (!dashboard_) return;
    // At most, an address is left that nobody listens at.
    (void)store::remove_file(parts_.request.directory + "/dashboard");
}

asio::awaitable<std::optional<std::string>> RunDesk::fetch(std::string url) {
    engine::ImageLink link;
    link.url = std::move(url);
    PreviewBytes preview;
    auto const problem = co_await parts_.client.fetch(std::move(link), preview);
    std::optional<std::string> bytes;
    if (!problem) bytes = std::move(preview.bytes);
    co_return bytes;
}

void RunDesk::note(report::Worded const& line) {
    if (live_) live_->say(line);
}

void RunDesk::serve_in(TaskGroup& group) {
    if (control_)
        control_->serve_in(group, [this](auto const& order) { return steering_.obey(order); });
    if (metrics_) metrics_->serve_in(group);
    if (!dashboard_) return;
    dashboard_->serve_in(group);
    group.spawn(live_->take_samples());
}

asio::awaitable<void> RunDesk::say_end(engine::RunEnd end) {
    if (!dashboard_) co_return;
    bool const is_on_terminal = ::isatty(STDERR_FILENO) == 1;
    bool const stays = parts_.request.page_stays && is_on_terminal && dashboard_->has_viewers() &&
                       end != engine::RunEnd::interrupted;
    if (stays) expected_page_ = dashboard_->place();
    live_->end(end, stays);
    co_await dashboard_->say_goodbye(goodbye_time);
}

} // namespace darkroom::cli
