// Callbacks: the outcome of a task, sent to the client by POST.
#pragma once

#include "runner/base/task_group.hpp"
#include "runner/studio/http/client.hpp"
#include "runner/studio/tasks/server_state.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace darkroom::studio {

/// Calls back for one server. A call carries no token, takes at most 10 s, and follows no redirect.
/// The end of a task is posted again until the hook answers 2xx: six times in all, 1, 2, 4, 8 and
/// 16 s apart. A preview's line is posted once.
class Callbacks {
public:
    Callbacks(ServerState& state, boost::asio::ssl::context& tls)
        : state_(state), tls_(tls), group_(state.executor) {}

    /// Returns the error of a hook that may not be called: 400 bad_request, for a text that is not
    /// a link or a host that is not allowed. Without a list, this machine alone is.
    std::optional<ApiError> refuse(std::string const& url) const;
    /// Reports a task that has a callback; also one that has ended already.
    void watch(TaskPtr task) { group_.spawn(report(std::move(task))); }

    void cancel() { group_.cancel(); }
    boost::asio::awaitable<void> join() { return group_.join(); }

private:
    boost::asio::awaitable<void> report(TaskPtr task);
    boost::asio::awaitable<void> post_steps(TaskPtr task);
    boost::asio::awaitable<void> post_end(TaskPtr task);
    boost::asio::awaitable<bool> post(TaskPtr task, std::string body);
    boost::asio::awaitable<Result<int>> call(std::string url, std::string body);

    ServerState& state_;
    boost::asio::ssl::context& tls_;
    TaskGroup group_;
};

} // namespace darkroom::studio
