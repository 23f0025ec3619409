// The places where others reach a run that is at work: its socket for orders, its page, its
// metrics.
#pragma once

#include "runner/cli/control_socket.hpp"
#include "runner/cli/dashboard.hpp"
#include "runner/cli/fan_out.hpp"
#include "runner/cli/run_metrics.hpp"
#include "runner/cli/run_request.hpp"
#include "runner/provider/client.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace darkroom::cli {

/// The run behind the desk; all of it outlives the desk.
struct DeskParts {
    boost::asio::any_io_executor executor;
    Clock& clock;
    RunRequest const& request;
    std::string journal; ///< Its path.
    engine::Conductor& conductor;
    provider::Client& client;
    std::function<void(report::Worded const&)> say; ///< Shows a line.
    std::function<void()> stop;                     ///< Does what Ctrl-C does.
};

/// Opens what the run was asked for, serves it, and closes it.
class RunDesk {
public:
    /// Opens the socket, and the page if there is to be one. A run without a socket is a run all
    /// the same. Throws Quit: usage, for an address that cannot be listened at; disk.
    RunDesk(DeskParts parts, report::Start start);
    ~RunDesk();

    /// Adds the observers behind the page and the metrics, if there are any.
    void observe(FanOut& observers);
    /// Returns what a person has to know about the page; "" without one. Its address is a secret:
    /// on a terminal it is in the text, elsewhere in a file that only this user can read.
    std::string page_words() const { return page_words_; }
    /// Shows a line of the run on the page.
    void note(report::Worded const& line);

    /// Begins to take orders and to show the run; ends when the group is cancelled.
    void serve_in(TaskGroup& group);
    /// Lets the viewers know how the run has ended. Completes soon.
    boost::asio::awaitable<void> say_end(engine::RunEnd end);
    /// Returns where the gallery is expected by viewers that have seen the run end; none otherwise.
    std::optional<PagePlace> expected_page() const { return expected_page_; }
    void forget_page() { expected_page_.reset(); }
    /// Lets the metrics say how the run has ended. Errors: of the disk.
    Result<> end_metrics(int exit) { return metrics_ ? metrics_->end(exit) : Result<>(); }

private:
    void forget_changes();
    void open_socket();
    void open_page(report::Start start);
    void open_metrics(report::Start start);
    void publish_page();
    boost::asio::awaitable<std::optional<std::string>> fetch(std::string url);

    DeskParts parts_;
    Steering steering_;
    std::unique_ptr<ControlSocket> control_; ///< Null: this run takes no orders.
    std::unique_ptr<report::LiveRun> live_;  ///< Null without a page.
    std::unique_ptr<Dashboard> dashboard_;
    std::unique_ptr<RunMetrics> metrics_; ///< Null without them.
    std::string page_words_;
    std::optional<PagePlace> expected_page_;
};

} // namespace darkroom::cli
