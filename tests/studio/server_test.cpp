// The service over real sockets, seen by a client that shares nothing with it.
#include "runner/base/json.hpp"
#include "runner/studio/paint/samples.hpp"
#include "tests/studio/live_service.hpp"
#include "tests/studio/raw_client.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::studio;
using namespace darkroom::test;
using namespace std::chrono_literals;

namespace {

constexpr auto imagine = "POST /midjourney/imagine";
constexpr auto as_stream = "accept: application/x-ndjson\r\n";
constexpr auto server_cat = R"({"prompt": "a cat"})";

json::Value json_of(RawReply const& reply) { return json::read(reply.body).value(); }

std::string path_of(std::string const& link, LiveService const& service) {
    BOOST_REQUIRE(link.starts_with(service.url()));
    return link.substr(service.url().size());
}

/// Makes a generation and returns the path of its raw file.
std::string fresh_file(LiveService const& service, RawClient& client) {
    auto const answer = json_of(client.ask(imagine, {}, server_cat));
    return path_of(answer.text("raw_image_url").value(), service);
}

json::Value ledger_of(LiveService const& service) {
    return json_of(RawClient(service.port()).ask("GET /__service/ledger"));
}

FaultScript script(char const* rule) {
    return read_fault_script(json::read(std::string("{\"faults\": [") + rule + "]}").value())
        .value();
}

ServerOptions with_fault(char const* rule) {
    auto options = LiveService::quick();
    options.faults = script(rule);
    return options;
}

/// Returns width and height of a PNG from its header.
std::pair<std::uint32_t, std::uint32_t> png_size(std::string const& bytes) {
    BOOST_REQUIRE(bytes.size() > 24u);
    BOOST_TEST(bytes.substr(1, 3) == "PNG");
    auto const number = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i)
            value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
        return value;
    };
    return {number(16), number(20)};
}

} // namespace

BOOST_AUTO_TEST_SUITE(live_service)

BOOST_AUTO_TEST_CASE(many_requests_share_one_connection) {
    LiveService service;
    RawClient client(service.port());
    auto const first = client.ask(imagine, {}, server_cat);
    BOOST_TEST(first.status == 200);
    BOOST_TEST(first.headers.at("date").ends_with("GMT"));
    auto const grid = json_of(first).text("image_id").value();
    auto const second =
        client.ask(imagine, {}, R"({"action": "variation2", "image_id": ")" + grid + R"("})");
    BOOST_TEST(second.status == 200);
    auto const missing = client.ask("GET /nowhere");
    BOOST_TEST(missing.status == 404);
    BOOST_TEST(client.ask(imagine, "connection: close\r\n", "{").headers.at("connection") ==
               "close");
    BOOST_TEST(client.rest().empty());
}

