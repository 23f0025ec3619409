// Certificates made at run time, so that no test depends on a file that expires.
#pragma once

#include <string>

namespace darkroom::test {

struct Certificate {
    std::string certificate; ///< PEM.
    std::string key;         ///< PEM.
};

/// Makes an authority that the program does not know.
Certificate make_authority(std::string const& name);

struct LeafTerms {
    std::string alt_names;    ///< "DNS:localhost,IP:127.0.0.1".
    long starts_in = -3600;   ///< Seconds from now.
    long ends_in = 24 * 3600; ///< Seconds from now.
};

/// Makes a server's certificate, signed by `authority`.
Certificate make_leaf(Certificate const& authority, LeafTerms const& terms);

} // namespace darkroom::test
