// Errors: the text for people and the code for decisions.
#include "runner/base/error.hpp"
#include "runner/base/json.hpp"

#include <boost/asio/error.hpp>
#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <stdexcept>

using namespace darkroom;

BOOST_AUTO_TEST_CASE(a_message_says_the_detail_and_then_the_cause) {
    error_code const code = json::Errc::malformed;
    BOOST_TEST(Error(code, "line 3").message() == "line 3: not valid JSON");
    BOOST_TEST(Error(code, "").message() == "not valid JSON");
    BOOST_TEST(Error({}, "line 3").message() == "line 3");
    BOOST_TEST(Error().message() == "");
}

BOOST_AUTO_TEST_CASE(a_failed_system_call_keeps_its_number_and_what_was_tried) {
    auto const error = system_error_of(ENOENT, "open a.yaml");
    BOOST_TEST(error.code == boost::system::errc::no_such_file_or_directory);
    BOOST_TEST(error.message() == "open a.yaml: No such file or directory");
}

BOOST_AUTO_TEST_CASE(codes_of_two_rooms_with_one_number_are_different) {
    error_code const ours = json::Errc::malformed;
    error_code const other(ours.value(), boost::system::system_category());
    BOOST_TEST((ours != other));
    BOOST_TEST(ours.category().name() == std::string("json"));
    BOOST_TEST((error_code(json::Errc::malformed) == error_code(json::Errc::malformed)));
}

BOOST_AUTO_TEST_CASE(an_unknown_number_of_a_room_still_has_words) {
    error_code const code(99, error_code(json::Errc::malformed).category());
    BOOST_TEST(code.message() == "unnamed JSON error");
}

BOOST_AUTO_TEST_CASE(a_result_is_a_value_or_an_error) {
    Result<int> const good = 7;
    Result<int> const bad = Error(json::Errc::too_deep, "here");
    BOOST_TEST(good.value() == 7);
    BOOST_TEST(bad.has_error());
    BOOST_TEST(Result<>().has_value());
    auto names_the_error = [](std::logic_error const& e) {
        return std::string(e.what()).find("here: JSON is nested too deeply (unchecked at ") == 0;
    };
    BOOST_CHECK_EXCEPTION(bad.value(), std::logic_error, names_the_error);
}