BOOST_AUTO_TEST_CASE(pipelined_requests_are_answered_in_order) {
    LiveService service;
    RawClient client(service.port());
    client.request("GET /one");
    client.request("GET /two");
    BOOST_TEST(client.reply().body.find("/one") != std::string::npos);
    BOOST_TEST(client.reply().body.find("/two") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_stream_comes_in_chunks_that_make_three_lines) {
    LiveService service;
    RawClient client(service.port());
    auto const reply = client.ask(imagine, as_stream, server_cat);
    BOOST_TEST(reply.headers.at("content-type") == "application/x-ndjson");
    BOOST_TEST(reply.headers.at("transfer-encoding") == "chunked");
    BOOST_TEST(reply.complete);
    BOOST_TEST(std::count(reply.body.begin(), reply.body.end(), '\n') == 3);
    BOOST_TEST(client.ask("GET /still-open").status == 404);
}

BOOST_AUTO_TEST_CASE(an_http_1_0_client_gets_no_chunks) {
    LiveService service;
    RawClient client(service.port());
    client.send(std::string("POST /midjourney/imagine HTTP/1.0\r\n") + as_stream +
                "content-type: application/json\r\ncontent-length: 19\r\n\r\n" + server_cat);
    auto const reply = client.reply();
    BOOST_TEST(reply.headers.count("transfer-encoding") == 0u);
    BOOST_TEST(std::count(reply.body.begin(), reply.body.end(), '\n') == 3);
}

BOOST_AUTO_TEST_CASE(a_client_that_vanishes_still_pays_and_finds_its_task) {
    LiveService service;
    {
        RawClient client(service.port());
        client.request(imagine, as_stream, server_cat);
        RawClient watcher(service.port());
        json::Value ledger;
        while (ledger.find("totals") == nullptr ||
               ledger.find("totals")->integer("accepted").value() == 0)
            ledger = json_of(watcher.ask("GET /__service/ledger"));
        client.vanish();
    }
    RawClient client(service.port());
    json::Value record;
    do { // the task ends by itself; each request is a round trip
        auto const page =
            json_of(client.ask("POST /midjourney/tasks", {}, R"({"action": "retrieve_batch"})"));
        record = page.find("items")->array()->at(0);
    } while (record.find("finished_at")->is_null());
    BOOST_TEST(record.find("response")->boolean("success").value());
    auto const entry = ledger_of(service).find("entries")->array()->at(0);
    BOOST_TEST(entry.integer("charges").value() == 1);
    BOOST_TEST(!entry.boolean("answered").value());
}

BOOST_AUTO_TEST_CASE(files_are_png_of_the_promised_size_whole_and_in_parts) {
    LiveService service;
    RawClient client(service.port());
    auto const path = fresh_file(service, client);
    auto const whole = client.ask("GET " + path);
    BOOST_TEST(whole.headers.at("content-type") == "image/png");
    BOOST_TEST((png_size(whole.body) == std::pair<std::uint32_t, std::uint32_t>(128, 128)));
    BOOST_TEST((png_size(client.ask("GET " + path + "?thumb=50").body).first == 64u));
    auto const etag = whole.headers.at("etag");
    auto const head = client.ask("HEAD " + path);
    BOOST_TEST(head.headers.at("content-length") == std::to_string(whole.body.size()));
    BOOST_TEST(head.headers.at("etag") == etag);
    auto const part = client.ask("GET " + path, "range: bytes=100-\r\nif-range: " + etag + "\r\n");
    BOOST_TEST(part.status == 206);
    BOOST_TEST(part.headers.at("content-range") == "bytes 100-" +
                                                       std::to_string(whole.body.size() - 1) + "/" +
                                                       std::to_string(whole.body.size()));
    BOOST_TEST((whole.body.substr(100) == part.body));
    auto const other = client.ask("GET " + path, "range: bytes=100-\r\nif-range: \"x\"\r\n");
    BOOST_TEST(other.status == 200);
    BOOST_TEST((other.body == whole.body));
    BOOST_TEST(client.ask("GET " + path, "range: bytes=999999999-\r\n").status == 416);
    BOOST_TEST(client.ask("GET /files/nothing.png").status == 404);
    service.stop();
    BOOST_TEST(service.ledger().totals().file_bytes > 2 * whole.body.size());
}

BOOST_AUTO_TEST_CASE(tiles_are_files_of_their_own) {
    LiveService service;
    RawClient client(service.port());
    auto const answer =
        json_of(client.ask(imagine, {}, R"({"prompt": "four teapots", "split_images": true})"));
    std::vector<std::string> seen;
    for (auto const& link : answer.texts("sub_image_urls")) {
        auto const tile = client.ask("GET " + path_of(link, service));
        BOOST_TEST(png_size(tile.body).first == 64u);
        BOOST_TEST(std::count(seen.begin(), seen.end(), tile.body) == 0);
        seen.push_back(tile.body);
    }
    BOOST_TEST(seen.size() == 4u);
}

BOOST_AUTO_TEST_CASE(a_preview_can_be_seen_until_the_task_ends) {
    auto options = LiveService::quick();
    options.latency = 2s;
    LiveService service(options);
    RawClient client(service.port());
    client.request(imagine, as_stream, server_cat);
    std::string text;
    RawClient second(service.port());
    json::Value record;
    // The preview's name follows from the task's.
    while (!record.find("items") || record.find("items")->array()->empty())
        record =
            json_of(second.ask("POST /midjourney/tasks", {}, R"({"action": "retrieve_batch"})"));
    auto const id = record.find("items")->array()->at(0).text("id").value();
    auto preview = second.ask("GET /files/" + id + "_p31.webp");
    while (preview.status == 404) preview = second.ask("GET /files/" + id + "_p31.webp");
    BOOST_TEST(preview.status == 200);
    BOOST_TEST(preview.headers.at("content-type") == "image/webp");
    BOOST_TEST(preview.body.substr(8, 4) == "WEBP");
    BOOST_TEST(client.reply().complete);
    BOOST_TEST(second.ask("GET /files/" + id + "_p31.webp").status == 404);
}

BOOST_AUTO_TEST_CASE(input_images_come_from_samples_and_from_the_network) {
    LiveService service;
    RawClient client(service.port());
    for (auto const name : sample_names()) {
        auto const sample = client.ask("GET /samples/" + std::string(name) + ".png");
        BOOST_TEST(sample.status == 200);
        BOOST_TEST((png_size(sample.body).first == 768u));
    }
    auto const body = [](std::string const& links) {
        return R"({"prompt": ")" + links + R"( a car on the beach --iw 2"})";
    };
    auto const from_network = client.ask(imagine, {}, body(service.url() + "/samples/road.png"));
    BOOST_TEST(from_network.status == 200, from_network.body);
    auto const built_in = client.ask(imagine, {},
                                     body("http://samples.darkroom.invalid/bear.png "
                                          "http://samples.darkroom.invalid/chainsaw.png"));
    BOOST_TEST(built_in.status == 200, built_in.body);
    for (auto const& link : {std::string("http://127.0.0.1:1/x.png"),
                             service.url() + "/nothing.png", service.url() + "/__service/stats",
                             std::string("http://samples.darkroom.invalid/raod.png")}) {
        auto const refused = client.ask(imagine, {}, body(link));
        BOOST_TEST(refused.status == 400);
        BOOST_TEST(refused.body.find(link) != std::string::npos, refused.body);
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_http_or_too_large_is_refused) {
    LiveService service;
    struct Row {
        std::string bytes;
        int status;
    };
    for (auto const& [bytes, status] : std::initializer_list<Row>{
             {"what is this\r\n\r\n", 400},
             {"GET / HTTP/1.1\r\nx: " + std::string(20'000, 'a') + "\r\n\r\n", 431},
             {"POST /midjourney/imagine HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n", 413},
             {"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n", 400}}) {
        RawClient client(service.port());
        client.send(bytes);
        auto const reply = client.reply();
        BOOST_TEST(reply.status == status);
        BOOST_TEST(json_of(reply).find("error")->text("code").value() == "bad_request");
        BOOST_TEST(client.rest().empty());
    }
}

BOOST_AUTO_TEST_CASE(a_large_body_waits_for_100_continue) {
    LiveService service;
    RawClient client(service.port());
    client.send("POST /midjourney/imagine HTTP/1.1\r\nexpect: 100-continue\r\n"
                "content-type: application/json\r\ncontent-length: 19\r\n\r\n");
    BOOST_TEST(client.reply(true).status == 100);
    client.send(server_cat);
    BOOST_TEST(client.reply().status == 200);
}

BOOST_AUTO_TEST_CASE(a_reset_is_a_reset_on_the_wire) {
    for (auto const* rule : {R"({"do": "reset_before"})", R"({"do": "reset_after"})"}) {
        LiveService service(with_fault(rule));
        RawClient client(service.port());
        client.request(imagine, {}, server_cat);
        BOOST_TEST(client.rest().empty());
        BOOST_TEST(client.was_reset(), rule);
    }
}

BOOST_AUTO_TEST_CASE(a_cut_stream_has_no_last_chunk) {
    LiveService service(with_fault(R"({"do": "cut", "after_bytes": 500})"));
    RawClient client(service.port());
    auto const reply = client.ask(imagine, as_stream, server_cat);
    BOOST_TEST(!reply.complete);
    BOOST_TEST(reply.body.size() == 500u);
}

BOOST_AUTO_TEST_CASE(every_download_fault_looks_as_it_is_named) {
    LiveService sound;
    RawClient sound_client(sound.port());
    auto const good = sound_client.ask("GET " + fresh_file(sound, sound_client)).body;
    struct Row {
        char const* rule;
        int status;
        bool complete;
        std::size_t bytes;
    };
    auto const size = good.size();
    for (auto const& [rule, status, complete, bytes] : std::initializer_list<Row>{
             {R"({"on": "file", "do": "cut", "after_bytes": 100})", 200, false, 100},
             {R"({"on": "file", "do": "short_body", "after_bytes": 100})", 200, true, 100},
             {R"({"on": "file", "do": "stall", "after_bytes": 50, "time": "20ms"})", 200, false,
              50},
             {R"({"on": "file", "do": "empty"})", 200, true, 0},
             {R"({"on": "file", "do": "corrupt"})", 200, true, size},
             {R"({"on": "file", "do": "dribble", "bytes": 900, "time": "1ms"})", 200, true,
              size}}) {
        LiveService service(with_fault(rule));
        RawClient client(service.port());
        auto const reply = client.ask("GET " + fresh_file(service, client));
        BOOST_TEST(reply.status == status, rule);
        BOOST_TEST(reply.complete == complete, rule);
        BOOST_TEST(reply.body.size() == bytes, rule);
        bool const corrupt = std::string_view(rule).find("corrupt") != std::string_view::npos;
        BOOST_TEST((reply.body == good.substr(0, bytes)) == !corrupt, rule);
    }
}

BOOST_AUTO_TEST_CASE(other_download_faults) {
    {
        LiveService service(with_fault(R"({"on": "file", "do": "html"})"));
        RawClient client(service.port());
        BOOST_TEST(client.ask("GET " + fresh_file(service, client)).headers.at("content-type") ==
                   "text/html");
    }
    {
        LiveService service(with_fault(R"({"on": "file", "do": "wrong_size"})"));
        RawClient client(service.port());
        BOOST_TEST(png_size(client.ask("GET " + fresh_file(service, client)).body).first == 64u);
    }
    LiveService service(with_fault(R"({"on": "file", "do": "redirect_loop"})"));
    RawClient client(service.port());
    auto const path = fresh_file(service, client);
    auto const reply = client.ask("GET " + path);
    BOOST_TEST(reply.status == 302);
    BOOST_TEST(reply.headers.at("location") == path);
}

BOOST_AUTO_TEST_CASE(an_expired_link_is_replaced_by_reading_the_task_again) {
    LiveService service(
        with_fault(R"({"on": "file", "do": "expired", "status": 410, "count": 1})"));
    RawClient client(service.port());
    auto const answer = json_of(client.ask(imagine, {}, server_cat));
    auto const old_path = path_of(answer.text("raw_image_url").value(), service);
    BOOST_TEST(client.ask("GET " + old_path).status == 410);
    BOOST_TEST(client.ask("GET " + old_path).status == 410);
    auto const record = json_of(client.ask(
        "POST /midjourney/tasks", {}, R"({"id": ")" + answer.text("task_id").value() + R"("})"));
    auto const fresh = record.find("response")->text("raw_image_url").value();
    BOOST_TEST(client.ask("GET " + path_of(fresh, service)).status == 200);
}

BOOST_AUTO_TEST_CASE(the_service_stops_in_the_middle_of_anything) {
    auto options = LiveService::quick();
    options.latency = 1h;
    LiveService service(options);
    RawClient streaming(service.port());
    streaming.request(imagine, as_stream, server_cat);
    RawClient waiting(service.port());
    waiting.request(imagine, {}, server_cat);
    RawClient idle(service.port());
    BOOST_TEST(idle.ask("GET /x").status == 404);
    service.stop();
    BOOST_TEST(streaming.rest().empty());
    BOOST_TEST(service.ledger().totals().charged == 0u);
}

BOOST_AUTO_TEST_CASE(this_machine_is_known_by_its_v4_address_on_a_v6_socket_as_well) {
    auto options = LiveService::quick();
    options.listen.host = "::";
    options.accounts = {AccountRule{"a", 1, {}, 1, 0, false}};
    boost::asio::io_context io;
    SteadyClock clock;
    if (!Server(io.get_executor(), clock, options).listen().has_value()) {
        BOOST_TEST_MESSAGE("this machine has no IPv6");
        return;
    }
    LiveService service(options);
    RawClient client(service.port()); // 127.0.0.1, which the service sees as ::ffff:127.0.0.1
    auto const changed = client.ask("PATCH /__service/accounts/a", {}, R"({"banned": true})");
    BOOST_TEST(changed.status == 200, changed.body);
    BOOST_TEST(json_of(changed).boolean("banned").value());
}

BOOST_AUTO_TEST_CASE(a_port_in_use_and_a_bad_address_are_reported) {
    LiveService service;
    boost::asio::io_context io;
    SteadyClock clock;
    auto options = LiveService::quick();
    options.listen.port = service.port();
    auto const taken = Server(io.get_executor(), clock, options).listen();
    BOOST_REQUIRE(!taken.has_value());
    BOOST_TEST(taken.error().detail.find("127.0.0.1") != std::string::npos);
    options.listen.host = "nowhere.example";
    BOOST_TEST(!Server(io.get_executor(), clock, options).listen().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
