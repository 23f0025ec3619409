#include "runner/store/file_name.hpp"

#include "runner/base/text.hpp"
#include "runner/store/error.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::store;

namespace {

engine::ImageOrder order_of(std::string job, std::string path = "variation2/upscale4") {
    engine::ImageOrder order;
    order.step.fill(0xab);
    order.info.job = std::move(job);
    order.info.item = 42;
    order.info.repeat = 3;
    order.info.path = std::move(path);
    order.info.action = "upscale4";
    order.info.variables = {{"car", "Ferrari"}, {"place", "a/b: c?"}, {"dots", ".."}};
    order.answer.image_id = "1300000000000000103";
    return order;
}

std::string name_by(std::string const& layout, engine::ImageOrder const& order, int copy = 1) {
    auto const parsed = Layout::parse(layout);
    BOOST_REQUIRE_MESSAGE(parsed.has_value(), parsed.error().message());
    return parsed->name(order, "png", copy);
}

} // namespace

BOOST_AUTO_TEST_SUITE(file_name)

BOOST_AUTO_TEST_CASE(fields_stand_for_what_the_order_says) {
    struct Row {
        std::string layout, name;
    };
    Row const rows[] = {
        {"images/{job}/{item:06}-{path}-{image_id}{ext}",
         "images/cars/000042-variation2-upscale4-1300000000000000103.png"},
        {"{item}", "42.png"},
        {"{item:2}_{repeat:02}_{action}{ext}", "42_03_upscale4.png"},
        {"{variable:car}/{variable:place}{ext}", "Ferrari/a-b- c-.png"},
        {"{variable:none}x", "x.png"},
        {"{{{job}}}{ext}", "{cars}.png"},
        {"{key}", to_hex(order_of("cars").step) + ".png"},
        {"a:b|c/{job}", "a-b-c/cars.png"},
    };
    for (auto const& row : rows) BOOST_TEST(name_by(row.layout, order_of("cars")) == row.name);
}

BOOST_AUTO_TEST_CASE(signs_that_turn_a_text_around_are_replaced) {
    auto order = order_of("fox");
    for (auto const* sign :
         {"\u200e", "\u200f", "\u061c", "\u202a", "\u202e", "\u2066", "\u2069"}) {
        order.info.job = std::string("a") + sign + sign + "gnp.exe";
        BOOST_TEST(name_by("{job}", order) == "a--gnp.exe.png");
    }
    order.info.job = "\u05d0\u0627"; // letters that are written from the right stay
    BOOST_TEST(name_by("{job}", order) == order.info.job + ".png");
}

BOOST_AUTO_TEST_CASE(the_first_generation_has_a_word_for_its_empty_path) {
    BOOST_TEST(name_by("{job}-{path}", order_of("cars", "")) == "cars-generate.png");
}

BOOST_AUTO_TEST_CASE(a_text_is_named_after_its_image_or_its_kind_and_key) {
    auto below = order_of("cars", "upscale4/describe");
    below.info.action = "describe";
    below.info.parent_image_id = "1300000000000000103";
    below.answer.image_id.clear();
    auto const layout = Layout::parse("{job}-{path}-{image_id}{ext}").value();
    BOOST_TEST(layout.name(below, "txt") == "cars-upscale4-describe-1300000000000000103.txt");
    auto alone = order_of("words", "");
    alone.info.action = "shorten";
    alone.answer.image_id.clear();
    BOOST_TEST(layout.name(alone, "txt") == "words-shorten-abababababababab.txt");
}

BOOST_AUTO_TEST_CASE(several_videos_of_one_step_are_counted_from_one) {
    auto order = order_of("cars", "video");
    order.info.action = "video";
    auto const layout = Layout::parse("{job}-{path}").value();
    BOOST_TEST(layout.name(order, "mp4") == "cars-video.mp4");
    order.answer.sub_urls = {"b", "c"};
    BOOST_TEST(layout.name(order, "mp4") == "cars-video-video1.mp4");
    order.tile = 2;
    BOOST_TEST(layout.name(order, "mp4") == "cars-video-video3.mp4");
    BOOST_TEST(name_by("{path}/{tile}", order) == "video/3.png");
}

