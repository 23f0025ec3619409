// Which images a person has picked.
#include "runner/export/picked_images.hpp"

#include "tests/export/fake_source.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

using namespace darkroom;
using namespace darkroom::exports;
using namespace darkroom::test;

BOOST_AUTO_TEST_SUITE(picked_images)

BOOST_AUTO_TEST_CASE(the_manifest_a_mark_or_a_picked_action_says_so) {
    auto const root = row_of("cars", 0);
    auto child = row_of("cars", 0, "upscale3");
    child.parent_image_id = root.image_id;
    auto const key = to_hex(child.key);
    struct Row {
        std::string picks;
        std::optional<bool> column;
        bool expected;
    };
    Row const rows[] = {
        {"", std::nullopt, false},
        {"", true, true},
        {"", false, false},
        {R"({"version":1,"picks":{}})", std::nullopt, false},
        {fmt::format(R"({{"version":1,"images":{{"{}":{{"picked":true}}}}}})", child.sha256),
         std::nullopt, true},
        {fmt::format(R"({{"version":1,"images":{{"{}":{{"picked":false}}}}}})", child.sha256),
         std::nullopt, false},
        {fmt::format(R"({{"version":1,"images":{{"{}/0":{{"picked":true}}}}}})", key), std::nullopt,
         true},
        {fmt::format(R"({{"version":1,"images":{{"{}/1":{{"picked":true}}}}}})", key), std::nullopt,
         false},
        {fmt::format(R"({{"version":1,"picks":{{"{}":["upscale3"]}}}})", to_hex(root.key)),
         std::nullopt, true},
        {fmt::format(R"({{"version":1,"picks":{{"{}":["upscale1"]}}}})", to_hex(root.key)),
         std::nullopt, false},
        {fmt::format(R"({{"version":1,"picks":{{"{}":["upscale3"]}}}})", key), std::nullopt, false},
        {R"({"version":1,"images":[1]})", std::nullopt, false},
    };
    for (auto const& [picks, column, expected] : rows) {
        auto read = PickedImages::read(picks);
        BOOST_TEST_REQUIRE(read.has_value());
        read->note(root);
        read->note(child);
        ListedRow listed;
        listed.row = child;
        listed.picked = column;
        BOOST_TEST(read->has(listed) == expected, picks);
    }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_none_is_an_error) {
    for (auto const* text :
         {"{", "[", R"({"images":{}})", R"({"picks":{}})", R"({"version":1,"picks":{"x":[]}})"})
        BOOST_TEST(PickedImages::read(text).has_error(), text);
}

BOOST_AUTO_TEST_SUITE_END()
