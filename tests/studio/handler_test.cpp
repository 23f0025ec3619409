// The API's answers, without a network and in simulated time.
#include "tests/studio/handler_fixture.hpp"

using namespace darkroom;
using namespace darkroom::studio;
using namespace darkroom::test;
using namespace std::chrono_literals;

namespace {

constexpr auto handler_cat = R"({"prompt": "a cat --ar 2:1"})";

std::string error_code_of(FakeExchange const& call) {
    return call.json().find("error")->text("code").value();
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(desks, HandlerFixture)

BOOST_AUTO_TEST_CASE(a_generation_answers_at_its_end_with_the_published_members) {
    auto const call = ask(imagine(handler_cat));
    BOOST_TEST(call->status == 200);
    BOOST_TEST((call->times.at(0) == 2s));
    auto const body = call->json();
    auto const id = body.text("task_id").value();
    BOOST_TEST(body.text("raw_image_url").value() == "http://h:1/files/" + id + ".png");
    BOOST_TEST(body.text("image_url").value() == "http://h:1/files/" + id + ".png?thumb=50");
    BOOST_TEST(body.integer("raw_image_width").value() == 2 * body.integer("image_width").value());
    BOOST_TEST(body.integer("raw_image_width").value() > body.integer("raw_image_height").value());
    BOOST_TEST(body.integer("progress").value() == 100);
    BOOST_TEST(body.boolean("success").value());
    BOOST_TEST(body.find("image_id")->is_string());
    BOOST_TEST(body.texts("actions").size() == 9u);
    BOOST_TEST(body.texts("actions").front() == "upscale1");
    BOOST_TEST(!call->header("x-trace-id").empty());
    BOOST_TEST(state->ledger.totals().charged == 1u);
    BOOST_TEST(state->ledger.entries().at(0).answered);
}

BOOST_AUTO_TEST_CASE(a_stream_shows_two_previews_and_the_end) {
    auto const call = ask(imagine(handler_cat, true));
    BOOST_TEST(call->header("content-type") == "application/x-ndjson");
    BOOST_TEST(call->finished);
    BOOST_TEST(!call->length.has_value());
    BOOST_TEST(call->body.ends_with("}\n"));
    auto const lines = call->lines();
    BOOST_REQUIRE(lines.size() == 3u);
    BOOST_TEST((call->times == std::vector<Duration>{620ms, 1560ms, 2s}));
    std::vector<std::int64_t> const progress{31, 78, 100};
    for (std::size_t i = 0; i < lines.size(); ++i) {
        BOOST_TEST(lines[i].integer("progress").value() == progress[i]);
        BOOST_TEST(lines[i].text("task_id").value() == lines[0].text("task_id").value());
        BOOST_TEST(lines[i].boolean("success").value());
        BOOST_TEST(lines[i].texts("actions").empty() == (i < 2));
        if (i > 0) BOOST_TEST((lines[i].text("image_id") != lines[i - 1].text("image_id")));
    }
    BOOST_TEST(lines[0].text("raw_image_url")->ends_with("_p31.webp"));
    BOOST_TEST(lines[0].integer("raw_image_width").value() * 4 ==
               lines[2].integer("raw_image_width").value());
}

BOOST_AUTO_TEST_CASE(an_upscale_is_faster) {
    auto const grid = image_of(handler_cat);
    auto const call = ask(imagine(follow_up("upscale3", grid)));
    BOOST_TEST((call->times.at(0) == 1200ms));
}

BOOST_AUTO_TEST_CASE(a_chain_generates_varies_and_upscales) {
    auto const grid = image_of(handler_cat);
    auto const variation = image_of(follow_up("variation2", grid));
    auto const call = ask(imagine(follow_up("upscale4", variation)));
    auto const body = call->json();
    BOOST_TEST(body.texts("actions").front() == "upscale_2x");
    auto const whole = raw_size(state->tasks.find_image(grid)->picture, 128);
    BOOST_TEST(body.integer("raw_image_width").value() * 2 == whole.width);
    BOOST_TEST(state->ledger.totals().charged == 3u);
}

BOOST_AUTO_TEST_CASE(only_what_an_image_offers_can_be_asked_of_it) {
    auto const grid = image_of(handler_cat);
    auto const single = image_of(follow_up("upscale1", grid));
    struct Row {
        std::string body;
        char const* part;
    };
    for (auto const& [body, part] : std::initializer_list<Row>{
             {follow_up("upscale2", single), "upscale2"},
             {follow_up("zoom_out_2x", grid), "zoom_out_2x"},
             {follow_up("upscale1", "1300000000000000101"), "1300000000000000101"}}) {
        auto const call = ask(imagine(body));
        BOOST_TEST(call->status == 400);
        BOOST_TEST(error_code_of(*call) == "bad_request");
        BOOST_TEST(call->body.find(part) != std::string::npos, call->body);
    }
    BOOST_TEST(state->ledger.totals().accepted == 2u);
}

BOOST_AUTO_TEST_CASE(a_preview_s_image_id_cannot_be_used) {
    auto const lines = ask(imagine(handler_cat, true))->lines();
    auto const call = ask(imagine(follow_up("upscale1", lines[0].text("image_id").value())));
    BOOST_TEST(call->status == 400);
}

BOOST_AUTO_TEST_CASE(every_offered_action_works) {
    auto const grid = image_of(handler_cat);
    auto const single = image_of(follow_up("upscale1", grid));
    for (auto const& image : {grid, single}) {
        for (auto const& action : actions_of(state->tasks.find_image(image)->picture))
            BOOST_TEST(ask(imagine(follow_up(action, image)))->status == 200, action);
        BOOST_TEST(ask(imagine(follow_up("variation_region", image)))->status == 200);
    }
}

BOOST_AUTO_TEST_CASE(a_split_grid_has_four_tiles) {
    auto const call = ask(imagine(R"({"prompt": "four teapots", "split_images": true})"));
    auto const tiles = call->json().texts("sub_image_urls");
    BOOST_REQUIRE(tiles.size() == 4u);
    BOOST_TEST(tiles[0].ends_with("_0.png"));
    BOOST_TEST(tiles[3].ends_with("_3.png"));
}

BOOST_AUTO_TEST_CASE(repeats_differ_but_a_second_service_paints_the_same) {
    auto const first = image_of(handler_cat);
    auto const second = image_of(handler_cat);
    auto const a = painted(first);
    auto const b = painted(second);
    BOOST_TEST((a.scenes != b.scenes));
    service.reset();
    options.id_seed = 99;
    auto const again = image_of(handler_cat);
    BOOST_TEST((painted(again) == a));
    BOOST_TEST(again != first);
}

BOOST_AUTO_TEST_CASE(an_asynchronous_request_is_acknowledged_at_once) {
    auto call = exchange(imagine(R"({"prompt": "a cat", "async": true})"));
    settle(*call);
    BOOST_TEST(call->status == 200);
    BOOST_TEST((call->times.at(0) == 0s));
    auto const id = call->json().text("task_id").value();
    BOOST_TEST(call->json().boolean("success").value());
    BOOST_TEST(state->tasks.find(id)->succeeded()); // run() let the time pass
    auto const streamed = ask(imagine(R"({"prompt": "a cat", "async": true})", true));
    BOOST_TEST(streamed->header("content-type") == "application/x-ndjson");
    BOOST_TEST(streamed->lines().size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_asynchronous_wrong_prompt_fails_as_a_task_and_costs_nothing) {
    auto const call = ask(imagine(R"({"prompt": "a cat -c x", "async": true})"));
    BOOST_TEST(call->status == 200);
    auto const id = call->json().text("task_id").value();
    auto const record = ask_tasks(R"({"id": ")" + id + R"("})")->json();
    auto const* response = record.find("response");
    BOOST_REQUIRE(response != nullptr);
    BOOST_TEST(!response->boolean("success").value());
    BOOST_TEST(response->find("error")->text("message").value() ==
               "Unrecognized argument(s): `-c`, `x`");
    BOOST_TEST(state->ledger.totals().charged == 0u);
    BOOST_TEST(state->ledger.totals().failed == 1u);
}

BOOST_AUTO_TEST_CASE(a_timeout_answers_504_and_the_task_continues) {
    auto const call = ask(imagine(R"({"prompt": "a cat", "timeout": 1})"));
    BOOST_TEST(call->status == 504);
    BOOST_TEST(error_code_of(*call) == "timeout");
    BOOST_TEST((call->times.at(0) == 1s));
    BOOST_TEST(state->ledger.totals().charged == 1u);
    auto const early = ask(imagine(R"({"prompt": "a cat", "timeout": 0.5})", true));
    BOOST_TEST(early->status == 504);
    auto const streamed = ask(imagine(R"({"prompt": "a cat", "timeout": 1})", true));
    BOOST_TEST(streamed->status == 200);
    BOOST_REQUIRE(streamed->lines().size() == 2u);
    BOOST_TEST(streamed->lines()[1].find("error")->text("code").value() == "timeout");
}

BOOST_AUTO_TEST_CASE(a_client_that_leaves_does_not_stop_its_task) {
    auto call = exchange(imagine(handler_cat, true));
    call->gone = true;
    settle(*call);
    BOOST_TEST(state->ledger.totals().charged == 1u);
    BOOST_TEST(!state->ledger.entries().at(0).answered);
    auto const page = ask_tasks(R"({"action": "retrieve_batch"})")->json();
    auto const& record = page.find("items")->array()->at(0);
    BOOST_TEST(record.find("response")->integer("progress").value() == 100);
    BOOST_TEST(record.find("request")->text("prompt").value() == "a cat --ar 2:1");
}

BOOST_AUTO_TEST_CASE(a_record_shows_times_and_no_preview_until_the_end) {
    auto call = exchange(imagine(R"({"prompt": "a cat", "async": true})"));
    start(*call);
    clock.skip(1s);
    poll();
    auto const id = call->json().text("task_id").value();
    auto const query = R"({"action": "retrieve", "task_id": ")" + id + R"("})";
    auto running = exchange(post("/midjourney/tasks", query));
    start(*running);
    auto const before = running->json();
    BOOST_TEST(before.find("finished_at")->is_null());
    BOOST_TEST(before.find("response") == nullptr);
    BOOST_TEST(before.text("type").value() == "imagine");
    run();
    auto const after = ask_tasks(query)->json();
    auto const elapsed = after.number("finished_at").value() - after.number("started_at").value();
    BOOST_TEST(elapsed == 2.0, boost::test_tools::tolerance(0.01));
    BOOST_TEST(after.number("elapsed").value() == 2.0);
    BOOST_TEST(after.find("response")->boolean("success").value());
    BOOST_TEST(after.text("trace_id").value() == call->header("x-trace-id"));
}

BOOST_AUTO_TEST_CASE(previews_in_tasks_are_an_option) {
    options.previews_in_tasks = true;
    auto call = exchange(imagine(R"({"prompt": "a cat", "async": true})"));
    start(*call);
    clock.skip(1s);
    poll();
    TasksHandler const handler(*state);
    json::Value query;
    query.set("id", call->json().text("task_id").value());
    auto const record = handler.look_up(query, "").value();
    BOOST_TEST(record.find("response")->integer("progress").value() == 31);
    BOOST_TEST(record.find("finished_at")->is_null());
    run();
}

BOOST_AUTO_TEST_CASE(tasks_are_looked_up_in_every_documented_way) {
    auto const grid = ask(imagine(handler_cat))->json();
    auto const id = grid.text("task_id").value();
    auto const trace = state->tasks.find(id)->trace_id;
    struct Row {
        std::string body;
        std::size_t items;
    };
    for (auto const& [body, items] : std::initializer_list<Row>{
             {R"({"action":"retrieve_batch","ids":[")" + id + R"(","nobody",""],"id":""})", 1},
             {R"({"action":"retrieve_batch","trace_ids":[")" + trace + R"("]})", 1},
             {R"({"action":"retrieve_batch"})", 1},
             {R"({"action":"retrieve_batch","limit":0})", 0},
             {R"({"action":"retrieve_batch","offset":1})", 0},
             {R"({"action":"retrieve_batch","created_at_min":9999999999})", 0}}) {
        auto const answer = ask_tasks(body)->json();
        BOOST_TEST(answer.find("items")->array()->size() == items, body);
        bool const paged = body.find("limit") != body.npos || body.find("offset") != body.npos;
        if (paged) BOOST_TEST(answer.integer("count").value() == 1, body); // of all that match
    }
    BOOST_TEST(ask_tasks(R"({"trace_id": ")" + trace + R"("})")->json().text("id").value() == id);
    BOOST_TEST(ask_tasks(R"({"action": "retrieve", "id": "nobody"})")->body == "{}");
    for (auto const* wrong : {R"({"action": "list"})", R"({})", "[]", "nonsense",
                              R"({"action": "retrieve_batch", "limit": -1})"})
        BOOST_TEST(ask_tasks(wrong)->status == 400, wrong);
}

BOOST_AUTO_TEST_CASE(a_listing_is_filtered_by_user_application_type_and_time) {
    auto const first = ask(imagine(handler_cat))->json().text("task_id").value();
    clock.skip(60s);
    ask(imagine(handler_cat));
    auto const record = ask_tasks(R"({"id": ")" + first + R"("})")->json();
    auto const user = record.text("user_id").value();
    auto const application = record.text("application_id").value();
    auto const later = std::to_string(record.number("created_at").value() + 30);
    struct Row {
        std::string members;
        int count;
    };
    for (auto const& [members, count] : std::initializer_list<Row>{
             {R"("user_id": ")" + user + "\"", 2},
             {R"("user_id": ")" + user + R"(", "application_id": ")" + application + "\"", 2},
             {R"("user_id": "", "application_id": "")", 2},
             {R"("user_id": "somebody")", 0},
             {R"("application_id": "another")", 0},
             {R"("type": "imagine")", 2},
             {R"("type": "videos")", 0},
             {R"("created_at_min": )" + later, 1},
             {R"("created_at_max": )" + later, 1},
             {R"("created_at_min": )" + later + R"(, "created_at_max": )" + later, 0}}) {
        auto const answer = ask_tasks(R"({"action": "retrieve_batch", )" + members + "}")->json();
        BOOST_TEST(answer.integer("count").value() == count, members);
    }
}

BOOST_AUTO_TEST_CASE(a_record_s_request_has_more_members_than_were_sent) {
    auto const call = ask(imagine(R"({"prompt": "a cat", "mode": "relax", "version": "7"})"));
    auto const id = call->json().text("task_id").value();
    auto const record = ask_tasks(R"({"id": ")" + id + R"("})")->json();
    auto request = *record.find("request");
    BOOST_TEST(request.text("trace_id").value() == record.text("trace_id").value());
    BOOST_TEST(request.text("application_id").value() == record.text("application_id").value());
    request.erase("trace_id");
    request.erase("application_id");
    BOOST_TEST(json::write_canonical(request) ==
               R"({"action":null,"callback_url":null,"check_image":null,"check_prompt":null,)"
               R"("image_id":null,"image_origin":null,"mode":"relax","prompt":"a cat",)"
               R"("retry_times":null,"stream":false,"timeout":null,"translation":null,)"
               R"("version":"7"})");
    auto const plain = ask(imagine(R"({"prompt": "a cat"})"))->json().text("task_id").value();
    auto const other = ask_tasks(R"({"id": ")" + plain + R"("})")->json();
    BOOST_TEST(other.find("request")->text("version").value() == "1.0");
    BOOST_TEST(other.find("request")->text("mode").value() == "fast");
}

BOOST_AUTO_TEST_CASE(a_record_names_the_holders_of_its_task) {
    options.open = false;
    options.tokens = {"ours", "theirs"};
    std::vector<std::string> users;
    for (auto const* token : {"ours", "theirs", "ours"}) {
        auto request = imagine(handler_cat);
        request.headers.push_back({"authorization", std::string("Bearer ") + token});
        auto const id = ask(request)->json().text("task_id").value();
        request.path = "/midjourney/tasks";
        request.body = R"({"id": ")" + id + R"("})";
        auto const call = ask(request);
        auto const record = call->json();
        users.push_back(record.text("user_id").value());
        for (auto const* key : {"application_id", "credential_id", "api_id"})
            BOOST_TEST(record.text(key).value().size() == 36u, key);
        for (auto const* key : {"actor_user_id", "authorization_id"})
            BOOST_TEST(record.find(key)->is_null(), key);
        BOOST_TEST(call->body.find(token) == std::string::npos);
    }
    BOOST_TEST(users[0] == users[2]);
    BOOST_TEST(users[0] != users[1]);
}

BOOST_AUTO_TEST_CASE(a_token_knows_its_own_tasks_and_images_only) {
    options.open = false;
    options.tokens = {"ours", "theirs"};
    auto const as = [this](std::string token, http::Request request) {
        request.headers.push_back({"authorization", "Bearer " + token});
        return ask(std::move(request));
    };
    auto const grid = as("ours", imagine(handler_cat))->json();
    auto const id = grid.text("task_id").value();
    auto const trace = state->tasks.find(id)->trace_id;
    for (auto const& query :
         {R"({"id": ")" + id + R"("})", R"({"trace_id": ")" + trace + R"("})"}) {
        auto const request = post("/midjourney/tasks", query);
        BOOST_TEST(as("ours", request)->json().text("id").value() == id);
        BOOST_TEST(as("theirs", request)->body == "{}", query);
    }
    for (auto const& more : {R"("ids": [")" + id + R"("])", R"("trace_ids": [")" + trace + R"("])",
                             std::string(R"("limit": 5)")}) {
        auto const request =
            post("/midjourney/tasks", R"({"action": "retrieve_batch", )" + more + "}");
        BOOST_TEST(as("ours", request)->json().integer("count").value() == 1, more);
        BOOST_TEST(as("theirs", request)->json().integer("count").value() == 0, more);
    }
    auto const image = grid.text("image_id").value();
    auto const up = imagine(follow_up("upscale1", image));
    auto const seed = post("/midjourney/seed", R"({"image_id": ")" + image + R"("})");
    BOOST_TEST(as("theirs", up)->status == 400);
    BOOST_TEST(as("theirs", seed)->status == 400);
    BOOST_TEST(as("ours", up)->status == 200);
    BOOST_TEST(as("ours", seed)->status == 200);
}

BOOST_AUTO_TEST_CASE(without_a_list_of_tokens_all_tasks_are_common) {
    options.open = false;
    auto const as = [this](std::string token, http::Request request) {
        request.headers.push_back({"authorization", "Bearer " + token});
        return ask(std::move(request));
    };
    auto const image = as("one", imagine(handler_cat))->json().text("image_id").value();
    auto const all = post("/midjourney/tasks", R"({"action": "retrieve_batch"})");
    BOOST_TEST(as("another", all)->json().integer("count").value() == 1);
    BOOST_TEST(as("another", imagine(follow_up("upscale1", image)))->status == 200);
}

BOOST_AUTO_TEST_CASE(errors_have_the_published_shape) {
    options.open = false;
    options.tokens = {"secret"};
    auto const with = [](http::Request request, std::string token) {
        request.headers.push_back({"authorization", std::move(token)});
        return request;
    };
    auto get = imagine(handler_cat);
    get.method = "GET";
    struct Row {
        http::Request request;
        int status;
        char const* code;
    };
    std::vector<Row> const rows{
        {imagine(handler_cat), 400, "no_token"},
        {with(imagine(handler_cat), "Bearer wrong"), 401, "invalid_token"},
        {with(imagine(handler_cat), "secret"), 401, "invalid_token"},
        {with(imagine("{"), "Bearer secret"), 400, "bad_request"},
        {with(imagine("{}"), "bearer secret"), 400, "bad_request"},
        {with(post("/midjourney/videos", "{}"), "Bearer secret"), 400, "bad_request"},
        {post("/midjourney/images", "{}"), 404, "no_api"},
        {post("/files/x.png", ""), 405, "bad_request"},
        {get, 405, "bad_request"},
    };
    for (auto const& [request, status, code] : rows) {
        auto const call = ask(request);
        BOOST_TEST(call->status == status, call->body);
        BOOST_TEST(error_code_of(*call) == code);
        BOOST_TEST(call->json().find("success") == nullptr);
        BOOST_TEST(call->json().text("trace_id").value() == call->header("x-trace-id"));
    }
    BOOST_TEST(ask(with(imagine(handler_cat), "Bearer secret"))->status == 200);
    BOOST_TEST(state->ledger.totals().accepted == 1u);
}

BOOST_AUTO_TEST_CASE(more_generations_than_allowed_get_429) {
    options.running_max = 1;
    auto first = exchange(imagine(handler_cat));
    start(*first);
    auto const second = ask(imagine(handler_cat));
    BOOST_TEST(second->status == 429);
    BOOST_TEST(error_code_of(*second) == "too_many_requests");
    BOOST_TEST(second->header("retry-after") == "1");
    BOOST_TEST(first->status == 200);
    BOOST_TEST(state->ledger.totals().accepted == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
