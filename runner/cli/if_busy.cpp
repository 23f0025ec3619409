#include "runner/cli/if_busy.hpp"

#include "runner/base/time_text.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/store/error.hpp"
#include "runner/store/run_folder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <exception>
#include <string_view>

namespace darkroom::cli {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;

constexpr Duration usual_wait_max = 1h;
constexpr Duration between_looks = 500ms; ///< A lock tells nobody that it is free.

/// Returns who holds the directory, as the error of the lock says it; "" when nobody does.
std::string holder_of(std::string const& directory) {
    if (!store::exists(directory + "/run.lock")) return {};
    auto const held = store::hold_for_reading(directory);
    bool const is_busy = held.has_error() && held.error().code == store::Errc::locked;
    return is_busy ? held.error().message() : std::string();
}

asio::awaitable<void> until_free(Clock& clock, std::string directory, Time latest) {
    while (!holder_of(directory).empty() && clock.now() < latest)
        co_await clock.sleep_for(between_looks);
}

} // namespace

IfBusy read_if_busy(std::string const& text) {
    constexpr std::string_view timed = "wait=";
    if (text == "fail") return {IfBusy::What::fail, {}};
    if (text == "skip") return {IfBusy::What::skip, {}};
    if (text == "wait") return {IfBusy::What::wait, usual_wait_max};
    auto const time = text.starts_with(timed) ? parse_duration(text.substr(timed.size()))
                                              : std::optional<Duration>();
    if (!time)
        throw Quit(ExitCode::usage,
                   "--if-busy " + text + ": use fail, skip, wait or a time such as wait=10m");
    return {IfBusy::What::wait, *time};
}

bool wait_while_busy(std::string const& directory, IfBusy const& wish) {
    if (wish.what == IfBusy::What::fail) return true;
    auto const holder = holder_of(directory);
    if (holder.empty()) return true;
    if (wish.what == IfBusy::What::skip) {
        complain(fmt::format("{}; left out", holder));
        return false;
    }
    complain(fmt::format("{}; this run begins afterwards, or ends in {}", holder,
                         format_span(wish.time_max)));
    SteadyClock clock;
    asio::io_context context(1);
    std::exception_ptr defect;
    auto on_end = [&defect](std::exception_ptr error) { defect = error; };
    asio::co_spawn(context, until_free(clock, directory, clock.now() + wish.time_max), on_end);
    context.run();
    if (defect) std::rethrow_exception(defect);
    return true;
}

} // namespace darkroom::cli
