// A database of its own for each test, with a ledger.
#pragma once

#include "runner/postgres/ledger_admin.hpp"
#include "tests/postgres/blocking.hpp"
#include "tests/postgres/cluster.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <utility>

namespace darkroom::postgres::test {

using namespace std::chrono_literals;

inline Digest step_of(int number) { return sha256(fmt::format("step {}", number)); }

/// A database of its own for each test, with a ledger.
struct StoreFixture : Loop {
    StoreFixture() {
        static int number = 0;
        auto const name = fmt::format("test_{}", ++number);
        make(shared_cluster().url(), "CREATE DATABASE " + name);
        url = shared_cluster().url();
        url.replace(url.find("/postgres?"), 9, "/" + name);
        LineOptions line;
        line.url = url;
        auto const made = run(make_schema(context.get_executor(), clock, line));
        BOOST_TEST_REQUIRE(made.has_value(), made.error().message());
    }

    PostgresOptions options(std::string campaign = "a") const {
        PostgresOptions options;
        options.line.url = url;
        options.campaign = std::move(campaign);
        options.directory = options.campaign;
        options.holder = {"host1", "boot", 77, 1};
        return options;
    }
    std::unique_ptr<PostgresLedger> ledger(PostgresOptions options) {
        return std::make_unique<PostgresLedger>(context.get_executor(), clock, std::move(options));
    }
    std::unique_ptr<PostgresLedger> begun(PostgresOptions options) {
        auto made = ledger(std::move(options));
        auto const begun = run(made->begin());
        BOOST_TEST_REQUIRE(begun.has_value(), begun.error().message());
        return made;
    }
    static engine::GrantRequest request(int step, std::uint64_t nonce) {
        engine::GrantRequest request;
        request.step = step_of(step);
        request.nonce = nonce;
        request.identity = "https://api.example.org#1";
        request.price = 10;
        request.places = 1;
        return request;
    }
    engine::Grant::What ask(PostgresLedger& ledger, int step, std::uint64_t nonce) {
        return run(ledger.grant(request(step, nonce))).what;
    }
    std::string number(std::string const& sql) {
        LineOptions line;
        line.url = url;
        CallLine calls(context.get_executor(), clock, line);
        statements.push_back(sql);
        auto const answer = run(calls.ask(Statement(statements.back().c_str())));
        BOOST_TEST_REQUIRE(answer.has_value(), answer.error().message());
        return answer->rows.text(0, 0);
    }

    std::string url;
    std::list<std::string> statements;
};

} // namespace darkroom::postgres::test
