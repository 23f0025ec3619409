// The connections of a client, as the job file asks for them.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/net/pooled_exchanger.hpp"

#include <memory>

namespace darkroom::provider {

/// `origin`: the service's, which alone may have to speak HTTP/2.
net::ConnectionOptions connections_for(std::shared_ptr<net::TlsContext> tls, net::Proxy proxy,
                                       jobs::HttpVersions http, net::Origin const& origin);

} // namespace darkroom::provider
