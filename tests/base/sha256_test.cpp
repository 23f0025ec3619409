// SHA-256: the published vectors, whole and in pieces, and the hex form.
#include "runner/base/sha256.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <utility>

using namespace darkroom;

namespace {

struct Vector {
    std::string text;
    std::string_view hex;
};

// FIPS 180-2, appendix B, and the empty text.
Vector const vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {std::string(1'000'000, 'a'),
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

} // namespace

BOOST_AUTO_TEST_CASE(the_published_vectors_hash_as_published) {
    for (auto const& vector : vectors) BOOST_TEST(to_hex(sha256(vector.text)) == vector.hex);
}

// RFC 4231, test cases 1, 2 and 6.
BOOST_AUTO_TEST_CASE(the_published_vectors_are_signed_as_published) {
    struct Row {
        std::string key;
        std::string text;
        std::string_view hex;
    };
    Row const rows[] = {
        {std::string(20, '\x0b'), "Hi There",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"Jefe", "what do ya want for nothing?",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    };
    for (auto const& row : rows) BOOST_TEST(to_hex(hmac_sha256(row.key, row.text)) == row.hex);
}

BOOST_AUTO_TEST_CASE(pieces_hash_like_the_whole) {
    for (std::size_t const piece : {1u, 63u, 64u, 65u, 1000u}) {
        std::string const text = vectors[2].text + std::string(2000, 'x');
        Sha256 hash;
        for (std::size_t at = 0; at < text.size(); at += piece)
            hash.update(std::string_view(text).substr(at, piece));
        BOOST_TEST(to_hex(hash.finish()) == to_hex(sha256(text)));
    }
}

BOOST_AUTO_TEST_CASE(a_hash_under_way_can_be_moved) {
    Sha256 first;
    first.update("ab");
    Sha256 second = std::move(first);
    second.update("c");
    BOOST_TEST(to_hex(second.finish()) == vectors[1].hex);
}

BOOST_AUTO_TEST_CASE(hex_reads_back_and_only_64_lower_case_digits_are_hex) {
    Digest const digest = sha256("abc");
    Digest back{};
    BOOST_TEST(from_hex(to_hex(digest), back));
    BOOST_TEST((back == digest));
    std::string const hex = to_hex(digest);
    BOOST_TEST(!from_hex("", back));
    BOOST_TEST(!from_hex(hex.substr(1), back));
    BOOST_TEST(!from_hex(hex + "0", back));
    BOOST_TEST(!from_hex("BA" + hex.substr(2), back));
    BOOST_TEST(!from_hex(hex.substr(1) + "g", back));
}
