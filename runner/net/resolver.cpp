#include "runner/net/resolver.hpp"

#include "runner/base/gate.hpp"
#include "runner/base/in_time.hpp"
#include "runner/base/out_of_files.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace darkroom::net {

namespace asio = boost::asio;
using asio::ip::tcp;

struct Resolver::Entry {
    explicit Entry(asio::any_io_executor executor) : answered(std::move(executor)) {}
    Gate answered;
    bool pending = false;
    Time at{};
    error_code error;
    std::vector<asio::ip::address> addresses; // empty: not looked up yet, or not found
};

namespace {

constexpr std::size_t hosts_max = 256;

/// Returns the error of opening one more file now, if there is one: a look-up that fails because
/// there are too many open files says only that the name was not found.
error_code error_of_opening() {
    int const file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (file < 0) return {errno, boost::system::system_category()};
    ::close(file);
    return {};
}

Addresses with_port(std::vector<asio::ip::address> const& addresses, std::uint16_t port) {
    Addresses out;
    for (auto const& address : addresses) out.emplace_back(address, port);
    return out;
}

} // namespace

std::vector<asio::ip::address> by_turns(std::vector<asio::ip::address> const& found) {
    std::vector<asio::ip::address> same, other, out;
    for (auto const& address : found) {
        bool const like_first = same.empty() || same.front().is_v6() == address.is_v6();
        (like_first ? same : other).push_back(address);
    }
    for (std::size_t i = 0; i < std::max(same.size(), other.size()); ++i) {
        if (i < same.size()) out.push_back(same[i]);
        if (i < other.size()) out.push_back(other[i]);
    }
    if (out.size() > addresses_max) out.resize(addresses_max);
    return out;
}

Resolver::Resolver(asio::any_io_executor executor, Clock& clock)
    : executor_(executor), clock_(clock), system_(executor) {}

asio::awaitable<Result<Addresses>> Resolver::resolve(HostPort target, Time deadline) {
    error_code not_an_address;
    auto const address = asio::ip::make_address(target.host, not_an_address);
    if (!not_an_address) co_return Addresses(1, tcp::endpoint(address, target.port));
    auto const entry = entry_of(target.host);
    bool const fresh = !entry->addresses.empty() && clock_.now() - entry->at < age_max;
    if (!fresh && !entry->pending) start(entry, target.host);
    while (entry->pending) {
        bool const answered = co_await in_time(clock_, deadline, entry->answered.woken());
        if (!answered) co_return Error(Errc::timed_out, "looking up the address of " + target.host);
    }
    if (is_out_of_files(entry->error)) co_return Error(entry->error, target.host);
    if (entry->addresses.empty())
        co_return Error(Errc::no_address,
                        fmt::format("{} ({})", target.host, entry->error.message()));
    co_return with_port(entry->addresses, target.port);
}

void Resolver::forget(std::string const& host) { entries_.erase(host); }

std::shared_ptr<Resolver::Entry> Resolver::entry_of(std::string const& host) {
    if (auto const found = entries_.find(host); found != entries_.end()) return found->second;
    if (entries_.size() >= hosts_max) entries_.clear(); // waiters hold their own entries
    return entries_[host] = std::make_shared<Entry>(executor_);
}

void Resolver::start(std::shared_ptr<Entry> entry, std::string const& host) {
    entry->pending = true;
    auto on_found = [this, entry](error_code error, tcp::resolver::results_type found) {
        entry->pending = false;
        entry->error = error;
        if (auto const why = error ? error_of_opening() : error; is_out_of_files(why))
            entry->error = why;
        std::vector<asio::ip::address> addresses;
        for (auto const& one : found) addresses.push_back(one.endpoint().address());
        entry->addresses = by_turns(error ? std::vector<asio::ip::address>() : addresses);
        entry->answered.wake_all();
        if (error != asio::error::operation_aborted) entry->at = clock_.now();
    };
    system_.async_resolve(host, "", tcp::resolver::address_configured, std::move(on_found));
}

} // namespace darkroom::net
