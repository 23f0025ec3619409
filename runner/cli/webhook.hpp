// A hook that is an address: it gets the summary of a run as a POST.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/base/error.hpp"
#include "runner/net/url.hpp"

#include <string>

namespace darkroom::cli {

/// The answer of a webhook is read up to here; nobody sees it.
inline constexpr std::size_t webhook_answer_max = 64u << 10;

struct Webhook {
    net::Url url;
    std::string secret; ///< "" for none.
    Duration deadline{};
};

/// Returns the header line with the signature of the body, with its line end; "" without a secret.
std::string signature_line(std::string const& secret, std::string const& body);

/// Sends the body, through the proxy and with the authorities of the service. Up to three tries
/// within the deadline, after errors of the connection, 429 and 5xx; no redirect is followed. A
/// Retry-After of 429 and 503 is waited for, and ends it where that would be after the deadline.
/// Blocks until it is taken (2xx), until the deadline, or until a noted stop signal. Errors name
/// the host alone. Throws Quit: usage and no_input for the proxy and the authorities.
Result<> send_webhook(Webhook const& hook, jobs::Service const& service, std::string const& body);

} // namespace darkroom::cli
