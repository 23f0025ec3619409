#include "runner/report/progress.hpp"

namespace darkroom::report {

namespace {
constexpr Duration flush_every = std::chrono::milliseconds(200);
} // namespace

engine::awaitable<void> Progress::run() {
    for (;;) {
        co_await clock_.sleep_for(flush_every);
        out_.flush();
    }
}

} // namespace darkroom::report
