// A counted door with an order: who may go next, and how many may be inside.
#pragma once

#include "runner/base/gate.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace darkroom::engine {

/// Who goes first: the lower rank, then the lower order.
struct Place {
    std::int64_t rank = 0;
    std::uint64_t order = 0;
    friend auto operator<=>(Place const&, Place const&) = default;
};

/// At most `limit` are inside; the others wait by Place. Must outlive every Pass.
class Turnstile {
public:
    /// Being inside; leaving is its destructor.
    class Pass {
    public:
        explicit Pass(Turnstile& door) : door_(&door) {}
        Pass(Pass&& other) noexcept : door_(std::exchange(other.door_, nullptr)) {}
        Pass& operator=(Pass&&) = delete;
        ~Pass() {
            if (door_ != nullptr) door_->leave();
        }

    private:
        Turnstile* door_;
    };

    Turnstile(boost::asio::any_io_executor executor, int limit);
    Turnstile(Turnstile const&) = delete;
    Turnstile& operator=(Turnstile const&) = delete;

    /// Completes when inside; with nothing once the door is closed. Cancel: terminal.
    boost::asio::awaitable<std::optional<Pass>> enter(Place place);
    /// Turns away whoever waits and whoever comes; those inside stay.
    void close();
    std::size_t waiting() const { return waiting_.size(); }
    int inside() const { return inside_; }

private:
    struct Waiter {
        explicit Waiter(boost::asio::any_io_executor executor) : turn(std::move(executor)) {}
        Gate turn;
        bool admitted = false;
        bool turned_away = false;
    };
    using Line = std::multimap<Place, Waiter*>;
    class InLine;

    void leave();
    void admit();

    boost::asio::any_io_executor executor_;
    int limit_;
    int inside_ = 0;
    bool closed_ = false;
    Line waiting_;
};

} // namespace darkroom::engine
