// The service over TLS.
#include "tests/net/certificates.hpp"
#include "tests/studio/live_service.hpp"
#include "tests/studio/raw_client.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

using namespace darkroom;
using namespace darkroom::studio;
using namespace darkroom::test;

namespace {

/// A directory of this test with a certificate in it, removed at the end.
struct CertificateFiles {
    CertificateFiles()
        : directory(std::filesystem::temp_directory_path() /
                    ("darkroom-tls-" + std::to_string(::getpid()))),
          authority(make_authority("studio test")) {
        std::filesystem::create_directories(directory);
        auto const leaf = make_leaf(authority, LeafTerms{"DNS:localhost,IP:127.0.0.1"});
        files = {save("cert.pem", leaf.certificate), save("key.pem", leaf.key)};
        ca_file = save("ca.pem", authority.certificate);
    }
    ~CertificateFiles() {
        std::error_code ignored;
        std::filesystem::remove_all(directory, ignored);
    }

    std::string save(char const* name, std::string const& text) const {
        auto const path = (directory / name).string();
        std::ofstream(path) << text;
        return path;
    }

    std::filesystem::path directory;
    Certificate authority;
    TlsFiles files;
    std::string ca_file;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(live_service_over_tls, CertificateFiles)

BOOST_AUTO_TEST_CASE(a_stream_and_its_file_arrive_over_tls) {
    auto options = LiveService::quick();
    options.tls = files;
    options.ca_file = ca_file;
    LiveService service(options);
    BOOST_TEST(service.url().starts_with("https://127.0.0.1:"));
    RawClient client(service.port(), authority.certificate);
    auto const stream = client.ask("POST /midjourney/imagine", "accept: application/x-ndjson\r\n",
                                   R"({"prompt": "a cat"})");
    BOOST_TEST(stream.complete);
    BOOST_TEST(std::count(stream.body.begin(), stream.body.end(), '\n') == 3);
    // The service as a client of itself: verified against the extra authority.
    auto const image = client.ask("POST /midjourney/imagine", {},
                                  R"({"prompt": ")" + service.url() + R"(/samples/road.png sea"})");
    BOOST_TEST(image.status == 200, image.body);
}

BOOST_AUTO_TEST_CASE(an_unknown_authority_is_not_trusted_when_fetching) {
    auto options = LiveService::quick();
    options.tls = files;
    LiveService service(options);
    RawClient client(service.port(), authority.certificate);
    auto const image = client.ask("POST /midjourney/imagine", {},
                                  R"({"prompt": ")" + service.url() + R"(/samples/road.png sea"})");
    BOOST_TEST(image.status == 400);
    BOOST_TEST(image.body.find("TLS") != std::string::npos, image.body);
}

BOOST_AUTO_TEST_CASE(a_plain_client_does_not_hurt_a_tls_port) {
    auto options = LiveService::quick();
    options.tls = files;
    LiveService service(options);
    RawClient plain(service.port());
    plain.request("GET /x");
    plain.rest();
    RawClient client(service.port(), authority.certificate);
    BOOST_TEST(client.ask("GET /x").status == 404);
}

BOOST_AUTO_TEST_CASE(missing_files_are_named) {
    boost::asio::io_context io;
    SteadyClock clock;
    auto options = LiveService::quick();
    options.tls = TlsFiles{"/nonexistent/cert.pem", files.key};
    auto const listening = Server(io.get_executor(), clock, options).listen();
    BOOST_REQUIRE(!listening.has_value());
    BOOST_TEST(listening.error().detail.find("/nonexistent/cert.pem") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
