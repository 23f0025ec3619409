// Bodies of /midjourney/imagine: the accepted ones, and the errors of the others.
#include "runner/studio/tasks/input_images.hpp"
#include "runner/studio/tasks/work_request.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::studio;
using namespace std::chrono_literals;

namespace {

Checked<WorkRequest> read(char const* body) {
    return read_work_request(TaskKind::imagine, json::read(body).value());
}

} // namespace

BOOST_AUTO_TEST_SUITE(imagine_requests)

BOOST_AUTO_TEST_CASE(a_prompt_alone_is_a_generation_with_the_defaults) {
    auto const request = read(R"({"prompt": "a cat --v 6"})");
    BOOST_REQUIRE(request.has_value());
    BOOST_TEST(request->action == "generate");
    BOOST_TEST((request->timeout == 480s));
    BOOST_TEST(!request->split_images);
    BOOST_TEST(!request->asynchronous);
}

BOOST_AUTO_TEST_CASE(every_documented_member_is_taken) {
    auto const request = read(R"({"prompt": "a cat", "action": "generate", "mode": "turbo",
        "timeout": 1.5, "translation": true, "split_images": true, "async": true, "version": "7",
        "hd": false, "quality": ".5", "style_reference": true, "moodboard": false,
        "callback_url": null, "image_id": null, "unknown": {"ignored": 1}})");
    BOOST_REQUIRE(request.has_value());
    BOOST_TEST((request->timeout == 1500ms));
    BOOST_TEST(request->split_images);
    BOOST_TEST(request->asynchronous);
}

BOOST_AUTO_TEST_CASE(every_action_of_the_contract_is_known_and_no_other) {
    for (auto const* name : {"upscale1",
                             "upscale4",
                             "reroll",
                             "variation1",
                             "variation4",
                             "upscale_2x",
                             "upscale_4x",
                             "upscale_subtle",
                             "upscale_creative",
                             "variation_subtle",
                             "variation_strong",
                             "zoom_out_2x",
                             "zoom_out_1_5x",
                             "pan_left",
                             "pan_right",
                             "pan_up",
                             "pan_down",
                             "square",
                             "redo_upscale_2x",
                             "redo_upscale_4x",
                             "redo_upscale_subtle",
                             "redo_upscale_creative",
                             "variation_region",
                             "generate"})
        BOOST_TEST(is_known_action(name), name);
    for (auto const* name : {"upsample1", "blend", "upscale", "variation", "upscale5", ""})
        BOOST_TEST(!is_known_action(name), name);
}

