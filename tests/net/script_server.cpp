#include "tests/net/script_server.hpp"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace darkroom::test {

namespace {

int listen_on_loopback() {
    int const handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (handle < 0 || ::bind(handle, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(handle, 128) != 0)
        throw std::runtime_error("the test server cannot listen");
    return handle;
}

std::uint16_t port_of(int handle) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(handle, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

/// Chooses HTTP/2 where a client offers it; otherwise the handshake goes on without a choice.
int choose_http2(SSL*, unsigned char const** chosen, unsigned char* size,
                 unsigned char const* offered, unsigned offered_size, void*) {
    std::string_view const offer(reinterpret_cast<char const*>(offered), offered_size);
    auto const at = offer.find("\x02h2");
    if (at == offer.npos) return SSL_TLSEXT_ERR_NOACK;
    *chosen = offered + at + 1;
    *size = 2;
    return SSL_TLSEXT_ERR_OK;
}

SSL_CTX* tls_context(Certificate const& certificate) {
    auto* context = SSL_CTX_new(TLS_server_method());
    auto* bio = BIO_new_mem_buf(certificate.certificate.data(), -1);
    auto* leaf = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    bio = BIO_new_mem_buf(certificate.key.data(), -1);
    auto* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    if (SSL_CTX_use_certificate(context, leaf) != 1 || SSL_CTX_use_PrivateKey(context, key) != 1)
        throw std::runtime_error("the test server cannot use its certificate");
    SSL_CTX_set_alpn_select_cb(context, choose_http2, nullptr);
    X509_free(leaf);
    EVP_PKEY_free(key);
    return context;
}

/// One blocking connection, plain or with TLS.
class Peer {
public:
    explicit Peer(int handle) : handle_(handle) {
        int const on = 1;
        ::setsockopt(handle_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    /// Begins TLS.
    void secure(SSL_CTX* context) {
        ssl_ = SSL_new(context);
        SSL_set_fd(ssl_, handle_);
        good_ = SSL_accept(ssl_) == 1;
    }
    Peer(Peer const&) = delete;
    Peer& operator=(Peer const&) = delete;
    ~Peer() { SSL_free(ssl_); }

    bool good() const { return good_; }
    bool resumed() const { return ssl_ != nullptr && SSL_session_reused(ssl_) == 1; }
    std::string name() const {
        auto const* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
        return name == nullptr ? "" : name;
    }
    /// Returns up to `size` bytes; none at the end.
    std::string read(std::size_t size) {
        std::string bytes(size, '\0');
        auto const got = ssl_ != nullptr ? SSL_read(ssl_, bytes.data(), static_cast<int>(size))
                                         : ::recv(handle_, bytes.data(), size, 0);
        good_ = got > 0;
        bytes.resize(good_ ? static_cast<std::size_t>(got) : 0);
        return bytes;
    }
    void write(std::string_view bytes) {
        while (!bytes.empty() && good_) {
            auto const sent = ssl_ != nullptr
                                  ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                                  : ::send(handle_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            good_ = sent > 0;
            if (good_) bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    void send_close_notify() {
        if (ssl_ != nullptr && good_) SSL_shutdown(ssl_);
    }

private:
    int handle_;
    SSL* ssl_ = nullptr;
    bool good_ = true;
};

std::string read_request(Peer& peer) {
    std::string text;
    std::size_t size = std::string::npos;
    while (peer.good() && text.size() < size) {
        text += peer.read(65536);
        auto const end = text.find("\r\n\r\n");
        if (end == std::string::npos) continue;
        auto const at = text.find("Content-Length: ");
        auto const length = at < end ? std::stoul(text.substr(at + 16)) : 0;
        size = end + 4 + length;
    }
    return text;
}

std::string read_bytes(Peer& peer, std::size_t count) {
    std::string text;
    while (peer.good() && text.size() < count) text += peer.read(count - text.size());
    return text;
}

/// A frame; `bytes` is empty at the end of the connection.
struct ReadFrame {
    std::string bytes;
    bool is_data = false;
    bool ends_stream = false;
    std::size_t size = 0; // of its payload
};

ReadFrame read_frame(Peer& peer) {
    constexpr std::size_t head_size = 9;
    ReadFrame frame;
    auto const head = read_bytes(peer, head_size);
    if (head.size() < head_size) return frame;
    auto const at = [&head](std::size_t i) { return static_cast<unsigned char>(head[i]); };
    frame.size = static_cast<std::size_t>(at(0) << 16 | at(1) << 8 | at(2));
    frame.is_data = at(3) == 0;
    frame.ends_stream = at(3) <= 1 && (at(4) & 1) != 0;
    frame.bytes = head + read_bytes(peer, frame.size);
    return frame;
}

/// Reads frames up to the HEADERS or DATA that ends a stream.
std::string read_http2_request(Peer& peer, std::size_t preface) {
    auto text = read_bytes(peer, preface);
    while (peer.good()) {
        auto const frame = read_frame(peer);
        text += frame.bytes;
        if (frame.ends_stream) break;
    }
    return text;
}

void read_data(Peer& peer, std::size_t count) {
    while (peer.good() && count > 0) {
        auto const frame = read_frame(peer);
        if (frame.is_data) count -= std::min(count, frame.size);
    }
}

} // namespace

struct ScriptServer::State {
    std::vector<Script> scripts;
    int listener = -1;
    SSL_CTX* tls = nullptr;
    std::thread acceptor;
    mutable std::mutex guard; // of the members below
    bool ending = false;
    std::vector<int> handles; // kept open until the end, so that no number is used twice
    std::vector<std::thread> threads;
    std::vector<std::string> requests;
    int resumed = 0;
    std::vector<std::string> names;
    int ends = 0;
    mutable std::condition_variable ended;

    void accept_all();
    void play(int handle, Script const& script);
    void secure(Peer& peer);
    void take_request(Peer& peer);
    void act(Peer& peer, int handle, Script::Line const& line);
};

void ScriptServer::State::accept_all() {
    for (;;) {
        int const handle = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        std::lock_guard const lock(guard);
        if (ending) {
            if (handle >= 0) ::close(handle);
            return;
        }
        if (handle < 0) continue;
        auto const number = handles.size();
        handles.push_back(handle);
        static Script const nothing;
        Script const& script = number < scripts.size() ? scripts[number] : nothing;
        threads.emplace_back([this, handle, &script] { play(handle, script); });
    }
}

void ScriptServer::State::play(int handle, Script const& script) {
    // OpenSSL's own sockets may raise it. Ignored in these threads only: the client must not need
    // it.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    Peer peer(handle);
    bool const is_tunnel =
        !script.lines().empty() && script.lines().front().act == Script::Act::take_tunnel;
    if (!is_tunnel) secure(peer);
    for (auto const& line : script.lines()) {
        if (!peer.good()) break;
        act(peer, handle, line);
        if (line.act == Script::Act::reset) break;
    }
    peer.send_close_notify();
    ::shutdown(handle, SHUT_RDWR);
    std::lock_guard const lock(guard);
    ++ends;
    ended.notify_all();
}

void ScriptServer::State::secure(Peer& peer) {
    if (tls == nullptr) return;
    peer.secure(tls);
    std::lock_guard const lock(guard);
    resumed += peer.resumed() ? 1 : 0;
    names.push_back(peer.name());
}

void ScriptServer::State::take_request(Peer& peer) {
    auto text = read_request(peer);
    std::lock_guard const lock(guard);
    if (!text.empty()) requests.push_back(std::move(text));
}

void ScriptServer::State::act(Peer& peer, int handle, Script::Line const& line) {
    switch (line.act) {
    case Script::Act::take_tunnel:
        take_request(peer);
        peer.write("HTTP/1.1 200 Connected\r\n\r\n");
        secure(peer);
        break;
    case Script::Act::take_request: take_request(peer); break;
    case Script::Act::take_http2:
    case Script::Act::take_bytes: {
        auto text = line.act == Script::Act::take_bytes ? read_bytes(peer, line.count)
                                                        : read_http2_request(peer, line.count);
        std::lock_guard const lock(guard);
        requests.push_back(std::move(text));
        break;
    }
    case Script::Act::take_data: read_data(peer, line.count); break;
    case Script::Act::send: peer.write(line.text); break;
    case Script::Act::dribble:
        for (char const c : line.text) peer.write({&c, 1});
        break;
    case Script::Act::hold:
        while (peer.good()) peer.read(4096);
        break;
    case Script::Act::reset: {
        // Connecting a TCP socket to AF_UNSPEC resets it at once, while its descriptor stays open.
        sockaddr nobody{};
        nobody.sa_family = AF_UNSPEC;
        ::connect(handle, &nobody, sizeof nobody);
        break;
    }
    }
}

ScriptServer::ScriptServer(std::vector<Script> scripts, std::optional<Certificate> tls)
    : state_(std::make_unique<State>()) {
    state_->scripts = std::move(scripts);
    state_->listener = listen_on_loopback();
    if (tls) state_->tls = tls_context(*tls);
    state_->acceptor = std::thread([this] { state_->accept_all(); });
}

ScriptServer::~ScriptServer() {
    {
        std::lock_guard const lock(state_->guard);
        state_->ending = true;
        for (int const handle : state_->handles) ::shutdown(handle, SHUT_RDWR);
    }
    ::shutdown(state_->listener, SHUT_RDWR);
    state_->acceptor.join();
    for (auto& thread : state_->threads) thread.join();
    for (int const handle : state_->handles) ::close(handle);
    ::close(state_->listener);
    SSL_CTX_free(state_->tls);
}

std::uint16_t ScriptServer::port() const { return port_of(state_->listener); }

std::string ScriptServer::url(std::string const& host) const {
    return fmt::format("{}://{}:{}", state_->tls != nullptr ? "https" : "http", host, port());
}

std::vector<std::string> ScriptServer::requests() const {
    std::lock_guard const lock(state_->guard);
    return state_->requests;
}

int ScriptServer::connections() const {
    std::lock_guard const lock(state_->guard);
    return static_cast<int>(state_->handles.size());
}

void ScriptServer::wait_for_ends(int count) const {
    std::unique_lock lock(state_->guard);
    state_->ended.wait(lock, [&] { return state_->ends >= count; });
}

int ScriptServer::resumed() const {
    std::lock_guard const lock(state_->guard);
    return state_->resumed;
}

std::vector<std::string> ScriptServer::names() const {
    std::lock_guard const lock(state_->guard);
    return state_->names;
}

std::string http_answer(std::string const& body, std::string const& header_lines) {
    return fmt::format("HTTP/1.1 200 OK\r\n{}Content-Length: {}\r\n\r\n{}", header_lines,
                       body.size(), body);
}

std::uint16_t dead_port() {
    int const handle = listen_on_loopback();
    auto const port = port_of(handle);
    ::close(handle);
    return port;
}

} // namespace darkroom::test
