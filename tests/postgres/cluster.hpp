// A PostgreSQL server of the tests' own, in a directory of its own, without TCP.
#pragma once

#include "runner/base/error.hpp"

#include <filesystem>
#include <string>
#include <sys/types.h>

namespace darkroom::postgres::test {

/// Runs as the user postgres where the test is root, which the server refuses. It ends with the
/// test, however that ends. Throws std::runtime_error where the server's programs are missing.
class Cluster {
public:
    /// Makes and starts it. It is up a moment later: a client has to be patient.
    Cluster();
    ~Cluster();
    Cluster(Cluster const&) = delete;
    Cluster& operator=(Cluster const&) = delete;

    std::string url() const;
    void start();
    /// Ends it as a crash does: what is committed stays.
    void crash();

private:
    std::filesystem::path folder_;
    pid_t server_ = 0;
};

/// Returns the server that all tests of this program share.
Cluster& shared_cluster();

} // namespace darkroom::postgres::test
