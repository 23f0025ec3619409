// Addresses and redirects: an address is read the same again, a chain of redirects ends, never
// leads from https to http, and the token stays with the host that it was meant for.
#include "runner/base/web_address.hpp"
#include "runner/net/http_client.hpp"
#include "tests/fuzz/support.hpp"
#include "tests/support/loop_fixture.hpp"

#include <algorithm>
#include <deque>

using namespace darkroom;
using namespace darkroom::fuzz;
using net::Url;

namespace {

bool is_sent_as_it_is(char c) {
    auto const byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte < 0x7f;
}

void check_url(Url const& url) {
    require(!url.origin.host.empty() && url.origin.port != 0, "an address has a host and a port");
    require(url.target.starts_with('/'), "a target begins with a slash");
    require(std::all_of(url.target.begin(), url.target.end(), is_sent_as_it_is),
            "a target can be sent");
    auto const host = url.origin.authority();
    require(std::all_of(host.begin(), host.end(), is_sent_as_it_is), "a host can be sent");
    require(url.shown().find('?') == std::string::npos, "no query is shown");
    auto const again = net::parse_url(url.text());
    if (url.text().size() > url_bytes_max) return;
    require(again && again->origin == url.origin && again->target == url.target,
            "an address is read the same again");
}

struct Nothing : ByteSink {
    Result<> begin(BodyStart const&) override { return {}; }
    Result<> write(std::string_view) override { return {}; }
};

/// Answers each request with the next line as its Location.
class Redirects : public net::Exchanger {
public:
    Redirects(Url first, std::string_view text) : first_(std::move(first)) {
        while (!text.empty()) {
            auto const end = std::min(text.find('\n'), text.size());
            places_.emplace_back(text.substr(0, end));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
    }

    boost::asio::awaitable<net::Reply> exchange(net::Call call, net::TimeLimits,
                                                net::BodyReader& reader) override {
        ++calls;
        require(calls <= net::HttpClient::redirects_max + 1, "a chain of redirects ends");
        check_url(call.url);
        require(!first_.origin.tls || call.url.origin.tls, "no redirect leads from https to http");
        require(call.authorization.empty() || call.url.origin == first_.origin,
                "the token stays with its host");
        net::Reply reply;
        reply.stage = net::Stage::complete;
        reply.sent = net::Sent::wholly;
        reply.head.status = places_.empty() ? 200 : 302;
        if (!places_.empty()) {
            reply.head.fields = "Location: " + places_.front() + "\r\n";
            places_.pop_front();
        }
        auto const begun = reader.on_head(reply.head);
        if (!begun) reply.error = begun.error();
        co_return reply;
    }

    int calls = 0;

private:
    Url first_;
    std::deque<std::string> places_;
};

void follow(Url const& first, std::string_view places) {
    test::LoopFixture loop;
    SteadyClock clock;
    auto const redirects = std::make_shared<Redirects>(first, places);
    net::HttpClient client(redirects, clock);
    net::GetRequest request;
    request.url = first;
    request.authorization = "Bearer secret-token";
    Nothing into;
    auto const reply = loop.run(client.get(std::move(request), {}, into));
    require(redirects->calls > 0, "the first address is asked");
    auto const given = first.text() + std::string(places);
    bool const is_named = given.find("secret-token") != given.npos; // by the input itself
    require(is_named || reply.error.message().find("secret-token") == std::string::npos,
            "no error tells it");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = text_of(data, size);
    auto const line = text.substr(0, text.find('\n'));
    static Url const service = net::parse_url("https://service.example/a/b?c=d").value();
    if (auto const url = net::parse_url(line)) {
        check_url(*url);
        follow(*url, text.substr(std::min(line.size() + 1, text.size())));
    }
    if (auto const url = net::resolve_url(service, line)) check_url(*url);
    follow(service, text);
    return 0;
}
