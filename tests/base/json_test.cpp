// JSON: reading, refusing and writing.
#include "runner/base/json.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <limits>
#include <string>

using namespace darkroom;
using namespace std::string_view_literals;
using json::Value;

namespace {

Value parse(std::string_view text) {
    auto value = json::read(text);
    BOOST_REQUIRE_MESSAGE(value.has_value(), text);
    return *value;
}

std::string repeated(std::string_view part, std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += part;
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(json_reading)

BOOST_AUTO_TEST_CASE(whole_texts_read_back_as_written) {
    for (auto const text :
         {"null", "true", "false", "0", "-1", "1.5", "-0.25e-7", "\"\"", "\"text\"", "[]", "{}",
          R"([1,[2,[3]],{"a":[]}])", R"({"b":1,"a":{"c":null}})", R"("\"\\/\b\f\n\r\t")",
          "\"\xE2\x82\xAC\"", "1300000000000000101", "123456789012345678901234567890"}) {
        auto const once = json::write(parse(text));
        BOOST_TEST(json::write(parse(once)) == once);
    }
    BOOST_TEST(json::write(parse(" { \"b\" : 1 , \"a\" : [ true , null ] } \n")) ==
               R"({"b":1,"a":[true,null]})");
}

BOOST_AUTO_TEST_CASE(what_is_not_json_is_refused_with_its_place) {
    for (auto const text : {""sv,
                            "  "sv,
                            "{"sv,
                            "}"sv,
                            "[1,]"sv,
                            "{\"a\":1,}"sv,
                            "{a:1}"sv,
                            "'a'"sv,
                            "01"sv,
                            "1."sv,
                            ".5"sv,
                            "+1"sv,
                            "-"sv,
                            "1e"sv,
                            "NaN"sv,
                            "Infinity"sv,
                            "tru"sv,
                            "\"a"sv,
                            "\"\n\""sv,
                            "\"\\x\""sv,
                            "\"\\ud800\""sv,
                            "\"\\udc00\""sv,
                            "1 2"sv,
                            "{} x"sv,
                            "{}\0"sv,
                            "{}\0x"sv,
                            "\0"sv,
                            "[1\0]"sv,
                            "\"a\0b\""sv,
                            "<html>"sv,
                            "{\"a\" 1}"sv,
                            "/* c */ 1"sv}) {
        auto const value = json::read(text);
        BOOST_REQUIRE_MESSAGE(value.has_error(), text);
        BOOST_TEST(value.error().code == error_code(json::Errc::malformed));
        BOOST_TEST(value.error().detail.find("at byte ") == 0u, value.error().detail);
    }
    BOOST_TEST(json::read("[1, x]").error().message() ==
               "at byte 4: Invalid value.: not valid JSON");
}

BOOST_AUTO_TEST_CASE(bad_utf8_is_refused_in_values_and_in_keys) {
    for (auto const bytes :
         {"\x80"sv, "\xC0\x80"sv, "\xED\xA0\x80"sv, "\xF4\x90\x80\x80"sv, "\xE2\x82"sv, "\xFF"sv}) {
        std::string const quoted = "\"" + std::string(bytes) + "\"";
        BOOST_TEST(json::read(quoted).has_error());
        BOOST_TEST(json::read("{" + quoted + ":1}").has_error());
    }
}

BOOST_AUTO_TEST_CASE(a_string_is_read_to_its_end_wherever_that_stands) {
    for (std::size_t before = 0; before < 20; ++before) {
        for (std::size_t size = 0; size < 40; ++size) {
            auto const gap = std::string(before, ' ');
            auto const text = std::string(size, 'x');
            BOOST_TEST(json::write(json::read(gap + "[\"" + text + "\\\"\"]").value()) ==
                       "[\"" + text + "\\\"\"]");
            for (char const control : {'\x01', '\x19', '\x1A', '\x1F', '\n'}) {
                auto const raw = text + control + text;
                BOOST_TEST(json::read(gap + "[\"" + raw + "\"]").has_error());
                auto const whole = json::write(json::Value(raw));
                BOOST_TEST(whole.find(control) == whole.npos);
                BOOST_TEST(*json::read(whole).value().string() == raw);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(the_last_of_equal_keys_is_kept_in_small_and_large_objects) {
    for (int keys : {1, 31, 32, 33, 200}) {
        std::string text = "{\"first\":[{\"first\":1,\"first\":2}]";
        for (int i = 0; i < keys; ++i) text += fmt::format(",\"k{}\":{}", i, i);
        auto const value = json::read(text + ",\"first\":[{}],\"k0\":7}").value();
        BOOST_TEST(value.object()->size() == std::size_t(keys) + 1);
        BOOST_TEST(value.object()->front().first == "first");
        BOOST_TEST(json::write(value.object()->front().second) == "[{}]");
        BOOST_TEST(value.integer("k0").value() == 7);
    }
}

BOOST_AUTO_TEST_CASE(broken_characters_are_mended_where_that_is_asked_for) {
    struct Row {
        std::string_view text;
        std::string_view mended; ///< "": refused all the same.
    };
    Row const rows[] = {
        {R"(["\ud83d"])", "[\"\uFFFD\"]"},
        {R"(["\ude00"])", "[\"\uFFFD\"]"},
        {R"(["\ud83d\ud83d\ude00"])", "[\"\uFFFD\U0001F600\"]"},
        {R"(["\ud83dx\ude00"])", "[\"\uFFFDx\uFFFD\"]"},
        {R"(["\ud83d\n"])", "[\"\uFFFD\\n\"]"},
        {R"(["\\ud83d"])", R"(["\\ud83d"])"},
        {R"(["\\\ud83d"])", "[\"\\\\\uFFFD\"]"},
        {R"({"\ud83d":1})", "{\"\uFFFD\":1}"},
        {R"(["\ud83d\ude00","\ud83d"])", "[\"\U0001F600\",\"\uFFFD\"]"},
        {"[\"a\x80\"]"sv, "[\"a\uFFFD\"]"},
        {"[\"\xE2\x82\"]"sv, "[\"\uFFFD\uFFFD\"]"},
        {"[\"\xFF\xE2\x82\xAC\"]"sv, "[\"\uFFFD\u20AC\"]"},
        {"{\"\xFF\":\"\xED\xA0\x80\"}"sv, "{\"\uFFFD\":\"\uFFFD\uFFFD\uFFFD\"}"},
        {R"(["\ud83"])", ""},
        {R"(["\ud83d)", ""},
        {R"(["\)", ""},
        {R"([\ud83d])", ""},
        {"[\xFF]"sv, ""},
        {"<html>", ""},
        {"{}\0"sv, ""},
    };
    json::ReadLimits limits;
    limits.mend_text = true;
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.text) {
            auto const value = json::read(row.text, limits);
            BOOST_TEST(value.has_value() == !row.mended.empty());
            if (value) BOOST_TEST(json::write(*value) == row.mended);
        }
    }
    limits.bytes = 8;
    BOOST_TEST(json::read("[\"\xFF\xFF\xFF\"]", limits).has_value()); // mended: 13 bytes
    BOOST_TEST(json::read("[\"\xFF\xFF\xFF\xFF\xFF\"]", limits).has_error());
}

BOOST_AUTO_TEST_CASE(escapes_become_the_characters_they_stand_for) {
    BOOST_TEST(*parse(R"("\u20ac\ud83d\ude00\u0000")").text() ==
               "\xE2\x82\xAC\xF0\x9F\x98\x80\0"sv);
}

BOOST_AUTO_TEST_CASE(a_byte_order_mark_is_skipped) {
    BOOST_TEST(*parse("\xEF\xBB\xBF{\"a\":7}").integer("a") == 7);
    for (auto const* text :
         {"\xEF[7]", "\xEF\xBB[7]", "\xEF\xBB\xBF\xEF\xBB\xBF[7]", "\xBB\xBF[7]"})
        BOOST_TEST(json::read(text).has_error(), text);
}

BOOST_AUTO_TEST_CASE(of_equal_keys_the_last_is_kept_in_the_place_of_the_first) {
    BOOST_TEST(json::write(parse(R"({"a":1,"b":2,"a":3,"c":4,"b":5})")) ==
               R"({"a":3,"b":5,"c":4})");
}

BOOST_AUTO_TEST_CASE(too_many_bytes_levels_or_values_are_refused) {
    json::ReadLimits limits;
    limits.bytes = 10;
    BOOST_TEST(json::read("[1,2,3,45]", limits).has_value());
    BOOST_TEST(json::read("[1,2,3,456]", limits).error().code == error_code(json::Errc::too_large));

    limits = {};
    limits.depth = 3;
    BOOST_TEST(json::read("[[[1]]]", limits).has_value());
    BOOST_TEST(json::read(R"({"a":[{}]})", limits).has_value());
    BOOST_TEST(json::read("[[[[1]]]]", limits).error().code == error_code(json::Errc::too_deep));

    limits = {};
    limits.values = 4;
    BOOST_TEST(json::read("[1,2,3]", limits).has_value());
    BOOST_TEST(json::read("[1,2,3,4]", limits).error().code == error_code(json::Errc::too_large));
    BOOST_TEST(json::read("[[],[],{\"a\":1}]", limits).error().code ==
               error_code(json::Errc::too_large));
}

BOOST_AUTO_TEST_CASE(a_million_brackets_are_refused_without_a_million_frames) {
    BOOST_TEST(json::read(repeated("[", 1'000'000)).error().code ==
               error_code(json::Errc::too_deep));
    BOOST_TEST(json::read(repeated("{\"a\":", 1'000'000)).error().code ==
               error_code(json::Errc::too_deep));
}

BOOST_AUTO_TEST_CASE(an_object_of_many_keys_is_read_without_comparing_each_with_all) {
    std::string text = "{\"k0\":0";
    for (int i = 1; i < 400'000; ++i) text += ",\"k" + std::to_string(i) + "\":0";
    text += ",\"k7\":1}";
    auto const value = parse(text); // a quadratic reader would hit ctest's time limit
    BOOST_TEST(value.object()->size() == 400'000u);
    BOOST_TEST(*value.integer("k7") == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(json_getting)

BOOST_AUTO_TEST_CASE(ids_keep_every_digit_whether_string_or_number) {
    auto const value = parse(R"({"a":1300000000000000101,"b":"1300000000000000101"})");
    BOOST_TEST(*value.text("a") == "1300000000000000101");
    BOOST_TEST(*value.text("b") == "1300000000000000101");
    BOOST_TEST(*value.integer("a") == 1300000000000000101);
    BOOST_TEST(parse("9223372036854775808").text().value() == "9223372036854775808");
    BOOST_TEST(!parse("9223372036854775808").integer().has_value());
    BOOST_TEST(*parse("-9223372036854775808").integer() ==
               std::numeric_limits<std::int64_t>::min());
}

BOOST_AUTO_TEST_CASE(whole_numbers_come_as_numbers_or_as_strings) {
    struct Row {
        std::string_view text;
        std::optional<std::int64_t> integer;
    };
    Row const rows[] = {{"1024", 1024},  {"\"1024\"", 1024}, {"1024.0", 1024}, {"1e3", 1000},
                        {"-7", -7},      {"1.5", {}},        {"\"\"", {}},     {"\"12px\"", {}},
                        {"\" 12\"", {}}, {"\"nan\"", {}},    {"\"inf\"", {}},  {"1e300", {}},
                        {"true", {}},    {"null", {}},       {"[1]", {}},      {"\"0x10\"", {}}};
    for (auto const& row : rows) BOOST_TEST((parse(row.text).integer() == row.integer), row.text);
}

BOOST_AUTO_TEST_CASE(real_numbers_come_as_numbers_or_as_strings_and_are_finite) {
    BOOST_TEST(*parse("0.026").number() == 0.026);
    BOOST_TEST(*parse("\"0.026\"").number() == 0.026);
    for (auto const text : {"\"inf\"", "\"nan\"", "\"\"", "\"1.2.3\"", "false", "{}"})
        BOOST_TEST(!parse(text).number().has_value(), text);
}

BOOST_AUTO_TEST_CASE(a_member_that_is_absent_or_of_another_type_gives_nothing) {
    auto const value = parse(R"({"a":[1,"x",null,"y"],"b":true,"n":null})");
    BOOST_TEST(value.find("zzz") == nullptr);
    BOOST_TEST(value.find("n")->is_null());
    BOOST_TEST(!value.text("a").has_value());
    BOOST_TEST(!value.text("zzz").has_value());
    BOOST_TEST(!value.integer("b").has_value());
    BOOST_TEST(*value.boolean("b"));
    BOOST_TEST(!value.boolean("n").has_value());
    BOOST_TEST(value.texts("a") == (std::vector<std::string>{"x", "y"}),
               boost::test_tools::per_element());
    BOOST_TEST(value.texts("b").empty());
    BOOST_TEST(value.texts("zzz").empty());
    BOOST_TEST(parse("[1]").find("a") == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(json_writing)

BOOST_AUTO_TEST_CASE(members_are_added_replaced_and_removed) {
    Value value;
    value.set("b", 1);
    value.set("a", "text");
    value.set("b", nullptr);
    value.set("gone", true);
    value.erase("gone");
    value.erase("never there");
    BOOST_TEST(json::write(value) == R"({"b":null,"a":"text"})");
}

BOOST_AUTO_TEST_CASE(canonical_text_sorts_the_keys_at_every_level) {
    auto const a = parse(R"({"z":[{"b":1,"a":2}],"a":{"y":0,"x":0},"\u00e9":1,"B":1})");
    auto const b = parse(R"({"B":1,"a":{"x":0,"y":0},"z":[{"a":2,"b":1}],"\u00e9":1})");
    BOOST_TEST(json::write_canonical(a) == json::write_canonical(b));
    BOOST_TEST(json::write_canonical(a) ==
               "{\"B\":1,\"a\":{\"x\":0,\"y\":0},\"z\":[{\"a\":2,\"b\":1}],\"\xC3\xA9\":1}");
    BOOST_TEST(json::write_canonical(parse("[2,1]")) == "[2,1]"); // arrays keep their order
}

BOOST_AUTO_TEST_CASE(numbers_are_written_so_that_they_read_back_the_same) {
    for (double const number : {0.0, 0.1, 0.026, 1e21, 1e-7, -2.5, 1.0 / 3.0, 1e308}) {
        auto const back = parse(json::write(Value(number)));
        BOOST_TEST(*back.number() == number);
    }
    BOOST_TEST(json::write(Value(std::numeric_limits<double>::quiet_NaN())) == "null");
    BOOST_TEST(json::write(Value(std::numeric_limits<double>::infinity())) == "null");
    BOOST_TEST(json::write(Value(std::numeric_limits<std::uint64_t>::max())) ==
               "18446744073709551615");
    BOOST_TEST(json::write(Value(std::numeric_limits<std::int64_t>::min())) ==
               "-9223372036854775808");
}

BOOST_AUTO_TEST_CASE(strings_are_escaped_where_json_demands_it) {
    BOOST_TEST(json::write(Value("\"\\\n\x01"
                                 "\0/\xE2\x82\xAC"sv)) ==
               "\"\\\"\\\\\\n\\u0001\\u0000/\xE2\x82\xAC\"");
}

BOOST_AUTO_TEST_CASE(a_text_is_appended_as_it_is_written) {
    std::string appended;
    std::string written;
    for (int c = 0; c < 256; ++c) {
        auto const text = std::string("a") + static_cast<char>(c) + "b";
        json::append_text(appended, text);
        written += json::write(Value(text));
    }
    BOOST_TEST(appended == written);
    json::append_text(appended = "x", "");
    BOOST_TEST(appended == "x\"\"");
}

BOOST_AUTO_TEST_CASE(a_plain_text_is_ascii_that_needs_no_escape_wherever_the_other_sign_stands) {
    for (std::size_t size : {1U, 15U, 16U, 17U, 40U}) {
        for (std::size_t at = 0; at < size; ++at) {
            for (int code = 0; code < 256; ++code) {
                std::string text(size, 'a');
                text[at] = static_cast<char>(code);
                bool const expected = code >= 0x20 && code < 0x7f && code != '"' && code != '\\';
                if (json::is_plain(text) != expected)
                    BOOST_ERROR("code " << code << " at " << at << " of " << size);
            }
        }
    }
    BOOST_TEST(json::is_plain(""));
}

BOOST_AUTO_TEST_CASE(equal_is_equal_in_every_part_and_in_order) {
    BOOST_TEST((parse(R"({"a":[1,null]})") == parse(R"( {"a" : [1, null]} )")));
    BOOST_TEST(!(parse(R"({"a":1,"b":2})") == parse(R"({"b":2,"a":1})")));
    BOOST_TEST(!(parse("1") == parse("1.0"))); // a number is its text
    BOOST_TEST(!(parse("1") == parse("\"1\"")));
}

BOOST_AUTO_TEST_SUITE_END()
