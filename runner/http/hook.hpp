// The port through which callbacks of the service arrive.
#pragma once

#include "runner/base/task_group.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace darkroom::http {

/// A callback as it was posted; valid only while it is passed on.
struct HookPost {
    std::string_view body;
    std::string_view tag; ///< The part of its path behind the secret; "" for nothing.
};

/// Takes POSTs at one secret path. Implemented over a listening socket, and by tests without one.
class Hook {
public:
    virtual ~Hook() = default;
    /// Takes a POST. Returning false answers with 400.
    using Taker = std::function<bool(HookPost const& post)>;

    /// Begins to take them; ends when the group is cancelled. Call it once.
    virtual void serve_in(TaskGroup& group, Taker taker) = 0;
    /// Returns "http://ADDRESS:PORT" with the address and port in use.
    virtual std::string origin() const = 0;
    /// Returns "/callback/" and a secret that cannot be guessed. A post to a path below, "/" and
    /// hexadecimal digits, has these as its tag.
    virtual std::string path() const = 0;
};

} // namespace darkroom::http