BOOST_AUTO_TEST_CASE(what_is_refused_and_in_which_words) {
    struct Row {
        char const* body;
        char const* part_of_message;
    };
    for (auto const& [body, part] : std::initializer_list<Row>{
             {"[]", "JSON object"},
             {"{}", "prompt is missing"},
             {R"({"prompt": "  "})", "prompt is missing"},
             {R"({"prompt": 7})", "'prompt' must be a string"},
             {R"({"prompt": "http://a/b.png"})", "no words"},
             {R"({"prompt": "x", "mode": "quick"})", "'mode' must be fast, relax or turbo"},
             {R"({"prompt": "x", "timeout": 0})", "'timeout' must be"},
             {R"({"prompt": "x", "timeout": "9"})", "'timeout' must be"},
             {R"({"prompt": "x", "async": "yes"})", "'async' must be true or false"},
             {R"({"prompt": "x", "hd": 1})", "'hd' must be true or false"},
             {R"({"prompt": "x", "action": "upsample1"})", "did you mean 'upscale1'?"},
             {R"({"prompt": "x", "mask": "aGk="})", "only for variation_region"},
             {R"({"action": "upscale1"})", "'image_id' is missing"},
             {R"({"action": "upscale1", "image_id": "12x"})", "a string of digits"},
             {R"({"action": "upscale1", "image_id": 1300000000000000101})", "a string"},
             {R"({"prompt": "a cat -c x"})", "Unrecognized argument(s): `-c`, `x`"}}) {
        auto const request = read(body);
        BOOST_REQUIRE_MESSAGE(!request.has_value(), body);
        BOOST_TEST(request.error().status == 400);
        BOOST_TEST(request.error().code == "bad_request");
        BOOST_TEST(request.error().message.find(part) != std::string::npos,
                   request.error().message);
    }
}

BOOST_AUTO_TEST_CASE(a_callback_makes_a_request_asynchronous) {
    auto const request = read(R"({"prompt": "x", "callback_url": "http://a/hook"})");
    BOOST_REQUIRE(request.has_value());
    BOOST_TEST(request->callback_url == "http://a/hook");
    BOOST_TEST(request->asynchronous);
}

BOOST_AUTO_TEST_CASE(each_endpoint_says_what_it_misses) {
    struct Row {
        TaskKind kind;
        char const* body;
        char const* part;
    };
    std::vector<Row> const rows{
        {TaskKind::edits, R"({"prompt": "x"})", "image_url"},
        {TaskKind::edits, R"({"image_url": "http://a/b"})", "prompt"},
        {TaskKind::edits, R"({"image_url": "http://a/b", "prompt": "x", "action": " "})",
         "action is empty"},
        {TaskKind::videos, R"({"prompt": "x"})", "image_url"},
        {TaskKind::videos, R"({"action": "extend"})", "video_id"},
        {TaskKind::videos, R"({"image_url": "http://a/b", "mode": "relax"})", "mode"},
        {TaskKind::videos, R"({"image_url": "http://a/b", "resolution": "4k"})", "resolution"},
        {TaskKind::videos, R"({"image_url": "http://a/b", "video_index": 4})", "video_index"},
        {TaskKind::describe, "{}", "image_url"},
        {TaskKind::translate, R"({"content": " "})", "content"},
        {TaskKind::shorten, "{}", "prompt"},
        {TaskKind::seed, R"({"image_id": "12a"})", "image_id"},
    };
    for (auto const& [kind, body, part] : rows) {
        auto const request = read_work_request(kind, json::read(body).value());
        BOOST_REQUIRE_MESSAGE(!request.has_value(), body);
        BOOST_TEST(request.error().status == 400);
        BOOST_TEST(request.error().message.find(part) != std::string::npos, body);
    }
}

BOOST_AUTO_TEST_CASE(each_version_has_its_limits) {
    struct Row {
        char const* members;
        char const* part; ///< Part of the refusal; empty when it is taken.
    };
    for (auto const& [members, part] : std::initializer_list<Row>{
             {R"("version": "8.1", "mode": "turbo")", "8.1 has no turbo mode"},
             {R"("version": "8.1", "quality": "1")", "8.1 does not take 'quality'"},
             {R"("version": "8.1", "mode": "relax", "hd": true)", ""},
             {R"("version": "8.2", "mode": "turbo", "quality": "4")", ""},
             {R"("version": "8", "quality": "4")", ""},
             {R"("quality": "4")", ""}, // the service's choice of version
             {R"("version": "7", "quality": "4")", "quality 4 is for version 8 only, not for 7"},
             {R"("version": "7", "mode": "turbo", "quality": ".5")", ""}}) {
        auto const body = std::string(R"({"prompt": "x", )") + members + "}";
        auto const request = read(body.c_str());
        BOOST_TEST(request.has_value() == !*part, body);
        if (request) continue;
        BOOST_TEST(request.error().message.find(part) != std::string::npos,
                   request.error().message);
    }
    auto const named = read(R"({"prompt": "x --v 8.1", "mode": "turbo"})");
    BOOST_REQUIRE(!named.has_value());
    BOOST_TEST(named.error().code == "bad_request");
    BOOST_TEST(!read(R"({"prompt": "x --version 6.1", "quality": "4"})").has_value());
}

BOOST_AUTO_TEST_CASE(an_edit_takes_any_action_and_only_generate_needs_a_prompt) {
    for (auto const* body : {R"({"image_url": "http://a/b", "prompt": "x", "action": "generate"})",
                             R"({"image_url": "http://a/b", "action": "vary", "mode": "fast"})"}) {
        auto const request = read_work_request(TaskKind::edits, json::read(body).value());
        BOOST_TEST(request.has_value(), body);
    }
}

BOOST_AUTO_TEST_CASE(an_asynchronous_request_takes_a_wrong_prompt_along) {
    auto const request = read(R"({"prompt": "a cat -c x", "async": true})");
    BOOST_REQUIRE(request.has_value());
    BOOST_REQUIRE(request->prompt_error.has_value());
    BOOST_TEST(request->prompt_error->message == "Unrecognized argument(s): `-c`, `x`");
}

BOOST_AUTO_TEST_CASE(two_images_blend_without_words) {
    BOOST_TEST(read(R"({"prompt": "http://a/1.png http://a/2.png --iw 2"})").has_value());
}

BOOST_AUTO_TEST_CASE(base64_comes_padded_or_not_in_both_alphabets) {
    BOOST_TEST(from_base64("aGVsbG8=").value() == "hello");
    BOOST_TEST(from_base64("aGVsbG8").value() == "hello");
    BOOST_TEST(from_base64("-_8=").value() == "\xfb\xff");
    BOOST_TEST(from_base64("").value().empty());
    BOOST_TEST(!from_base64("a").has_value());
    BOOST_TEST(!from_base64("aGV*").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
