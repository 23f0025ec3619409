// A proxy: whatever it answers, the handshake ends, and the bytes behind it are left to the tunnel;
// a proxy's own address is read, or refused without its password.
#include "runner/net/proxy.hpp"
#include "tests/fuzz/support.hpp"
#include "tests/support/loop_fixture.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>

using namespace darkroom;
using namespace darkroom::fuzz;
using boost::asio::ip::tcp;
using net::Proxy;

namespace {

constexpr std::size_t answer_max = 100'000; // fits into the socket, so that nobody has to wait

/// Both ends of a connection; the peer has sent its answer and closed.
class Pair {
public:
    explicit Pair(std::string_view answer) {
        std::array<int, 2> ends{};
        require(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0, "a pair of sockets");
        ours_ = ends[0];
        peer_ = ends[1];
        while (!answer.empty()) {
            auto const size = ::send(peer_, answer.data(), answer.size(), MSG_NOSIGNAL);
            require(size > 0, "the answer fits into the socket");
            answer.remove_prefix(static_cast<std::size_t>(size));
        }
        ::shutdown(peer_, SHUT_WR);
    }
    Pair(Pair const&) = delete;
    Pair& operator=(Pair const&) = delete;
    ~Pair() { ::close(peer_); }

    /// The end whose owner closes it.
    int take() const { return ours_; }

private:
    int ours_ = -1;
    int peer_ = -1;
};

std::string rest_of(net::Connection& connection) {
    std::string rest;
    std::array<char, 4096> buffer{};
    for (;;) {
        auto const step = connection.read(buffer);
        if (step.bytes == 0) return rest;
        rest.append(buffer.data(), step.bytes);
    }
}

/// Returns the length of the handshake's part of the answer where it can be said in a line.
std::size_t socks_length(std::string_view answer, bool has_user) {
    std::size_t const before = has_user ? 4 : 2;
    auto const kind = answer[before + 3];
    auto const named = static_cast<std::size_t>(static_cast<unsigned char>(answer[before + 4]));
    std::size_t const address = kind == 1 ? 4 : kind == 4 ? 16 : 1 + named;
    return before + 4 + address + 2;
}

void shake_hands(Proxy const& proxy, std::string_view answer, net::Origin const& target) {
    test::LoopFixture loop;
    SteadyClock clock;
    Pair const pair(answer);
    tcp::socket socket(loop.context, tcp::v4(), pair.take());
    auto const connection = std::make_shared<net::Connection>(std::move(socket), clock);
    auto const done = loop.run(net::open_tunnel(*connection, proxy, target));
    if (!done) {
        require(!done.error().message().empty(), "a failure has a reason");
        require(done.error().message().find("secret") == std::string::npos, "and no password");
        return;
    }
    auto const rest = rest_of(*connection);
    require(answer.ends_with(rest), "the bytes behind the handshake are the tunnel's");
    auto const used = answer.substr(0, answer.size() - rest.size());
    if (proxy.kind == Proxy::Kind::socks5)
        require(used.size() == socks_length(answer, !proxy.user.empty()), "not a byte more");
    else
        require(used.ends_with("\n\n") || used.ends_with("\n\r\n"), "the head has an end");
}

void check_text(std::string_view text) {
    auto const proxy = net::parse_proxy({std::string(text), std::string(text)});
    if (!proxy) return;
    require(proxy->user.size() <= 255 && proxy->password.size() <= 255, "RFC 1929 has one byte");
    require(proxy->kind == Proxy::Kind::none || !proxy->at.host.empty(), "a proxy has a host");
    auto const line = proxy->authorization_line();
    require(line.empty() || line.find('\n') + 1 == line.size(), "a header is one line");
}

} // namespace

/// The first byte says which proxy is asked, and for which host; the others are its answer.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = text_of(data, size);
    check_text(text);
    if (text.empty() || text.size() > answer_max) return 0;
    Proxy proxy;
    bool const is_socks = (text.front() & 1) != 0;
    proxy.kind = is_socks ? Proxy::Kind::socks5 : Proxy::Kind::http;
    if ((text.front() & 2) != 0) proxy.user = "me";
    if ((text.front() & 2) != 0) proxy.password = "secret";
    net::Origin target{true, "service.example", 443};
    if ((text.front() & 4) != 0) target.host = "::1";
    shake_hands(proxy, text.substr(1), target);
    return 0;
}
