// A hook without a network, in simulated time.
#pragma once

#include "runner/base/json.hpp"
#include "runner/studio/http/client.hpp"
#include "runner/studio/http/error.hpp"

#include <deque>
#include <string>
#include <vector>

namespace darkroom::test {

/// Records each call and answers it with the next of `answers`; the last one is repeated.
class FakeHook {
public:
    static constexpr int silent = 0; ///< In `answers`: no answer comes within the limit.
    struct Call {
        std::string link;
        json::Value body;
        Duration at; ///< Since the hook was made.
        studio::GetLimits limits;
    };

    explicit FakeHook(Clock& clock) : clock_(clock), start_(clock.now()) {}

    studio::PostPort port() {
        return [this](std::string link, std::string body, studio::GetLimits limits) {
            return take(std::move(link), std::move(body), limits);
        };
    }
    std::vector<Duration> times() const {
        std::vector<Duration> list;
        for (auto const& call : calls) list.push_back(call.at);
        return list;
    }

    std::deque<int> answers{200};
    std::vector<Call> calls;

private:
    boost::asio::awaitable<Result<int>> take(std::string link, std::string body,
                                             studio::GetLimits limits) {
        calls.push_back({std::move(link), json::read(body).value(), clock_.now() - start_, limits});
        int const status = answers.front();
        if (answers.size() > 1) answers.pop_front();
        if (status != silent) co_return status;
        co_await clock_.sleep_for(limits.total);
        co_return Error(studio::Errc::input_image, "no answer");
    }

    Clock& clock_;
    Time start_;
};

} // namespace darkroom::test
