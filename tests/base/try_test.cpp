// Early returns of a Result's error, in functions and in coroutines.
#include "runner/base/error.hpp"
#include "runner/base/json.hpp"
#include "tests/support/io_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <string>

using namespace darkroom;
using boost::asio::awaitable;

namespace {

Error failure() { return Error(json::Errc::malformed, "line 3"); }
Result<> check(bool good) {
    if (good) return {};
    return failure();
}
Result<int> number(bool good) {
    if (good) return 7;
    return failure();
}

Result<std::string> after_a_check(bool good) {
    TRY(check(good));
    return std::string("passed");
}

Result<std::optional<int>> sum(bool first, bool second) {
    int total = 0;
    TRY_ASSIGN(auto const one, number(first));
    TRY_ASSIGN(total, number(second));
    return std::optional<int>(one + total);
}

Result<> under_an_if(bool checked, bool good) {
    if (checked)
        TRY(check(good));
    else
        return Error({}, "not checked");
    return {};
}

Result<std::unique_ptr<int>> owner(bool good) {
    if (good) return std::make_unique<int>(7);
    return failure();
}

Result<int> value_of_an_owner(bool good) {
    TRY_ASSIGN(auto const held, owner(good));
    return *held;
}

Result<int> inside_another(bool good) {
    auto const inner = [good]() -> Result<int> {
        TRY_ASSIGN(auto const value, number(good));
        return value + 1;
    };
    TRY_ASSIGN(auto const value, inner());
    return value + 1;
}

awaitable<Result<std::string>> waited(Clock& clock, bool good) {
    co_await clock.sleep_for(std::chrono::seconds(1));
    auto const done = check(good);
    CO_TRY(done);
    co_return std::string("passed");
}

awaitable<Result<std::size_t>> length_of(Clock& clock, bool good) {
    auto text = co_await waited(clock, good);
    CO_TRY_ASSIGN(auto const value, std::move(text));
    co_return value.size();
}

} // namespace

BOOST_AUTO_TEST_CASE(a_failed_check_ends_the_function_with_its_error) {
    BOOST_TEST(*after_a_check(true) == "passed");
    BOOST_TEST(after_a_check(false).error().message() == failure().message());
}

BOOST_AUTO_TEST_CASE(a_good_result_becomes_the_value_of_the_variable) {
    BOOST_TEST(sum(true, true)->value() == 14);
    BOOST_TEST(sum(false, true).error().message() == failure().message());
    BOOST_TEST(sum(true, false).error().message() == failure().message());
}

BOOST_AUTO_TEST_CASE(a_check_is_one_statement) {
    BOOST_TEST(under_an_if(true, true).has_value());
    BOOST_TEST(under_an_if(true, false).error().message() == failure().message());
    BOOST_TEST(under_an_if(false, true).error().message() == "not checked");
}

BOOST_AUTO_TEST_CASE(a_value_that_cannot_be_copied_is_moved) {
    BOOST_TEST(*value_of_an_owner(true) == 7);
    BOOST_TEST(value_of_an_owner(false).has_error());
}

BOOST_AUTO_TEST_CASE(a_named_result_keeps_its_value) {
    auto const copied = [](Result<std::string> const& held) -> Result<std::size_t> {
        TRY_ASSIGN(auto const text, held);
        return text.size() + held->size();
    };
    BOOST_TEST(*copied(std::string("seven chars")) == 22u);
}

BOOST_AUTO_TEST_CASE(a_function_inside_may_return_early_too) {
    BOOST_TEST(*inside_another(true) == 9);
    BOOST_TEST(inside_another(false).has_error());
}

BOOST_FIXTURE_TEST_CASE(a_coroutine_ends_with_the_error_that_it_awaited, test::IoFixture) {
    BOOST_TEST(*run(length_of(clock, true)) == 6u);
    BOOST_TEST(run(length_of(clock, false)).error().message() == failure().message());
}
