// The endpoints besides imagine, without a network and in simulated time.
#include "tests/studio/handler_fixture.hpp"

#include <map>

using namespace darkroom;
using namespace darkroom::studio;
using namespace darkroom::test;
using namespace std::chrono_literals;

namespace {

constexpr auto road = "http://samples.darkroom.invalid/road.png";

struct Kinds : HandlerFixture {
    std::unique_ptr<FakeExchange> ask_kind(std::string kind, std::string body) {
        return ask(post("/midjourney/" + kind, std::move(body)));
    }
    static std::string on_road(std::string more) {
        return std::string(R"({"image_url": ")") + road + "\"" + std::move(more) + "}";
    }
    std::unique_ptr<FakeExchange> get(std::string url) {
        http::Request request;
        request.method = "GET";
        request.path = url.substr(std::string("http://h:1").size());
        return ask(std::move(request));
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(kinds, Kinds)

BOOST_AUTO_TEST_CASE(an_edit_answers_like_the_captured_ones) {
    auto const call =
        ask_kind("edits", on_road(R"(, "prompt": "add a car", "split_images": true)"));
    BOOST_REQUIRE_MESSAGE(call->status == 200, call->body);
    auto const body = call->json();
    BOOST_TEST(body.find("actions") == nullptr);
    BOOST_TEST(body.text("image_url").value() == body.text("raw_image_url").value());
    BOOST_TEST(body.integer("image_width").value() == body.integer("raw_image_width").value());
    BOOST_TEST(body.integer("progress").value() == 100);
    auto const tiles = body.texts("sub_image_urls");
    BOOST_REQUIRE(tiles.size() == 4u);
    auto const sheet = get(body.text("raw_image_url").value());
    BOOST_TEST(sheet->status == 200);
    BOOST_TEST(sheet->body.starts_with("\x89PNG"));
    BOOST_TEST(get(tiles[0])->body != get(tiles[3])->body);
}

BOOST_AUTO_TEST_CASE(an_edit_s_image_offers_no_actions_but_has_a_seed) {
    auto const body = ask_kind("edits", on_road(R"(, "prompt": "add a car")"))->json();
    auto const image = body.text("image_id").value();
    auto const call = ask(imagine(follow_up("upscale1", image)));
    BOOST_TEST(call->status == 400);
    BOOST_TEST(ask_kind("seed", R"({"image_id": ")" + image + R"("})")->status == 200);
}

BOOST_AUTO_TEST_CASE(a_video_has_a_cover_and_four_clips_that_differ) {
    auto const call = ask_kind("videos", on_road(R"(, "resolution": "480p")"));
    BOOST_REQUIRE_MESSAGE(call->status == 200, call->body);
    auto const body = call->json();
    BOOST_TEST(body.find("image_id") == nullptr);
    BOOST_TEST(body.find("actions") == nullptr);
    auto const clips = body.texts("video_urls");
    BOOST_REQUIRE(clips.size() == 4u);
    BOOST_TEST(body.integer("image_height").value() == 128); // not above the service's image size
    BOOST_TEST(get(body.text("image_url").value())->body.starts_with("\x89PNG"));
    auto const first = get(clips[0]);
    BOOST_TEST(first->header("content-type") == "image/webp");
    BOOST_TEST(first->body.substr(8, 4) == "WEBP");
    BOOST_TEST(first->body.find("ANIM") != std::string::npos);
    BOOST_TEST(first->body != get(clips[1])->body);
}

BOOST_AUTO_TEST_CASE(a_video_is_extended_along_the_chosen_clip) {
    auto const first = ask_kind("videos", on_road(""))->json();
    auto const id = first.text("video_id").value();
    auto const more = R"({"action": "extend", "video_index": 2, "video_id": ")" + id + R"("})";
    auto const call = ask_kind("videos", more);
    BOOST_REQUIRE_MESSAGE(call->status == 200, call->body);
    auto const task = state->tasks.find_image(call->json().text("video_id").value());
    BOOST_TEST(task->material->clips_before == 1);
    BOOST_TEST(task->material->path == 2);
    auto const image = image_of(R"({"prompt": "a cat"})");
    auto const wrong = R"({"action": "extend", "video_id": ")" + image + R"("})";
    BOOST_TEST(ask_kind("videos", wrong)->status == 400);
}

BOOST_AUTO_TEST_CASE(edits_and_videos_stream_as_well) {
    auto request = post("/midjourney/videos", on_road(""));
    request.headers.push_back({"accept", "application/x-ndjson"});
    auto const lines = ask(std::move(request))->lines();
    BOOST_REQUIRE(lines.size() == 3u);
    BOOST_TEST(lines[0].integer("progress").value() == 31);
    BOOST_TEST(lines[0].texts("video_urls").empty());
    BOOST_TEST(lines[2].texts("video_urls").size() == 4u);
}

BOOST_AUTO_TEST_CASE(texts_come_as_plain_answers_and_stay_in_the_records) {
    struct Row {
        char const* kind;
        std::string body;
        char const* member;
        std::size_t count;
    };
    for (auto const& [kind, body, member, count] : std::vector<Row>{
             {"describe", on_road(""), "descriptions", 4},
             {"shorten", R"({"prompt": "a long road into a deep valley"})", "prompts", 4},
         }) {
        auto const call = ask_kind(kind, body);
        BOOST_REQUIRE_MESSAGE(call->status == 200, call->body);
        BOOST_TEST(call->json().texts(member).size() == count, call->body);
        BOOST_TEST(call->json().find("task_id") == nullptr, call->body);
        BOOST_TEST(call->json().find("success") == nullptr, call->body);
        auto const trace = call->header("x-trace-id");
        auto const record = ask_tasks(R"({"trace_id": ")" + trace + R"("})")->json();
        BOOST_TEST(record.text("type").value() == kind);
        BOOST_TEST(!record.text("id").value().empty());
        BOOST_TEST(record.find("response")->texts(member).size() == count);
    }
    auto const listed = R"({"action": "retrieve_batch", "type": "describe"})";
    BOOST_TEST(ask_tasks(listed)->json().integer("count").value() == 1);
    auto const translated = ask_kind("translate", R"({"content": "雨后的小巷"})")->json();
    BOOST_TEST(translated.text("content").value() == "after the rain alley");
    BOOST_TEST(translated.find("note") == nullptr);
}

BOOST_AUTO_TEST_CASE(shorten_tells_its_cost_and_its_times) {
    auto const body =
        ask_kind("shorten", R"({"prompt": "a long road into a deep valley"})")->json();
    BOOST_TEST(body.number("cost").value() > 0);
    auto const span = body.number("finished_at").value() - body.number("started_at").value();
    BOOST_TEST(span == body.number("elapsed").value(), boost::test_tools::tolerance(0.01));
    BOOST_TEST(body.number("elapsed").value() == 0.4);
}

BOOST_AUTO_TEST_CASE(an_edit_with_another_action_needs_no_prompt) {
    auto const call = ask_kind("edits", on_road(R"(, "action": "vary", "mode": "fast")"));
    BOOST_REQUIRE_MESSAGE(call->status == 200, call->body);
    BOOST_TEST(get(call->json().text("raw_image_url").value())->body.starts_with("\x89PNG"));
}

BOOST_AUTO_TEST_CASE(a_seed_draws_the_same_picture_again) {
    auto const image = image_of(R"({"prompt": "a cat"})");
    auto const body = ask_kind("seed", R"({"image_id": ")" + image + R"("})")->json();
    auto const seed = body.text("seed").value();
    auto const again = image_of(R"({"prompt": "a cat --seed )" + seed + R"("})");
    BOOST_TEST((painted(again) == painted(image)));
    BOOST_TEST(ask_kind("seed", R"({"image_id": "12"})")->status == 400);
}

BOOST_AUTO_TEST_CASE(a_prompt_is_translated_when_asked_to_be) {
    auto const english = image_of(R"({"prompt": "cat --seed 5"})");
    auto const chinese = image_of(R"({"prompt": "猫 --seed 5", "translation": true})");
    auto const plain = image_of(R"({"prompt": "猫 --seed 5"})");
    BOOST_TEST((painted(chinese) == painted(english)));
    BOOST_TEST(!(painted(plain) == painted(english)));
}

BOOST_AUTO_TEST_CASE(modes_and_kinds_take_their_time) {
    auto const took = [this](std::string kind, std::string body) {
        return ask_kind(std::move(kind), std::move(body))->times.at(0);
    };
    auto const grid = image_of(R"({"prompt": "a"})");
    auto const single = image_of(follow_up("upscale1", grid));
    auto const movie = ask_kind("videos", on_road(""))->json().text("video_id").value();
    struct Row {
        char const* kind;
        std::string body;
        Duration time;
    };
    for (auto const& [kind, body, time] : std::vector<Row>{
             {"imagine", R"({"prompt": "a"})", 2s},
             {"imagine", R"({"prompt": "a", "mode": "turbo"})", 1s},
             {"imagine", R"({"prompt": "a", "mode": "relax"})", 4s},
             {"imagine", follow_up("variation2", grid), 2s}, // slower than an upscale
             {"imagine", follow_up("upscale2", grid), 1200ms},
             {"imagine", follow_up("upscale_2x", single), 1200ms},
             {"imagine", follow_up("zoom_out_2x", single), 2s},
             {"edits", on_road(R"(, "prompt": "a")"), 3s},
             {"edits", on_road(R"(, "prompt": "a", "mode": "turbo")"), 1500ms},
             {"videos", on_road(""), 4s},
             {"videos", R"({"action": "extend", "video_id": ")" + movie + R"("})", 4s},
             {"describe", on_road(""), 600ms},
             {"shorten", R"({"prompt": "a long road"})", 400ms},
             {"translate", R"({"content": "猫"})", 200ms},
             {"seed", R"({"image_id": ")" + grid + R"("})", 0ms},
         })
        BOOST_TEST((took(kind, body) == time), body);
}

BOOST_AUTO_TEST_CASE(accounts_queue_and_refuse_beyond_the_queue) {
    options.accounts = {AccountRule{"a", 1, {}, 1, 0, false}, AccountRule{"b", 1, {}, 2, 0, false}};
    options.queue_max = 1;
    std::vector<std::unique_ptr<FakeExchange>> calls;
    for (int i = 0; i < 4; ++i) {
        calls.push_back(exchange(imagine(R"({"prompt": "a cat"})")));
        start(*calls.back());
    }
    BOOST_TEST(calls[3]->status == 429);
    run();
    for (int i = 0; i < 3; ++i) BOOST_TEST(calls[static_cast<std::size_t>(i)]->status == 200);
    BOOST_TEST((calls[0]->times.at(0) == 2s));
    BOOST_TEST((calls[1]->times.at(0) == 1s)); // twice as fast
    BOOST_TEST((calls[2]->times.at(0) == 2s)); // one second later, on the fast one
    BOOST_TEST(state->ledger.entries().at(2).account == "b");
    auto const image = calls[0]->json().text("image_id").value();
    image_of(follow_up("upscale1", image));
    BOOST_TEST(state->ledger.entries().at(3).account == "a");
}

BOOST_AUTO_TEST_CASE(accounts_are_changed_from_this_machine_only) {
    options.accounts = {AccountRule{"a", 1, {}, 1, 0, false}};
    auto request = post("/__service/accounts/a", R"({"slots": 4, "banned": true})");
    request.method = "PATCH";
    BOOST_TEST(ask(request)->status == 403);
    request.from_loopback = true;
    auto const changed = ask(request)->json();
    BOOST_TEST(changed.integer("slots").value() == 4);
    request.path = "/__service/accounts/b";
    BOOST_TEST(ask(request)->status == 404);
    request.body = "{";
    BOOST_TEST(ask(request)->status == 400);
    http::Request get;
    get.method = "GET";
    get.path = "/__service/accounts";
    BOOST_TEST((*ask(get)->json().array())[0].boolean("banned").value());
}

BOOST_AUTO_TEST_CASE(an_account_is_slowed_and_banned_while_it_works) {
    options.accounts = {AccountRule{"a", 1, {}, 1, 0, false}, AccountRule{"b", 1, {}, 1, 0, false}};
    auto const change = [this](std::string body) {
        auto request = post("/__service/accounts/a", std::move(body));
        request.method = "PATCH";
        request.from_loopback = true;
        auto call = exchange(std::move(request));
        start(*call);
        BOOST_TEST(call->status == 200, call->body);
    };
    std::vector<std::unique_ptr<FakeExchange>> calls;
    auto const begin = [&] {
        calls.push_back(exchange(imagine(R"({"prompt": "a cat"})")));
        start(*calls.back());
    };
    begin();
    change(R"({"speed": 0.5})"); // running tasks keep their speed
    run();
    BOOST_TEST((calls[0]->times.at(0) == 2s));
    begin();
    begin();
    run();
    BOOST_TEST((calls[1]->times.at(0) == 2s)); // on b, which has served less
    BOOST_TEST((calls[2]->times.at(0) == 4s));
    begin();
    change(R"({"banned": true})");
    for (int i = 0; i < 3; ++i) begin();
    run();
    for (auto const& call : calls) BOOST_TEST(call->status == 200);
    std::map<std::string, int> served;
    for (auto const& entry : state->ledger.entries()) ++served[entry.account];
    BOOST_TEST(served["a"] <= 3);
    BOOST_TEST(served["b"] >= 4);
}

BOOST_AUTO_TEST_CASE(the_service_s_own_paths_can_be_switched_off) {
    options.service_paths = false;
    options.accounts = {AccountRule{"a", 1, {}, 1, 0, false}};
    for (auto const* path : {"/__service/ledger", "/__service/stats", "/__service/accounts",
                             "/__service/accounts/a", "/__service/"}) {
        for (auto const* method : {"GET", "HEAD", "PATCH", "POST"}) {
            auto request = post(path, R"({"banned": true})");
            request.method = method;
            request.from_loopback = true;
            BOOST_TEST(ask(std::move(request))->status == 404, path);
        }
    }
    BOOST_TEST(ask(imagine(R"({"prompt": "a cat"})"))->status == 200); // and nobody was banned
}

BOOST_AUTO_TEST_CASE(looking_up_tasks_is_free_and_never_too_often) {
    options.open = false;
    TokenRule rule;
    rule.token = "t";
    rule.running_max = 1;
    rule.balance = 1;
    options.token_rules = {rule};
    auto request = imagine(R"({"prompt": "a cat"})");
    request.headers.push_back({"authorization", "Bearer t"});
    BOOST_TEST(ask(request)->status == 200);
    request.path = "/midjourney/tasks";
    request.body = R"({"action": "retrieve_batch"})";
    for (int i = 0; i < 100; ++i) BOOST_TEST(ask(request)->status == 200);
    BOOST_TEST(state->ledger.totals().charged == 1u);
}

BOOST_AUTO_TEST_CASE(a_token_s_balance_ends_in_used_up) {
    options.open = false;
    TokenRule rule;
    rule.token = "t";
    rule.rate = 0;
    rule.balance = 1;
    options.token_rules = {rule};
    auto request = imagine(R"({"prompt": "a cat"})");
    request.headers.push_back({"authorization", "Bearer t"});
    BOOST_TEST(ask(request)->status == 200);
    auto const second = ask(request);
    BOOST_TEST(second->status == 403);
    BOOST_TEST(second->json().find("error")->text("code").value() == "used_up");
}

BOOST_AUTO_TEST_SUITE_END()
