// TLS between a server of a test and a client.
#pragma once

#include "runner/net/tls_context.hpp"
#include "tests/net/certificates.hpp"

#include <fstream>
#include <unistd.h>

namespace darkroom::test {

/// A server's certificate, and a client that trusts its authority.
struct Trust {
    Trust() {
        auto const authority = make_authority("darkroom test authority");
        LeafTerms terms;
        terms.alt_names = "DNS:localhost,DNS:service.test,IP:127.0.0.1";
        server = make_leaf(authority, terms);
        char path[] = "/tmp/darkroom-test-XXXXXX";
        ::close(::mkstemp(path));
        std::ofstream(path) << authority.certificate;
        client = net::TlsContext::create(path).value();
        ::unlink(path);
    }
    Certificate server;
    std::shared_ptr<net::TlsContext> client;
};

} // namespace darkroom::test
