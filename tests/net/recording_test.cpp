// A recording of exchanges holds no secret, wherever one stands.
#include "runner/net/recording.hpp"

#include "runner/base/base64.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdlib.h>
#include <sys/stat.h>
#include <vector>

using namespace darkroom;
using namespace darkroom::net;

namespace {

std::string const token = "s3cr3t/of+the=tests";
std::string const renewed = "another-token-of-the-tests";

/// Takes every body.
struct Taker : BodyReader {
    Result<> on_head(ResponseHead const&) override { return {}; }
    Result<bool> on_body(std::string_view) override { return true; }
};

struct Fixture {
    Fixture() {
        auto name = (std::filesystem::temp_directory_path() / "darkroom-record-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        directory = name;
        recording = Recording::create(path(), clock).value();
    }
    ~Fixture() { std::filesystem::remove_all(directory); }
    std::string path() const { return (directory / "bug.jsonl").string(); }

    void exchange(RecordedRequest request, std::string fields, std::vector<std::string> pieces) {
        RecordedExchange exchange(*recording, std::move(request), taker);
        ResponseHead head;
        head.status = 200;
        head.fields = std::move(fields);
        BOOST_TEST(exchange.on_head(head).has_value());
        for (auto const& piece : pieces) BOOST_TEST(exchange.on_body(piece).has_value());
        exchange.over(Reply());
    }
    static RecordedRequest post(std::string url, std::string body = "{}") {
        return {"POST", std::move(url), "Accept: */*\r\n", std::move(body), "Bearer " + token};
    }
    std::string text() const {
        std::ifstream file(path());
        return {std::istreambuf_iterator<char>(file), {}};
    }
    json::Value last() const {
        auto const lines = text();
        auto const begin = lines.rfind('\n', lines.size() - 2) + 1;
        return json::read(lines.substr(begin)).value();
    }
    std::string text_of(std::string const& name) const {
        std::ifstream file(directory / name);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    /// The one piece of the last exchange's body.
    json::Value body() const { return last().find("pieces")->array()->at(0); }

    std::filesystem::path directory;
    SteadyClock clock;
    Taker taker;
    std::shared_ptr<Recording> recording;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(recordings, Fixture)

BOOST_AUTO_TEST_CASE(addresses_show_neither_tokens_nor_users) {
    exchange(post("https://h/a?key=" + token + "&b"), "", {});
    BOOST_TEST(last().text("url").value() == "https://h/a?key=TOKEN&b");
    exchange(post("https://h/a?key=s3cr3t%2Fof%2Bthe%3Dtests"), "", {});
    BOOST_TEST(last().text("url").value() == "https://h/a?key=TOKEN");
    exchange(post("https://user:word@h/a@b"), "Location: http://u:p@cdn/x?y=@\r\n", {});
    BOOST_TEST(last().text("url").value() == "https://TOKEN@h/a@b");
    BOOST_TEST(last().find("headers")->text("location").value() == "http://TOKEN@cdn/x?y=@");
    exchange(post("https://h/a?b=c@d"), "Location: /files/a@b\r\n", {});
    BOOST_TEST(last().text("url").value() == "https://h/a?b=c@d");
    BOOST_TEST(last().find("headers")->text("location").value() == "/files/a@b");
}

BOOST_AUTO_TEST_CASE(headers_of_secrets_are_left_out_on_both_sides) {
    auto request = post("https://h/");
    request.headers = "Accept: */*\r\nAuthorization: Basic x1\r\nProxy-Authorization: Basic x2\r\n"
                      "Cookie: x3\r\nX-Api-Key: x4\r\nRange: bytes=1-\r\nIf-Range: " +
                      token + "\r\n";
    exchange(std::move(request),
             "Set-Cookie: x5\r\nX-Api-Key: x6\r\nAuthorization: x7\r\nETag: \"" + token +
                 "\"\r\nContent-Type: text/plain; " + token + "\r\nX-Trace-Id: " + token + "\r\n",
             {});
    BOOST_TEST(last().text("asked_with").value() ==
               "Accept: */*\r\nRange: bytes=1-\r\nIf-Range: TOKEN\r\n");
    auto const headers = *last().find("headers");
    BOOST_TEST(headers.text("etag").value() == "\"TOKEN\"");
    BOOST_TEST(headers.text("content-type").value() == "text/plain; TOKEN");
    BOOST_TEST(headers.text("x-trace-id").value() == "TOKEN");
    for (auto const* word : {"x1", "x2", "x3", "x4", "x5", "x6", "x7"})
        BOOST_TEST(text().find(word) == std::string::npos, word);
}

BOOST_AUTO_TEST_CASE(bodies_show_no_token_also_in_pieces_escaped_or_in_base64) {
    exchange(post("https://h/", R"({"image_id":")" + token + R"("})"), "",
             {"{\"a\":\"s3cr3t", "/of+the=tests\"}\n"});
    BOOST_TEST(last().text("body").value() == R"({"image_id":"TOKEN"})");
    BOOST_TEST(body().text("text").value() == "{\"a\":\"TOKEN\"}\n");
    exchange(post("https://h/"), "", {R"({"a":"s3cr3t\/of\u002Bthe\u003dtests"})"});
    BOOST_TEST(body().text("text").value() == R"({"a":"TOKEN"})");
    for (std::string const before : {"", "u", "us", "user:"}) {
        auto const said = "Basic " + to_base64(before + token + " end");
        exchange(post("https://h/"), "", {said});
        auto const shown = body().text("text").value();
        BOOST_TEST(shown.size() == said.size());
        auto const read = from_base64(shown.substr(6)).value();
        BOOST_TEST(read.starts_with(before));
        BOOST_TEST(read.find(token.substr(1, token.size() - 2)) == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(pictures_keep_their_size) {
    auto const picture = std::string("\x89PNG\r\n\x1a\n", 8) + "tEXt" + token + "IEND";
    exchange(post("https://h/"), "Content-Type: image/png\r\n",
             {picture.substr(0, 15), picture.substr(15)});
    auto const shown = from_base64(body().text("base64").value()).value();
    BOOST_TEST(shown.size() == picture.size());
    BOOST_TEST(shown.find(token) == std::string::npos);
    BOOST_TEST(shown.ends_with("IEND"));
}

BOOST_AUTO_TEST_CASE(a_coded_body_is_only_counted) {
    exchange(post("https://h/"), "Content-Encoding: gzip\r\n",
             {"\x1f", "\x8b\x08"
                      " rest"});
    BOOST_TEST(last().find("pieces")->array()->empty());
    BOOST_TEST(last().integer("left_out").value() == 8);
}

BOOST_AUTO_TEST_CASE(a_token_is_hidden_in_the_exchanges_of_others_too) {
    recording->hide(renewed);
    exchange({"GET", "https://cdn/x?k=" + renewed, "", "", ""}, "", {"no " + renewed});
    exchange(post("https://h/"), "", {});
    exchange({"GET", "https://cdn/y?k=" + token, "", "", ""}, "", {"no " + token});
    BOOST_TEST(last().text("url").value() == "https://cdn/y?k=TOKEN");
    for (auto const& secret : {token, renewed})
        BOOST_TEST(text().find(secret) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_the_last_exchanges_are_kept_and_nothing_before_it_has_begun) {
    auto const kept = (directory / "kept.jsonl").string();
    auto const older = (directory / "older.jsonl").string();
    recording = Recording::of_last(2, clock);
    exchange(post("https://h/before"), "", {});
    BOOST_TEST(recording->begin(kept, older).has_value());
    for (auto const* name : {"1", "2", "3", "4", "5"})
        exchange(post(std::string("https://h/") + name), "", {});
    auto const urls_in = [this](std::string const& name) {
        std::string urls;
        auto const text = text_of(name);
        for (auto at = text.find("https://h/"); at != text.npos;
             at = text.find("https://h/", at + 1))
            urls += text.substr(at + 10, 1);
        return urls;
    };
    BOOST_TEST(urls_in("kept.jsonl") == "5");
    BOOST_TEST(urls_in("older.jsonl") == "34");
    struct stat info {};
    BOOST_TEST(::stat(kept.c_str(), &info) == 0);
    BOOST_TEST((info.st_mode & 0777) == 0600);
    BOOST_TEST(!recording->failure().code);
    recording = Recording::of_last(2, clock); // the next run
    BOOST_TEST(recording->begin(kept, older).has_value());
    BOOST_TEST(urls_in("kept.jsonl") == "");
    BOOST_TEST(urls_in("older.jsonl") == "5");
}

BOOST_AUTO_TEST_CASE(the_last_exchanges_have_small_bodies_and_no_pictures) {
    recording = Recording::of_last(9, clock);
    BOOST_TEST(recording->begin((directory / "kept.jsonl").string(), path()).has_value());
    auto const last_kept = [this] {
        auto const lines = text_of("kept.jsonl");
        return json::read(lines.substr(lines.rfind('\n', lines.size() - 2) + 1)).value();
    };
    std::string const large(Recording::kept_body_max + 1, 'x');
    exchange(post("https://h/", large), "Content-Type: application/json\r\n", {large});
    BOOST_TEST(last_kept().integer("body_left_out").value() == std::ssize(large));
    BOOST_TEST(last_kept().integer("left_out").value() == std::ssize(large));
    BOOST_TEST(last_kept().find("body") == nullptr);
    exchange(post("https://h/"), "Content-Type: image/png\r\n", {"\x89PNG"});
    BOOST_TEST(last_kept().find("pieces")->array()->empty());
    BOOST_TEST(last_kept().integer("left_out").value() == 4);
    exchange(post("https://h/", token), "", {"say " + token});
    BOOST_TEST(last_kept().text("body").value() == "TOKEN");
    BOOST_TEST(text_of("kept.jsonl").find(token) == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
