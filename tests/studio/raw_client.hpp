// A blocking HTTP client that shares no code with the service: it reads exactly the sent bytes.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace darkroom::test {

/// The parts of an answer. Chunks are joined; names are in lower case.
struct RawReply {
    int status = 0;
    std::map<std::string, std::string> headers;
    std::string body;
    bool complete = false; ///< False: the connection ended before the body did.
};

/// One connection. Every wait ends after 20 s with an exception.
class RawClient {
public:
    explicit RawClient(std::uint16_t port);
    /// Connects with TLS; `ca` is the PEM text of the only trusted authority. Throws when it fails.
    RawClient(std::uint16_t port, std::string const& ca);
    ~RawClient();

    void send(std::string_view bytes);
    /// Sends a request; `head` is like "POST /path"; host and content-length are added, and the
    /// type of JSON, unless `headers` begins with them.
    void request(std::string const& head, std::string const& headers = {},
                 std::string const& body = {});
    /// Returns the next answer. `bodiless`: it is one to a HEAD request.
    RawReply reply(bool bodiless = false);
    RawReply ask(std::string const& head, std::string const& headers = {},
                 std::string const& body = {});
    /// Returns all bytes up to the end of the connection; was_reset() is true when that was a
    /// reset.
    std::string rest();
    bool was_reset() const { return was_reset_; }
    /// Closes at once, with a TCP reset.
    void vanish();

private:
    struct Tls;
    bool fill();
    std::string line();
    std::string take(std::size_t count);

    int socket_ = -1;
    std::unique_ptr<Tls> tls_;
    std::string buffer_;
    bool was_reset_ = false;
};

} // namespace darkroom::test
