// Signatures with Ed25519.
#include "runner/base/signature.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace darkroom;
using Kind = SignatureKey::Kind;

namespace {

// Of RFC 8410, section 10.3.
constexpr auto private_pem = "-----BEGIN PRIVATE KEY-----\n"
                             "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
                             "-----END PRIVATE KEY-----\n";
constexpr auto public_pem = "-----BEGIN PUBLIC KEY-----\n"
                            "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
                            "-----END PUBLIC KEY-----\n";

struct KeyFiles {
    KeyFiles() {
        std::filesystem::create_directories(directory);
        std::ofstream(secret) << private_pem;
        std::ofstream(open) << public_pem;
    }
    ~KeyFiles() { std::filesystem::remove_all(directory); }

    std::string directory =
        (std::filesystem::temp_directory_path() / ("darkroom-keys-" + std::to_string(::getpid())))
            .string();
    std::string secret = directory + "/key.pem";
    std::string open = directory + "/public.pem";
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(signature, KeyFiles)

BOOST_AUTO_TEST_CASE(the_public_key_knows_what_the_private_one_has_signed) {
    auto const mine = SignatureKey::read(secret, Kind::private_key);
    auto const theirs = SignatureKey::read(open, Kind::public_key);
    BOOST_TEST_REQUIRE(mine.has_value());
    BOOST_TEST_REQUIRE(theirs.has_value());
    auto const signature = mine->sign("the sums");
    BOOST_TEST_REQUIRE(signature.has_value());
    BOOST_TEST(signature->size() == 64u);
    BOOST_TEST(*signature == *mine->sign("the sums"));
    BOOST_TEST(theirs->is_signed("the sums", *signature));
    BOOST_TEST(!theirs->is_signed("the sum", *signature));
    BOOST_TEST(!theirs->is_signed("the sums", signature->substr(1)));
    BOOST_TEST(!theirs->is_signed("the sums", ""));
    auto other = *signature;
    other[5] = static_cast<char>(other[5] ^ 1);
    BOOST_TEST(!theirs->is_signed("the sums", other));
}

BOOST_AUTO_TEST_CASE(what_is_no_such_key_is_refused) {
    BOOST_TEST(SignatureKey::read(open, Kind::private_key).has_error());
    BOOST_TEST(SignatureKey::read(secret, Kind::public_key).has_error());
    BOOST_TEST(SignatureKey::read(directory + "/none", Kind::public_key).has_error());
    std::ofstream(open) << "no key";
    auto const refused = SignatureKey::read(open, Kind::public_key);
    BOOST_TEST_REQUIRE(refused.has_error());
    BOOST_TEST(refused.error().message().find("openssl genpkey") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
