// Secrets in the forms in which another side repeats them.
#include "runner/base/secrets.hpp"

#include "runner/base/base64.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

using darkroom::Secrets;

namespace {

constexpr std::string_view plain = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
constexpr std::string_view awkward = "Zm9v/YmFy+cXV4=\"x";

Secrets both() {
    Secrets secrets;
    secrets.add(plain);
    secrets.add(awkward);
    return secrets;
}

std::string hidden(std::string text) {
    both().hide(text);
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(secrets)

BOOST_AUTO_TEST_CASE(every_form_of_a_secret_is_hidden) {
    auto const token = std::string(plain);
    struct Row {
        std::string text;
        std::string hidden;
    };
    Row const rows[] = {
        {"a boat", "a boat"},
        {token, "TOKEN"},
        {token + token, "TOKENTOKEN"},
        {"https://h/a?key=" + token + "&b", "https://h/a?key=TOKEN&b"},
        {"Bearer " + token, "Bearer TOKEN"},
        {R"({"a":"Zm9v/YmFy+cXV4=\"x"})", R"({"a":"TOKEN"})"},
        {R"(Zm9v\/YmFy\u002bcXV4\u003D\"x)", "TOKEN"},
        {R"(\u0030a1b2c3d4e5f60718293a4b5c6d7e8f9)", "TOKEN"},
        {"k=Zm9v%2FYmFy%2BcXV4%3D%22x", "k=TOKEN"},
        {"k=Zm9v%2fYmFy%2bcXV4%3d%22x", "k=TOKEN"},
        {"k=Zm9v/YmFy%2BcXV4=%22x", "k=TOKEN"},
        {"%30%61" + token.substr(2), "TOKEN"},
        {"100% of \\ " + token.substr(0, 31), "100% of \\ " + token.substr(0, 31)},
        {"%3" + token, "TOKEN"},
        {"%4" + token, "%4TOKEN"},
    };
    for (auto const& row : rows) BOOST_TEST(hidden(row.text) == row.hidden);
}

BOOST_AUTO_TEST_CASE(base64_hides_a_secret_at_each_alignment_and_can_still_be_read) {
    for (auto const secret : {plain, awkward}) {
        for (std::string const before : {"", "u", "us", "use", "user:"}) {
            for (std::string const after : {"", ".", "..", " and more"}) {
                auto const text = before + std::string(secret) + after;
                auto const safe = hidden("Basic " + darkroom::to_base64(text) + "!");
                BOOST_REQUIRE(safe.ends_with("!"));
                auto const digits = safe.substr(6, safe.size() - 7);
                auto const read = darkroom::from_base64(digits);
                BOOST_REQUIRE(read.has_value());
                BOOST_TEST(read->size() == text.size());
                BOOST_TEST(read->find(secret.substr(1, secret.size() - 2)) == std::string::npos);
                BOOST_TEST(read->starts_with(before));
                BOOST_TEST(read->ends_with(after));
            }
        }
    }
    auto for_urls = darkroom::to_base64("\xff\xff\xff" + std::string(awkward));
    std::replace(for_urls.begin(), for_urls.end(), '/', '_');
    std::replace(for_urls.begin(), for_urls.end(), '+', '-');
    BOOST_TEST(hidden(for_urls) != for_urls);
}

BOOST_AUTO_TEST_CASE(bytes_keep_their_places) {
    auto bytes = std::string("\x89PNG\0\xff", 6) + std::string(plain) + "tail";
    auto const size = bytes.size();
    both().hide_in_place(bytes);
    BOOST_TEST(bytes.size() == size);
    BOOST_TEST(bytes.find(plain) == std::string::npos);
    BOOST_TEST(bytes.ends_with("tail"));
}

BOOST_AUTO_TEST_CASE(a_mask_is_the_same_everywhere_and_comes_off_again) {
    std::vector<std::string> const texts{
        "task-" + std::string(plain), std::string(awkward) + std::string(plain),
        "https://h/Zm9v%2FYmFy+cXV4%3D%22x.png?a=" + darkroom::to_base64(std::string(plain))};
    for (auto const& text : texts) {
        auto masked = text;
        BOOST_TEST(both().mask(masked));
        BOOST_TEST(hidden(masked).find("TOKEN") != std::string::npos);
        BOOST_TEST(hidden(masked).find("TOKEN-") == std::string::npos);
        BOOST_TEST(masked.find("TOKEN-") != std::string::npos);
        BOOST_TEST(masked.find(plain) == std::string::npos);
        auto again = text;
        BOOST_TEST(both().mask(again));
        BOOST_TEST(masked == again);
        BOOST_TEST(!both().mask(again));
        BOOST_TEST(both().unmask(masked));
        BOOST_TEST(masked == text);
    }
}

BOOST_AUTO_TEST_CASE(the_mask_of_an_unknown_secret_stays) {
    auto text = "task-" + std::string(plain);
    both().mask(text);
    auto const masked = text;
    Secrets other;
    other.add(awkward);
    BOOST_TEST(!other.unmask(text));
    BOOST_TEST(text == masked);
    BOOST_TEST(!both().unmask(text = "TOKEN-00000000"));
}

BOOST_AUTO_TEST_CASE(a_short_text_is_a_word_and_no_secret) {
    Secrets secrets;
    secrets.add("cat");
    secrets.add("");
    std::string text = "a cat sits";
    secrets.hide(text);
    BOOST_TEST(!secrets.mask(text));
    BOOST_TEST(text == "a cat sits");
}

BOOST_AUTO_TEST_CASE(a_secret_within_another_one_leaves_nothing_of_it) {
    for (bool const longer_first : {true, false}) {
        Secrets secrets;
        auto const longer = std::string(plain) + "-renewed";
        secrets.add(longer_first ? longer : plain);
        secrets.add(longer_first ? plain : longer);
        auto text = longer;
        secrets.hide(text);
        BOOST_TEST(text == "TOKEN");
    }
}

BOOST_AUTO_TEST_CASE(a_text_full_of_secrets_takes_no_long_time) {
    std::string text;
    while (text.size() < (8u << 20)) text += plain;
    BOOST_TEST(hidden(std::move(text)).size() < (8u << 20));
}

BOOST_AUTO_TEST_SUITE_END()
