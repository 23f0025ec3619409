#include "runner/net/exchange.hpp"

#include <boost/asio/error.hpp>

namespace darkroom::net {

namespace asio = boost::asio;

namespace {

/// The longest wait for the end of an answer whose rest is not needed.
constexpr Duration linger = std::chrono::milliseconds(500);
/// The number of reads before other coroutines run: a fast download must not starve the streams.
constexpr int reads_in_a_row = 16;

} // namespace

Exchange::Exchange(ExchangeOver over, TimeLimits limits, Time end)
    : over_(over), limits_(limits), end_(end) {}

void Exchange::limit_by(Duration time, std::string_view doing) {
    auto const when = over_.clock.now() + time;
    if (when < end_)
        over_.connection.limit(when, doing);
    else
        over_.connection.limit(end_, "finishing the request within its total time");
}

void Exchange::end(Error error) {
    ended_ = true;
    reply_.error = std::move(error);
}

asio::awaitable<void> Exchange::send(std::string& text, AfterSending after) {
    reply_.stage = Stage::sending;
    limit_by(limits_.idle, "sending the request");
    auto written = co_await over_.connection.write(text);
    if (written.bytes == text.size())
        reply_.sent = Sent::wholly;
    else if (written.bytes > 0)
        reply_.sent = Sent::partly;
    if (reply_.sent == Sent::wholly) {
        reply_.stage = Stage::waiting;
        // Streams wait for minutes: the request must not take memory all that time.
        if (after == AfterSending::free_text) std::string().swap(text);
        co_return;
    }
    reply_.error = std::move(written.error);
    ended_ = reply_.error.code == Errc::timed_out;
}

asio::awaitable<void> Exchange::receive(BodyReader& reader) {
    if (ended_) co_return; // the time for sending ran out
    // A server that refuses a request early may close before it has read all of it: its answer, if
    // there is one, says more than the failed write.
    Error const write_error = std::exchange(reply_.error, Error());
    limit_by(limits_.first, "waiting for an answer");
    for (int reads = 0;;) {
        auto const next = take_step(reader);
        if (next == Next::end) break;
        if (next == Next::step && ++reads % reads_in_a_row != 0) continue;
        auto const want = next == Next::wait_write ? Want::write : Want::read;
        auto const ready = co_await over_.connection.ready(want);
        if (ready) continue;
        end(ready.error());
        break;
    }
    if (write_error.code && reply_.head.status == 0) reply_.error = write_error;
    if (lingering_ && reply_.stage != Stage::complete) {
        reply_.stage = Stage::complete; // the reader has enough
        reply_.error = Error();
    }
}

Exchange::Next Exchange::take_step(BodyReader& reader) {
    auto step = over_.connection.read(over_.scratch);
    if (step.want != Want::nothing)
        return step.want == Want::read ? Next::wait_read : Next::wait_write;
    if (step.error.code == Errc::closed) {
        auto const whole = parser_.end_of_stream();
        if (whole)
            reply_.stage = Stage::complete;
        else
            step.error = whole.error();
        end(whole ? Error() : std::move(step.error));
    } else if (step.error.code) {
        end(std::move(step.error));
    } else {
        take_bytes({over_.scratch.data(), step.bytes}, reader);
    }
    if (parser_.has_head() && reply_.head.status == 0) {
        reply_.head = parser_.take_head();
        reply_.head_at = over_.clock.wall();
    }
    return ended_ ? Next::end : Next::step;
}

void Exchange::take_bytes(std::string_view bytes, BodyReader& reader) {
    auto const used = parser_.feed(bytes, reader);
    if (!used) return end(used.error());
    if (parser_.has_head()) reply_.stage = Stage::reading;
    if (parser_.done()) {
        reply_.stage = Stage::complete;
        may_reuse_ = parser_.keeps_alive() && *used == bytes.size() && reply_.sent == Sent::wholly;
        return end(Error());
    }
    if (reader.enough() && !lingering_) {
        lingering_ = true;
        limit_by(linger, "waiting for the end of the answer");
    } else if (parser_.take_progress() && !lingering_) {
        limit_by(limits_.idle, "waiting for more of the answer");
    }
}

} // namespace darkroom::net
