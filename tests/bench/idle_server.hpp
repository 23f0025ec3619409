// A TLS server in its own process, whose streams send a line, wait, and send another.
#pragma once

#include "tests/net/certificates.hpp"

#include <cstdint>
#include <sys/types.h>

namespace darkroom::bench {

struct IdleServer {
    pid_t process = -1;
    std::uint16_t port = 0;
};

/// Forks; call it before anything else runs. The process ends when `stop` is called.
IdleServer start_idle_server(test::Certificate const& certificate, int seconds);
void stop(IdleServer const& server);

} // namespace darkroom::bench
