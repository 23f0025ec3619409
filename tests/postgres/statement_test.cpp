// Values as PostgreSQL's texts, and back.
#include "runner/postgres/connection.hpp"
#include "runner/postgres/statement.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::postgres {

BOOST_AUTO_TEST_CASE(values_become_texts) {
    using Texts = std::vector<std::string>;
    using Numbers = std::vector<std::int64_t>;
    Statement statement("");
    statement.add("a").add(7).add(true).add_null().add(std::optional<std::int64_t>());
    statement.add(Numbers{1, -2}).add(Numbers{}).add(Texts{"a\"b", "c\\d", "", "{,}"});
    statement.add(std::vector<bool>{true, false}).add(std::string_view("a\0b", 3));
    std::vector<std::optional<std::string>> const expected = {
        "a",          "7",      "t",  std::nullopt,
        std::nullopt, "{1,-2}", "{}", R"({"a\"b","c\\d","","{,}"})",
        "{t,f}",      "ab"};
    BOOST_TEST((statement.values() == expected));
}

BOOST_AUTO_TEST_CASE(digests_come_back) {
    auto const digest = sha256("a");
    Statement statement("");
    statement.add(digest).add(std::vector{digest});
    Rows rows;
    rows.add_row({*statement.values()[0], "", "12", "t", "\\x00"});
    BOOST_TEST((rows.digest(0, 0) == digest));
    BOOST_TEST(rows.number(0, 1) == 0);
    BOOST_TEST(rows.number(0, 2) == 12);
    BOOST_TEST(rows.flag(0, 3));
    BOOST_TEST((rows.digest(0, 4) == Digest{}));
    BOOST_TEST(*statement.values()[1] == "{\"\\" + *statement.values()[0] + "\"}");
}

BOOST_AUTO_TEST_CASE(a_password_in_a_url_is_seen) {
    struct Row {
        std::string url;
        bool is_url, has_password;
    };
    std::vector<Row> const rows = {
        {"postgresql://h/db", true, false},
        {"postgres://u@h:5/db?sslmode=verify-full", true, false},
        {"postgresql://u:secret@h/db", true, true},
        {"postgresql://u@h/db?password=secret", true, true},
        {"host=h dbname=db", false, false},
        {"mysql://h/db", false, false},
        {"", false, false},
        {"postgresql://h:port/db?nothing=1", false, false},
    };
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.url) {
            auto const found = has_password(row.url);
            BOOST_TEST(found.has_value() == row.is_url);
            if (found.has_value()) BOOST_TEST(*found == row.has_password);
        }
    }
}

} // namespace darkroom::postgres
