// Bytes as text and back.
#include "runner/base/base64.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;

BOOST_AUTO_TEST_SUITE(base64)

BOOST_AUTO_TEST_CASE(the_vectors_of_the_rfc_go_both_ways) {
    struct Row {
        std::string_view bytes;
        std::string_view text;
    };
    for (auto const& [bytes, text] :
         {Row{"", ""}, Row{"f", "Zg=="}, Row{"fo", "Zm8="}, Row{"foo", "Zm9v"},
          Row{"foob", "Zm9vYg=="}, Row{"fooba", "Zm9vYmE="}, Row{"foobar", "Zm9vYmFy"},
          Row{std::string_view("\0\xff\xfe", 3), "AP/+"}}) {
        BOOST_TEST(to_base64(bytes) == text);
        BOOST_TEST((from_base64(text) == std::string(bytes)));
    }
}

BOOST_AUTO_TEST_CASE(what_no_writer_makes_is_refused) {
    for (auto const* text : {"A", "AB", "ABC", "AB==CD==", "A===", "=", "AB=C", "Zh==", "Zm9v\n",
                             "Zm 9v", "Zm9-", "Zm9vYg"})
        BOOST_TEST(!from_base64(text).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()
