// One thing that befalls a paid request between the client and the service.
#pragma once

#include "runner/base/clock.hpp"

#include <optional>
#include <string>

namespace darkroom::simulation {

struct Accident {
    enum class Kind {
        none,
        refused, ///< Before the request was whole on the wire.
        lost,    ///< Reset after it was sent.
        cut,     ///< The answer breaks after the line that names the task.
        answer,  ///< An answer with `status` and `body`.
        silence, ///< No answer; the connection stays open.
    };
    Kind kind = Kind::none;
    bool taken = false; ///< The service has the request, or gets it after `transit`.
    Duration transit{}; ///< The time that it is on its way to the service, e.g. in a proxy's queue.
    Duration connecting{}; ///< Until its first byte leaves.
    Duration wait{};       ///< Until the client sees the accident.
    int status = 0;
    std::string type = "application/json";
    std::string more = {}; ///< Further header lines.
    std::string body = {};
    bool names_task = false; ///< `body` gets the id of the task.
    bool fails = false;      ///< The task that it makes fails.
    bool begun = false;      ///< Some of its bytes have left; with `refused`.

    static Accident lost(bool taken, Duration wait = {}) {
        Accident accident;
        accident.kind = Kind::lost;
        accident.taken = taken;
        accident.wait = wait;
        return accident;
    }
    static Accident page(int status, bool taken, std::string body = "<html>gateway</html>") {
        Accident accident;
        accident.kind = Kind::answer;
        accident.taken = taken;
        accident.status = status;
        accident.type = "text/html";
        accident.body = std::move(body);
        return accident;
    }
};

} // namespace darkroom::simulation
