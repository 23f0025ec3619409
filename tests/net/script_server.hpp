// A server that plays scripts, byte by byte, on a real socket.
#pragma once

#include "tests/net/certificates.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::test {

/// The actions on one connection, in order. At the end of the script the server closes it.
class Script {
public:
    enum class Act {
        take_tunnel,
        take_request,
        take_http2,
        take_data,
        take_bytes,
        send,
        dribble,
        hold,
        reset
    };
    struct Line {
        Act act;
        std::string text;
        std::size_t count = 0;
    };

    /// Reads a CONNECT, opens the tunnel, and plays the server behind it; as the first act.
    Script& take_tunnel() { return add(Act::take_tunnel); }
    /// Reads a whole request (head and body).
    Script& take_request() { return add(Act::take_request); }
    /// Reads the frames up to the end of a request; `preface`: the first one of a connection, and
    /// the server says its first word, an empty SETTINGS.
    Script& take_http2(bool preface = true) {
        if (preface) send(std::string("\0\0\0\4\0\0\0\0\0", 9));
        return add(Act::take_http2, "", preface ? 24 : 0);
    }
    /// Reads frames until their DATA has this many bytes; `preface`: as take_http2().
    Script& take_data(std::size_t count, bool preface = false) {
        if (preface) send(std::string("\0\0\0\4\0\0\0\0\0", 9)).take_bytes(24);
        return add(Act::take_data, "", count);
    }
    /// Reads this many bytes.
    Script& take_bytes(std::size_t count) { return add(Act::take_bytes, "", count); }
    Script& send(std::string text) { return add(Act::send, std::move(text)); }
    /// Sends byte by byte, each as its own packet.
    Script& dribble(std::string text) { return add(Act::dribble, std::move(text)); }
    /// Sends nothing until the client closes.
    Script& hold() { return add(Act::hold); }
    /// Closes with a TCP reset.
    Script& reset() { return add(Act::reset); }

    std::vector<Line> const& lines() const { return lines_; }

private:
    Script& add(Act act, std::string text = "", std::size_t count = 0) {
        lines_.push_back(Line{act, std::move(text), count});
        return *this;
    }
    std::vector<Line> lines_;
};

/// Returns "HTTP/1.1 200 OK", the given header lines, a length and the body.
std::string http_answer(std::string const& body, std::string const& header_lines = "");

/// Listens on 127.0.0.1; with TLS it chooses "h2" where a client offers it. Each connection plays
/// the next script; connections beyond the last script are closed at once. It has its own threads,
/// so that it shares nothing with the code under test.
class ScriptServer {
public:
    explicit ScriptServer(std::vector<Script> scripts,
                          std::optional<Certificate> tls = std::nullopt);
    /// Closes all connections and waits for their threads.
    ~ScriptServer();
    ScriptServer(ScriptServer const&) = delete;
    ScriptServer& operator=(ScriptServer const&) = delete;

    std::uint16_t port() const;
    /// Returns "http://127.0.0.1:PORT", or https.
    std::string url(std::string const& host = "127.0.0.1") const;
    /// Returns the requests read so far, in the order in which they ended.
    std::vector<std::string> requests() const;
    int connections() const;
    /// Returns once this many scripts have ended and closed their connections.
    void wait_for_ends(int count) const;
    /// Returns the number of TLS handshakes that resumed an earlier session.
    int resumed() const;
    /// Returns the server name (SNI) of each TLS handshake; "" for one without.
    std::vector<std::string> names() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Returns a port on which nothing listens.
std::uint16_t dead_port();

} // namespace darkroom::test
