// A task as the simulated service keeps it; survives the crashes of the client.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/json.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace darkroom::simulation {

/// The ways in which a task ends.
enum class TaskEnd {
    success,
    forbidden, ///< Refused by moderation: an equal request never succeeds.
    failed,    ///< An error of the service; not charged.
};

struct Task {
    std::size_t number = 0; ///< From 1, in the order of arrival.
    std::string id;
    std::string account; ///< Its owner: no other account can see or follow it.
    std::string path;    ///< The endpoint.
    std::string request; ///< canonical_body() of what was asked.
    json::Value sent;    ///< The body as it was sent.
    std::string image_id;
    std::string callback_url; ///< "" for none.
    WallTime created_at{};    ///< A time of the service's clock; not listed before.
    Time taken_at{};
    Time listed_from{};
    Time ends_at{};
    TaskEnd end = TaskEnd::success;
    /// From its `ends_at` until then it is said to have failed with `false_word`, and then it has
    /// succeeded.
    Time says_failed_until{};
    std::string_view false_word;
    WallTime sent_at{};      ///< A time of the client's clock, for tasks that it asked for.
    bool is_named = false;   ///< The client has heard of its id.
    bool is_foreign = false; ///< Another run's on the same account.
    bool is_crowd = false;   ///< One of many of others that came while a list was read.
    bool is_grid = true;
    bool streams = false; ///< Its answer is a stream.
    int link_age = 0;     ///< Part of the link; a dead link gets a fresh one.
    int dead_below = 0;
    std::string record; ///< The first part of its record, which never changes; made when needed.
    std::string whole_record; ///< All of it, once nothing of it can change any more.

    bool succeeds() const { return end == TaskEnd::success; }
    bool has_ended(Time now) const { return ends_at <= now; }
    /// Returns the code of the error that the service says at that time; "" for none.
    std::string_view error_at(Time now) const {
        if (end == TaskEnd::forbidden) return "forbidden";
        if (end == TaskEnd::failed) return "api_error";
        return now < says_failed_until ? false_word : std::string_view();
    }
};

} // namespace darkroom::simulation
