// The connection to the service: the built-in one in this process, or one on the network.
#pragma once

#include "jobs/model/job_file.hpp"
#include "runner/provider/client.hpp"
#include "runner/studio/server.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace darkroom::cli {

/// Files named on the command line; "" for none.
struct LinkFiles {
    std::string token;  ///< Holds the token.
    std::string record; ///< Created for all requests and answers.
    /// Knows whether the URL has spoken as the service before; need not exist yet.
    std::string journal = {};
    std::size_t last_exchanges = 0; ///< As many are kept, once keep_exchanges() says where.
};

/// Owns the client and, for `url: local`, the service it talks to.
class ServiceLink {
public:
    /// Reads the token. The executor's context and the clock outlive it. Throws Quit: usage,
    /// no_input, bad_file, disk.
    ServiceLink(boost::asio::any_io_executor executor, Clock& clock, jobs::Service const& service,
                LinkFiles const& files);

    provider::Client& client() { return *client_; }
    /// Lets the built-in service, if it is used, keep its tasks in `folder` and continue those that
    /// an earlier run left. Call it after the run directory is locked. Throws Quit: disk.
    void keep_in(std::string const& folder);
    /// Begins to keep the last exchanges there. Call it after the run directory is locked. Throws
    /// Quit: disk.
    void keep_exchanges(std::string const& path, std::string const& older);
    /// Returns the built-in service, or null. The caller calls its run() and stop().
    studio::Server* server() { return server_.get(); }
    std::string const& url() const { return url_; }
    /// Returns a sentence for each way in which others may come to know a token, and for a proxy
    /// that is not used.
    std::vector<std::string> const& warnings() const { return warnings_; }
    /// Takes warnings that come later.
    void warn_by(std::function<void(std::string const&)> warn) { warn_ = std::move(warn); }
    /// Returns why the recording is incomplete; without a code when it is complete or not used.
    Error recording_failure() const;

    /// Returns why the journal could not note that the service has spoken; without a code when it
    /// could.
    Error note_failure() const { return note_failure_; }

private:
    void set_proxy(provider::ClientOptions& options, jobs::Service const& service);
    void note_words(provider::ClientOptions& options, std::string const& journal);

    std::unique_ptr<studio::Server> server_;
    std::unique_ptr<provider::Client> client_;
    std::shared_ptr<net::Recording> recording_;
    std::string url_;
    std::vector<std::string> warnings_;
    std::function<void(std::string const&)> warn_;
    Error note_failure_;
};

} // namespace darkroom::cli
