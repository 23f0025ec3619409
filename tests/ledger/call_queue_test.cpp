// The queue of a ledger's calls: which become one transaction, and who gets what answer.
#include "runner/ledger/call_queue.hpp"
#include "tests/support/io_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

namespace darkroom::ledger {

using namespace std::chrono_literals;

namespace {

constexpr Duration gathering = 4ms;

struct QueueFixture : darkroom::test::IoFixture {
    QueueFixture() { BOOST_REQUIRE(database.execute("CREATE TABLE made(n)").has_value()); }
    ~QueueFixture() { std::filesystem::remove_all(folder); }

    static std::filesystem::path const& made_new(std::filesystem::path const& folder) {
        std::filesystem::remove_all(folder);
        std::filesystem::create_directories(folder);
        return folder;
    }

    /// A call that leaves a row.
    CallQueue::Call put(int n) {
        return
            [this, n] { return database.execute(fmt::format("INSERT INTO made VALUES({})", n)); };
    }
    /// One that takes its rows back, as a Transaction does, and fails.
    CallQueue::Call fail(int n) {
        return [this, n]() -> Result<> {
            Transaction part(database);
            TRY(part.begin());
            TRY(database.execute(fmt::format("INSERT INTO made VALUES({})", n)));
            return Error(make_error_code(boost::system::errc::io_error), "it fails");
        };
    }
    /// Makes a call beside others. Its outcome comes later.
    std::shared_ptr<std::optional<bool>> make(CallQueue::Call call) {
        auto const is_well = std::make_shared<std::optional<bool>>();
        auto on_end = [is_well](std::exception_ptr failure, Result<> result) {
            *is_well = !failure && result.has_value();
        };
        auto task = queue->make_soon(std::move(call));
        boost::asio::co_spawn(context, std::move(task), on_end);
        return is_well;
    }
    /// Returns the rows as another process sees them.
    std::string rows() {
        auto other = store::Database::open(path, store::Database::Mode::read).value();
        auto query = other.prepare("SELECT n FROM made ORDER BY rowid").value();
        std::string text;
        while (query.step().value()) text += fmt::format("{} ", query.integer(0));
        return text;
    }

    std::filesystem::path folder =
        std::filesystem::temp_directory_path() / fmt::format("call-queue-{}", ::getpid());
    std::string path = made_new(folder) / "ledger.db";
    LedgerDatabase database = LedgerDatabase::open(path, Broken::is_an_error, WallTime{}).value();
    std::optional<CallQueue> queue{std::in_place, clock, database, gathering};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(call_queue, QueueFixture)

BOOST_AUTO_TEST_CASE(a_call_that_comes_alone_is_made_at_once) {
    queue->note(put(1));
    BOOST_TEST(rows() == "1 ");
    clock.skip(gathering);
    auto const second = make(put(2));
    poll();
    BOOST_TEST(rows() == "1 2 ");
    BOOST_TEST((second->has_value() && second->value()));
}

BOOST_AUTO_TEST_CASE(calls_that_come_soon_after_are_made_together_in_their_order) {
    auto const first = make(put(1));
    poll();
    auto const second = make(put(2));
    poll();
    queue->note(put(3));
    auto const fourth = make(put(4));
    poll();
    BOOST_TEST(rows() == "1 ");
    BOOST_TEST((first->has_value() && !second->has_value() && !fourth->has_value()));
    clock.skip(gathering);
    poll();
    BOOST_TEST(rows() == "1 2 3 4 ");
    BOOST_TEST((second->value() && fourth->value()));
}

BOOST_AUTO_TEST_CASE(what_is_noted_before_the_first_awaited_call_waits_for_it) {
    queue->note(put(1));
    queue->note(put(2));
    BOOST_TEST(rows() == "1 ");
    BOOST_TEST(run(queue->make_soon(put(3))).has_value());
    BOOST_TEST(rows() == "1 2 3 ");
}

BOOST_AUTO_TEST_CASE(a_call_that_cannot_wait_takes_with_it_what_waits) {
    auto const first = make(put(1));
    poll();
    auto const second = make(put(2));
    poll();
    BOOST_TEST(rows() == "1 ");
    auto const begun = clock.now();
    boost::asio::co_spawn(context, queue->make(put(3)), [](std::exception_ptr, Result<>) {});
    poll();
    BOOST_TEST((clock.now() == begun && second->value()));
    BOOST_TEST(rows() == "1 2 3 ");
    run();
}

BOOST_AUTO_TEST_CASE(a_call_that_fails_leaves_those_beside_it_as_they_are) {
    auto const first = make(put(1));
    auto const second = make(put(2));
    auto const third = make(fail(3));
    auto const fourth = make(put(4));
    run();
    BOOST_TEST((first->value() && second->value() && !third->value() && fourth->value()));
    BOOST_TEST(rows() == "1 2 4 ");
    BOOST_TEST(queue->failure().message().find("it fails") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_call_that_ends_the_transaction_takes_all_with_it) {
    bool is_lost = false;
    queue.emplace(clock, database, gathering, [&is_lost] { is_lost = true; });
    queue->note(put(1));
    auto const second = make(put(2));
    auto const third = make([this]() -> Result<> {
        TRY(database.execute("ROLLBACK")); // as SQLite does when the disk is full
        return Error(make_error_code(boost::system::errc::no_space_on_device), "it is full");
    });
    auto const fourth = make(put(4));
    run();
    BOOST_TEST((!second->value() && !third->value() && !fourth->value()));
    BOOST_TEST(is_lost);
    BOOST_TEST(rows() == "1 ");
}

BOOST_AUTO_TEST_CASE(a_call_whose_caller_has_gone_is_not_made) {
    queue->note(put(1));
    boost::asio::cancellation_signal signal;
    bool is_cancelled = false;
    auto on_end = [&](std::exception_ptr failure, Result<>) { is_cancelled = failure != nullptr; };
    boost::asio::co_spawn(context, queue->make_soon(put(2)),
                          boost::asio::bind_cancellation_slot(signal.slot(), on_end));
    poll();
    signal.emit(boost::asio::cancellation_type::terminal);
    run();
    BOOST_TEST(is_cancelled);
    BOOST_TEST(rows() == "1 ");
}

BOOST_AUTO_TEST_CASE(more_calls_than_one_transaction_takes_are_all_made) {
    std::vector<std::shared_ptr<std::optional<bool>>> made;
    for (int n = 0; n < 600; ++n) made.push_back(make(put(n)));
    run();
    std::string all;
    for (int n = 0; n < 600; ++n) all += fmt::format("{} ", n);
    BOOST_TEST(rows() == all);
    for (auto const& one : made) BOOST_TEST(one->value());
}

BOOST_AUTO_TEST_CASE(what_is_noted_last_is_made_at_the_end) {
    queue->note(put(1));
    queue->note(put(2));
    queue->note(put(3));
    BOOST_TEST(rows() == "1 ");
    queue.reset();
    BOOST_TEST(rows() == "1 2 3 ");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::ledger
