// Names of files that every system takes.
#include "runner/base/safe_name.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;

BOOST_AUTO_TEST_SUITE(safe_name)

BOOST_AUTO_TEST_CASE(a_name_is_safe_everywhere) {
    struct Row {
        std::string text, name;
    };
    Row const rows[] = {
        {"fox.png", "fox.png"},
        {"", "_"},
        {"..", "_"},
        {".hidden", "_.hidden"},
        {"a/b\\c:d", "a-b-c-d"},
        {"ends. ", "ends"},
        {"CON", "_CON"},
        {"com1.txt", "_com1.txt"},
        {"console", "console"},
        {"com", "com"},
        {"lpt0", "_lpt0"},
        {"one\ntwo", "one-two"},
        {"\u202etxt", "-txt"},
        {"狐狸", "狐狸"},
        {"狐狸狐狸", "狐狸狐"},
    };
    for (auto const& [text, name] : rows) BOOST_TEST(safe_file_name(text, 11) == name);
}

BOOST_AUTO_TEST_SUITE_END()