BOOST_AUTO_TEST_CASE(no_value_leaves_the_directory_or_offends_another_system) {
    struct Row {
        std::string job, name;
    };
    Row const rows[] = {
        {"../../etc/passwd", "images/_..-..-etc-passwd.png"},
        {"..", "images/_.png"},
        {".hidden", "images/_.hidden.png"},
        {"/", "images/-.png"},
        {"a\nb\x01\x7f", "images/a-b--.png"},
        {"ends. . ", "images/ends.png"},
        {"CON", "images/_CON.png"},
        {"com7.txt", "images/_com7.txt.png"},
        {"comma", "images/comma.png"},
        {"", "images/_.png"},
        {"火山", "images/火山.png"},
    };
    for (auto const& row : rows) BOOST_TEST(name_by("images/{job}", order_of(row.job)) == row.name);
    BOOST_TEST(name_by("{variable:dots}/{job}", order_of("x")) == "_/x.png");
    BOOST_TEST(name_by("{job}/x", order_of("parts")) == "_parts/x.png");
    BOOST_TEST(name_by("{job}/x", order_of("journal.db")) == "_journal.db/x.png");
}

BOOST_AUTO_TEST_CASE(a_long_value_is_cut_between_characters) {
    std::string job;
    for (int i = 0; i < 100; ++i) job += "火"; // three bytes each
    auto const name = name_by("images/{job}", order_of(job), 123);
    BOOST_TEST(name.size() == std::string("images/-123.png").size() + 198);
    BOOST_TEST(is_valid_utf8(name));
}

BOOST_AUTO_TEST_CASE(tiles_and_copies_get_an_ending_unless_the_layout_has_one) {
    auto order = order_of("cars");
    BOOST_TEST(name_by("{job}", order, 2) == "cars-2.png");
    order.tile = 3;
    BOOST_TEST(name_by("{job}", order) == "cars-tile3.png");
    BOOST_TEST(name_by("{job}", order, 2) == "cars-tile3-2.png");
    BOOST_TEST(name_by("{job}.{tile}", order) == "cars.3.png");
    auto const layout = Layout::parse("{job}");
    BOOST_TEST(layout->name(order_of("a"), "jpeg") == "a.jpg");
    BOOST_TEST(layout->name(order_of("a"), "webp") == "a.webp");
}

BOOST_AUTO_TEST_CASE(the_directory_of_all_names_is_what_they_have_in_common) {
    struct Row {
        std::string layout, directory;
    };
    Row const rows[] = {
        {"images/{job}/{item:06}{ext}", "images"},
        {"pics/b.d/{job}", "pics/b.d"},
        {"pics/a{job}", "pics"},
        {"parts/{job}", "_parts"},
        {"{job}/x/{item}", ""},
        {"x{job}", ""},
        {"{{a}}/x", "{a}"},
    };
    for (auto const& row : rows) {
        auto const layout = Layout::parse(row.layout).value();
        BOOST_TEST(layout.directory() == row.directory);
        BOOST_TEST(layout.name(order_of("cars"), "png").starts_with(row.directory));
    }
}

BOOST_AUTO_TEST_CASE(a_wrong_layout_is_refused_with_its_column) {
    struct Row {
        std::string layout, text;
    };
    Row const rows[] = {
        {"images/{jop}{ext}", "column 8: it has no field 'jop', did you mean 'job'?"},
        {"{nonsense}", "has no field 'nonsense'"},
        {"/abs/{job}", "column 1: it needs a path below"},
        {"a/../{job}", "column 3: it needs a path below the run directory, without '.' and '..'"},
        {"./{job}", "without '.' and '..'"},
        {"a//{job}", "column 3: it has a directory without a name"},
        {"{job", "column 1: it has a '{' that is never closed"},
        {"job}", "column 4: it has a '}' that closes nothing"},
        {"{item:x}", "a number from 1 to 20 for a width, as in {item:06}, not 'x'"},
        {"{item:99}", "for a width"},
        {"{item:}", "for a width"},
        {"{job:5}", "only item and repeat take one"},
        {"{variable}", "names no variable"},
        {"a\tb", "column 2: it has a control character"},
        {"", "names nothing"},
        {"{ext}", "names nothing"},
        {std::string(1025, 'a'), "longer than 1024 bytes"},
    };
    for (auto const& row : rows) {
        auto const parsed = Layout::parse(row.layout);
        BOOST_REQUIRE_MESSAGE(parsed.has_error(), row.layout);
        BOOST_TEST(parsed.error().code == make_error_code(Errc::bad_layout));
        BOOST_TEST(parsed.error().detail.find(row.text) != std::string::npos,
                   parsed.error().detail << " does not say " << row.text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
