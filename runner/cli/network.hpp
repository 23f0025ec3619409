// The network as a job file describes it: its proxy, and the authorities that are trusted.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/net/proxy.hpp"
#include "runner/net/tls_context.hpp"

#include <memory>
#include <string>

namespace darkroom::cli {

/// Reads the proxy that an environment variable names. Throws Quit: usage.
net::Proxy proxy_of(jobs::TokenSource const& source);

/// Reads the file before the first connection, since no retry could repair it; null without one.
/// Throws Quit: no_input.
std::shared_ptr<net::TlsContext> trust_in(std::string const& ca_file);

} // namespace darkroom::cli
