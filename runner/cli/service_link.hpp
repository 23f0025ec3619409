// The way to the service: the built-in one in this process, or one on the network.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/provider/client.hpp"
#include "runner/studio/server.hpp"

#include <memory>
#include <string>

namespace darkroom::cli {

/// Files beside the job file; "" for none.
struct LinkFiles {
    std::string token;  ///< Holds the token.
    std::string record; ///< Is made, for all that is sent and answered.
};

/// Owns the client and, for `url: local`, the service it talks to.
class ServiceLink {
public:
    /// Reads the token. The executor's context and the clock outlive it. Throws Quit: usage,
    /// no_input, bad_file, disk.
    ServiceLink(boost::asio::any_io_executor executor, Clock& clock, jobs::Service const& service,
                LinkFiles const& files);

    provider::Client& client() { return *client_; }
    /// Lets the built-in service, if it is used, keep its tasks there, and go on with those that an
    /// earlier run has left. Once the run directory is locked. Throws Quit: disk.
    void keep_in(std::string const& folder);
    /// The built-in service, or null. Its run() and stop() are the caller's business.
    studio::Server* server() { return server_.get(); }
    std::string const& url() const { return url_; }
    /// Why the recording is not whole; no code: it is, or there is none.
    Error recording_failure() const;

private:
    std::unique_ptr<studio::Server> server_;
    std::unique_ptr<provider::Client> client_;
    std::shared_ptr<net::Recording> recording_;
    std::string url_;
};

} // namespace darkroom::cli
