// What makes two requests the same.
#include "jobs/services/request.hpp"

#include "jobs/services/midjourney/model.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::jobs;

namespace {

json::Value body(std::string_view text) { return json::read(text).value(); }

Request request(std::string_view text) {
    Request made;
    made.body = body(text);
    return made;
}

} // namespace

BOOST_AUTO_TEST_SUITE(requests)

BOOST_AUTO_TEST_CASE(a_body_is_reduced_to_what_it_asks_for) {
    struct Row {
        std::string_view body;
        std::string_view canonical;
    };
    Row const rows[] = {
        {R"({"prompt":"a"})", R"({"prompt":"a"})"},
        {R"({"prompt":"a","action":"generate","mode":"fast"})", R"({"prompt":"a"})"},
        {R"({"mode":"relax","prompt":"a"})", R"({"mode":"relax","prompt":"a"})"},
        {R"({"prompt":"a","async":true,"callback_url":"http://h/","timeout":480})",
         R"({"prompt":"a"})"},
        {R"({"prompt":"a","x-run":"7","mask":"","image_id":null,"hd":false,"list":[],"map":{}})",
         R"({"prompt":"a"})"},
        {R"({"prompt":"a","split_images":true,"translation":false})",
         R"({"prompt":"a","split_images":true})"},
        {R"({"prompt":"a","quality":1})", R"({"prompt":"a"})"},
        {R"({"prompt":"a","quality":"1"})", R"({"prompt":"a"})"},
        {R"({"prompt":"a","quality":2})", R"({"prompt":"a","quality":"2"})"},
        {R"({"action":"upscale1","image_id":1300000000000000101})",
         R"({"action":"upscale1","image_id":"1300000000000000101"})"},
        {R"({"video_index":0,"video_id":12})", R"({"video_id":"12","video_index":0})"},
        {R"([1])", R"({})"},
        {R"("text")", R"({})"},
    };
    for (auto const& row : rows)
        BOOST_TEST(midjourney::model.canonical_body(body(row.body)) == row.canonical);
}

BOOST_AUTO_TEST_CASE(the_order_of_members_does_not_matter) {
    BOOST_TEST(midjourney::model.canonical_body(body(R"({"b":{"z":1,"a":2},"a":1})")) ==
               midjourney::model.canonical_body(body(R"({"a":1,"b":{"a":2,"z":1}})")));
}

BOOST_AUTO_TEST_CASE(what_a_body_does_not_name_is_the_services_default) {
    BOOST_TEST(request("{}").action() == "generate");
    BOOST_TEST(request("{}").mode() == "fast");
    BOOST_TEST(request("{}").prompt() == "");
    BOOST_TEST(request(R"({"action":"reroll","mode":"turbo","prompt":"p"})").action() == "reroll");
    BOOST_TEST(Request().mode() == "fast");
}

BOOST_AUTO_TEST_CASE(an_endpoint_of_its_own_names_the_action_and_its_prompt) {
    struct Row {
        std::string_view endpoint, action, prompt, mode;
    };
    Row const rows[] = {{"/midjourney/imagine", "reroll", "p", "fast"},
                        {"/midjourney/edits", "edit", "p", "fast"},
                        {"/midjourney/videos", "video", "p", "fast"},
                        {"/midjourney/describe", "describe", "", ""},
                        {"/midjourney/translate", "translate", "c", ""},
                        {"/midjourney/shorten", "shorten", "p", ""},
                        {"/midjourney/seed", "seed", "", ""},
                        {"/somewhere/else", "reroll", "p", "fast"}};
    for (auto const& row : rows) {
        auto asked = request(R"({"prompt":"p","content":"c","action":"reroll"})");
        asked.endpoint = row.endpoint;
        BOOST_TEST_CONTEXT(row.endpoint) {
            BOOST_TEST(asked.action() == row.action);
            BOOST_TEST(asked.prompt() == row.prompt);
            BOOST_TEST(asked.mode() == row.mode);
            bool const known = row.endpoint != "/somewhere/else";
            BOOST_TEST((midjourney::model.endpoint_of(row.action).path == row.endpoint) == known);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_key_depends_on_request_endpoint_parent_and_repeat) {
    auto const a = request(R"({"prompt":"a"})");
    auto const key = step_key(a, std::nullopt, 0);
    auto other_end = a;
    other_end.endpoint = "/midjourney/edits";
    BOOST_TEST((step_key(request(R"({"prompt":"b"})"), std::nullopt, 0) != key));
    BOOST_TEST((step_key(other_end, std::nullopt, 0) != key));
    BOOST_TEST((step_key(a, key, 0) != key));
    BOOST_TEST((step_key(a, std::nullopt, 1) != key));
    BOOST_TEST((step_key(request(R"({"mode":"fast","prompt":"a"})"), std::nullopt, 0) == key));
}

// Journals hold these keys: a change here would make finished runs pay again.
BOOST_AUTO_TEST_CASE(a_key_is_the_same_in_every_version) {
    auto const first = step_key(request(R"({"prompt":"a lighthouse in fog"})"), std::nullopt, 0);
    auto const second = step_key(request(R"({"action":"upscale4"})"), first, 0);
    BOOST_TEST(to_hex(first) == "a656a2f01304bc56f32b4de9c8bb095e4a095cedb3512fd1364628b80235d595");
    BOOST_TEST(to_hex(second) ==
               "ee1cc692d1971e41ba8e62816dfe99e0c7e102a7dcf23b8fc9e595961b511719");
}

BOOST_AUTO_TEST_SUITE_END()
