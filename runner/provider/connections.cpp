#include "runner/provider/connections.hpp"

#include <utility>

namespace darkroom::provider {

using jobs::HttpVersions;

net::ConnectionOptions connections_for(std::shared_ptr<net::TlsContext> tls, net::Proxy proxy,
                                       HttpVersions http, net::Origin const& origin) {
    net::ConnectionOptions connections;
    connections.tls = std::move(tls);
    connections.proxy = std::move(proxy);
    connections.user_agent = "darkroom/" DARKROOM_VERSION;
    if (http != HttpVersions::http1) connections.version = net::HttpVersion::any;
    if (http == HttpVersions::http2) connections.http2_origin = origin.text();
    return connections;
}

} // namespace darkroom::provider
