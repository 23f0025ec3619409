// One answer on its way to the client, within the time that the client gives it.
#pragma once

#include "runner/net/reply.hpp"
#include "tests/simulation/sim_service.hpp"

#include <boost/asio/awaitable.hpp>

#include <string_view>

namespace darkroom::simulation {

class Transfer {
public:
    /// `clock` and `power` are those of the client's machine; `is_cut` says that its way to the
    /// service is broken, or is null. All but `limits` outlive the transfer.
    Transfer(SimService& service, Clock& clock, Power const& power, net::TimeLimits limits,
             net::BodyReader& reader, bool const* is_cut = nullptr);

    /// Waits until `when`. Completes with false when the client's limit came first, or
    /// the way is broken by then. Throws operation_aborted when the client's machine has lost its
    /// power.
    boost::asio::awaitable<bool> until(Time when);
    boost::asio::awaitable<bool> after(Duration least, Duration most);

    void sent(net::Sent how);
    /// Gives the client a head. `more`: header lines besides the date.
    void head(int status, std::string_view content_type, std::string_view more = "");
    void piece(std::string_view bytes);
    /// True when the client wants no more: it has enough, or it has failed.
    bool is_over() const { return over_; }

    /// Each ends the transfer.
    net::Reply complete();
    net::Reply fail(error_code code, std::string detail = "");

private:
    net::Reply take();

    SimService& service_;
    Clock& clock_;
    Power const& power_;
    net::TimeLimits limits_;
    net::BodyReader& reader_;
    Time end_;
    Time since_; // the last sign of progress
    bool const* is_cut_;
    net::Reply reply_;
    bool over_ = false;
    bool enough_ = false;
};

} // namespace darkroom::simulation
