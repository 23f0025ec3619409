// The numbers of a run for Prometheus: in a file, or at an address.
#pragma once

#include "runner/base/on_pool.hpp"
#include "runner/base/task_group.hpp"
#include "runner/http/server.hpp"
#include "runner/report/metrics.hpp"
#include "runner/report/words.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace darkroom::cli {

/// All of it outlives the metrics.
struct MetricsParts {
    boost::asio::any_io_executor executor;
    Clock& clock;
    std::string place;     ///< `ADDRESS:PORT`, or the path of a file.
    std::string directory; ///< The run directory.
    std::function<engine::Load()> load;
    std::function<jobs::Limits()> limits;
    std::function<void(report::Worded const&)> say; ///< Shows a line.
};

/// Returns the address at which metrics are asked for; nothing for a path. A text with a '/' is a
/// path, any other one with a ':' an address. Throws Quit(usage) for one that cannot be found.
std::optional<http::ListenAddress> read_metrics_address(std::string const& place);

/// Counts a run's events, and gives the numbers to whoever collects them.
class RunMetrics final : private http::Handler {
public:
    /// Writes the file for the first time, or listens. Throws Quit: usage (the address, a file that
    /// holds something else), disk.
    RunMetrics(MetricsParts parts, report::Start start);
    ~RunMetrics() override;

    engine::Observer& observer() { return metrics_; }
    /// Begins to write or to answer; ends when the group is cancelled.
    void serve_in(TaskGroup& group);
    /// Writes the file for the last time. Errors: of the disk.
    Result<> end(int exit);

private:
    boost::asio::awaitable<void> handle(http::Exchange& exchange) override;
    http::Reply refusal(int status, std::string why) override;
    boost::asio::awaitable<void> write_now_and_then();
    std::string text(std::optional<int> exit) const;

    MetricsParts parts_;
    report::Metrics metrics_;
    std::unique_ptr<http::Server> server_; ///< Null: a file is written.
    boost::asio::thread_pool pool_{1};
};

} // namespace darkroom::cli
