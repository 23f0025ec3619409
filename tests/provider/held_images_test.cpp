// Images that came within an answer.
#include "runner/provider/held_images.hpp"

#include "runner/base/base64.hpp"

#include <boost/test/unit_test.hpp>

#include <cerrno>

namespace darkroom::test {

using provider::HeldImages;

namespace {

struct Kept final : ByteSink {
    Result<> begin(BodyStart const& start) override {
        length = start.length.value_or(0);
        return {};
    }
    Result<> write(std::string_view bytes) override {
        if (full) return system_error_of(ENOSPC, "a.png.part");
        text += bytes;
        return {};
    }
    std::string text;
    std::uint64_t length = 0;
    bool full = false;
};

engine::Answer answer_with(std::string_view bytes) {
    engine::Answer answer;
    answer.url = "data:image/png;base64," + to_base64(bytes);
    return answer;
}

} // namespace

BOOST_AUTO_TEST_SUITE(held_images)

BOOST_AUTO_TEST_CASE(an_image_within_an_answer_gets_a_link_that_opens_once) {
    HeldImages held;
    auto answer = answer_with("picture");
    answer.sub_urls = {answer_with("tile").url, "https://img.example/b.png"};
    held.take_from(answer);
    BOOST_TEST(HeldImages::is_link(answer.url));
    BOOST_TEST(HeldImages::is_link(answer.sub_urls[0]));
    BOOST_TEST(answer.sub_urls[1] == "https://img.example/b.png");
    Kept kept;
    BOOST_TEST(held.write(answer.url, kept).value());
    BOOST_TEST(kept.text == "picture");
    BOOST_TEST(kept.length == 7u);
    BOOST_TEST(!held.write(answer.url, kept).value());
    BOOST_TEST(held.write(answer.sub_urls[0], kept).value());
}

BOOST_AUTO_TEST_CASE(equal_images_of_two_answers_are_both_there) {
    HeldImages held;
    auto first = answer_with("picture");
    auto second = answer_with("picture");
    held.take_from(first);
    held.take_from(second);
    BOOST_TEST(first.url == second.url);
    Kept kept;
    BOOST_TEST(held.write(first.url, kept).value());
    BOOST_TEST(held.write(second.url, kept).value());
}

BOOST_AUTO_TEST_CASE(an_image_that_could_not_be_written_stays) {
    HeldImages held;
    auto answer = answer_with("picture");
    held.take_from(answer);
    Kept disk;
    disk.full = true;
    BOOST_TEST(held.write(answer.url, disk).has_error());
    disk.full = false;
    BOOST_TEST(held.write(answer.url, disk).value());
}

BOOST_AUTO_TEST_CASE(above_the_limit_the_oldest_is_dropped) {
    HeldImages held(10);
    auto first = answer_with("123456");
    auto second = answer_with("abcdef");
    held.take_from(first);
    held.take_from(second);
    Kept kept;
    BOOST_TEST(!held.write(first.url, kept).value());
    BOOST_TEST(held.write(second.url, kept).value());
}

BOOST_AUTO_TEST_CASE(other_addresses_stay_as_they_are) {
    HeldImages held;
    for (auto const* url : {"", "https://img.example/a.png", "data:text/plain,hello",
                            "data:image/png;base64,not base64"}) {
        engine::Answer answer;
        answer.url = url;
        held.take_from(answer);
        BOOST_TEST(answer.url == url);
        BOOST_TEST(!HeldImages::is_link(answer.url));
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
