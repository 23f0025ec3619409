#include "tests/simulation/transfer.hpp"

#include "runner/base/time_text.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace darkroom::simulation {

Transfer::Transfer(SimService& service, Clock& clock, Power const& power, net::TimeLimits limits,
                   net::BodyReader& reader, bool const* is_cut)
    : service_(service), clock_(clock), power_(power), limits_(limits), reader_(reader),
      end_(service.clock().now() + limits.total), since_(service.clock().now()), is_cut_(is_cut) {}

boost::asio::awaitable<bool> Transfer::until(Time when) {
    auto& clock = service_.clock();
    bool const begun = reply_.stage == net::Stage::reading;
    Time const limit = std::min(end_, since_ + (begun ? limits_.idle : limits_.first));
    co_await clock.sleep_until(std::min(when, limit));
    if (!power_.on) throw boost::system::system_error(boost::asio::error::operation_aborted);
    bool const is_broken = is_cut_ != nullptr && *is_cut_;
    if (is_broken) reply_.error = Error(boost::asio::error::connection_reset, "");
    over_ = over_ || is_broken;
    if (is_broken) co_return false;
    if (when <= limit) co_return true;
    reply_.error = Error(net::Errc::timed_out, "waiting for an answer");
    over_ = true;
    co_return false;
}

boost::asio::awaitable<bool> Transfer::after(Duration least, Duration most) {
    Time const when = service_.clock().now() + service_.chance().time(least, most);
    co_return co_await until(when);
}

void Transfer::sent(net::Sent how) {
    reply_.sent = how;
    reply_.stage = how == net::Sent::wholly ? net::Stage::waiting : net::Stage::sending;
    since_ = service_.clock().now();
}

void Transfer::head(int status, std::string_view content_type, std::string_view more) {
    reply_.head.status = status;
    reply_.head_at = clock_.wall();
    reply_.head.fields = fmt::format("Date: {}\r\nContent-Type: {}\r\n{}",
                                     format_http_date(service_.service_wall()), content_type, more);
    reply_.stage = net::Stage::reading;
    since_ = service_.clock().now();
    auto const taken = reader_.on_head(reply_.head);
    if (taken) return;
    reply_.error = taken.error();
    over_ = true;
}

void Transfer::piece(std::string_view bytes) {
    if (over_) return;
    auto const taken = reader_.on_body(bytes);
    if (!taken) {
        reply_.error = taken.error();
        over_ = true;
        return;
    }
    if (*taken) since_ = service_.clock().now();
    enough_ = reader_.enough();
    over_ = enough_;
}

net::Reply Transfer::take() { return std::move(reply_); }

net::Reply Transfer::complete() {
    if (!reply_.error.code) reply_.stage = net::Stage::complete;
    return take();
}

net::Reply Transfer::fail(error_code code, std::string detail) {
    if (enough_) return complete();
    if (!reply_.error.code) reply_.error = Error(code, std::move(detail));
    return take();
}

} // namespace darkroom::simulation
