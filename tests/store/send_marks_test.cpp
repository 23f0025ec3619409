// The order of sending, kept for the next run without a sync.
#include "runner/store/send_marks.hpp"

#include "runner/store/error.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;

namespace {

using Order = std::optional<std::uint64_t>;

std::uint64_t number_in(std::uint64_t run, std::uint64_t counter) { return run << 32 | counter; }

struct MarksFixture {
    /// Begins a run as the program does: the last file is read first.
    std::unique_ptr<FileSendMarks> begin(std::uint64_t run, std::string boot = "boot-a") {
        auto last = must(read_marks(path));
        return must(FileSendMarks::open(path, {run, std::move(boot)}, std::move(last)));
    }

    /// Lets a child process run `work`, kills it when it has written a byte, and waits for its end.
    template <class Work>
    void kill_during(Work work) {
        int report[2];
        BOOST_REQUIRE(::pipe(report) == 0);
        auto const child = ::fork();
        BOOST_REQUIRE(child >= 0);
        if (child == 0) {
            auto const kept = work(); // mapped until the end
            if (kept == nullptr || ::write(report[1], "!", 1) != 1) ::_exit(1);
            for (;;) ::pause();
        }
        ::close(report[1]);
        char byte = 0;
        BOOST_TEST(::read(report[0], &byte, 1) == 1);
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        ::close(report[0]);
    }

    /// Returns the code with which the file is refused.
    error_code refusal() { return read_marks(path).error().code; }

    TempDirectory directory;
    std::string path = directory / "marks";
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(send_marks, MarksFixture)

BOOST_AUTO_TEST_CASE(attempts_and_orders_of_a_run_count_up_from_its_number) {
    auto const marks = begin(7);
    BOOST_TEST(marks->last_order() == number_in(7, 0));
    BOOST_TEST(marks->next_attempt() == number_in(7, 1));
    BOOST_TEST(marks->next_attempt() == number_in(7, 2));
    BOOST_TEST(marks->mark(number_in(7, 2)) == number_in(7, 1));
    BOOST_TEST(marks->mark(number_in(7, 1)) == number_in(7, 2));
    BOOST_TEST(marks->mark(number_in(7, 2)) == number_in(7, 3));
    BOOST_TEST(marks->last_order() == number_in(7, 3));
    BOOST_TEST(marks->boot() == "boot-a");
}

BOOST_AUTO_TEST_CASE(the_next_run_knows_what_a_killed_one_has_sent_and_what_not) {
    kill_during([this] {
        auto marks = begin(1);
        for (int i = 0; i < 5; ++i) marks->next_attempt();
        marks->mark(number_in(1, 4));
        marks->mark(number_in(1, 2));
        return marks;
    });
    auto const marks = begin(2);
    BOOST_TEST((marks->order_of(number_in(1, 4), "boot-a") == Order(number_in(1, 1))));
    BOOST_TEST((marks->order_of(number_in(1, 2), "boot-a") == Order(number_in(1, 2))));
    for (std::uint64_t const never : {1u, 3u, 5u})
        BOOST_TEST((marks->order_of(number_in(1, never), "boot-a") == Order(0)), never);
}

BOOST_AUTO_TEST_CASE(a_killed_run_of_many_attempts_loses_none_of_its_marks) {
    constexpr std::uint64_t attempts = 300'000; // the file grows more than once by its largest step
    kill_during([this] {
        auto marks = begin(1);
        for (std::uint64_t i = 1; i <= attempts; ++i) {
            auto const attempt = marks->next_attempt();
            if (i % 3 != 0) marks->mark(attempt);
        }
        return marks;
    });
    auto const marks = begin(2);
    std::uint64_t sent = 0;
    for (std::uint64_t i = 1; i <= attempts; ++i) {
        auto const order = marks->order_of(number_in(1, i), "boot-a");
        BOOST_TEST_REQUIRE(order.has_value());
        BOOST_TEST_REQUIRE((*order == 0) == (i % 3 == 0));
        if (*order != 0) BOOST_TEST_REQUIRE(*order == number_in(1, ++sent));
    }
}

BOOST_AUTO_TEST_CASE(a_run_that_is_killed_before_its_first_attempt_hides_nothing) {
    kill_during([this] {
        auto marks = begin(1);
        for (int i = 0; i < 2; ++i) marks->next_attempt();
        marks->mark(number_in(1, 2));
        return marks;
    });
    for (std::uint64_t run : {2u, 3u}) kill_during([this, run] { return begin(run); });
    begin(4); // ends without one
    BOOST_TEST(!std::filesystem::exists(path + ".new"));
    auto const marks = begin(5);
    BOOST_TEST((marks->order_of(number_in(1, 1), "boot-a") == Order(0)));
    BOOST_TEST((marks->order_of(number_in(1, 2), "boot-a") == Order(number_in(1, 1))));
    BOOST_TEST(!marks->order_of(number_in(1, 1), "boot-b").has_value());
    marks->next_attempt();
    BOOST_TEST(must(read_marks(path))->run == 5u);
}

BOOST_AUTO_TEST_CASE(of_another_boot_nothing_is_known) {
    {
        auto const marks = begin(1, "boot-a");
        marks->mark(marks->next_attempt());
    }
    {
        auto const last = must(read_marks(path));
        auto const same = must(FileSendMarks::open(directory / "x", {2, "boot-a"}, last));
        BOOST_TEST(same->order_of(number_in(1, 1), "boot-a").has_value());
        BOOST_TEST(!same->order_of(number_in(1, 1), "boot-b").has_value());
        BOOST_TEST(!same->order_of(number_in(1, 1), "").has_value());
    }
    auto const later = begin(2, "boot-b");
    BOOST_TEST(!later->order_of(number_in(1, 1), "boot-a").has_value());
    BOOST_TEST(!later->order_of(number_in(1, 1), "boot-b").has_value());
}

BOOST_AUTO_TEST_CASE(of_runs_before_the_last_nothing_is_known) {
    begin(1)->next_attempt();
    begin(2)->next_attempt();
    auto const marks = begin(3);
    BOOST_TEST(!marks->order_of(number_in(1, 1), "boot-a").has_value());
    BOOST_TEST((marks->order_of(number_in(2, 1), "boot-a") == Order(0)));
    BOOST_TEST(!marks->order_of(number_in(4, 1), "boot-a").has_value());
    BOOST_TEST(!marks->order_of(0, "boot-a").has_value());
    BOOST_TEST(!marks->order_of(number_in(2, 100'000), "boot-a").has_value());
}

BOOST_AUTO_TEST_CASE(the_number_of_an_attempt_says_in_which_run_it_was_sent) {
    struct Row {
        char const* name;
        std::uint64_t attempt;
        char const* boot;
        std::uint64_t first;
        std::uint64_t last;
    };
    constexpr std::uint64_t most = 0xffff'ffff;
    Row const rows[] = {
        {"of an earlier run", number_in(2, 5), "boot-a", number_in(2, 0), number_in(2, most)},
        {"of another boot", number_in(2, 5), "boot-b", number_in(2, 0), number_in(2, most)},
        {"of a merged directory", number_in(2, 5), "", 0, number_in(4, 0)},
        {"of version 0.1", 0, "", 0, number_in(4, 0)},
    };
    auto const marks = begin(4);
    for (auto const& row : rows) {
        auto const bounds = marks->bounds_of(row.attempt, row.boot);
        BOOST_TEST(bounds.first == row.first, row.name);
        BOOST_TEST(bounds.last == row.last, row.name);
    }
    BOOST_TEST(marks->mark(marks->next_attempt()) > number_in(4, 0));
}

BOOST_AUTO_TEST_CASE(a_run_knows_its_own_attempts) {
    auto const marks = begin(1);
    auto const first = marks->next_attempt();
    auto const second = marks->next_attempt();
    auto const order = marks->mark(second);
    BOOST_TEST((marks->order_of(first, "boot-a") == Order(0)));
    BOOST_TEST((marks->order_of(second, "boot-a") == Order(order)));
    BOOST_TEST(!marks->order_of(second + 1, "boot-a").has_value());
}

BOOST_AUTO_TEST_CASE(a_copy_of_the_file_may_be_older_and_proves_nothing) {
    begin(1)->next_attempt();
    std::filesystem::copy_file(path, directory / "copy");
    std::filesystem::rename(directory / "copy", path);
    BOOST_TEST(!begin(2)->order_of(number_in(1, 1), "boot-a").has_value());
}

BOOST_AUTO_TEST_CASE(on_a_full_disk_the_run_goes_on_and_the_next_knows_nothing) {
    constexpr std::uint64_t attempts = 2'000;
    {
        auto const marks = begin(1);
        FileSizeLimit const full(std::filesystem::file_size(path + ".new") + 100);
        for (std::uint64_t i = 1; i <= attempts; ++i) {
            auto const attempt = marks->next_attempt();
            BOOST_TEST_REQUIRE(attempt == number_in(1, i));
            if (i > 1) BOOST_TEST_REQUIRE(marks->mark(attempt) == number_in(1, i - 1));
        }
        BOOST_TEST(!marks->order_of(number_in(1, attempts), "boot-a").has_value());
    }
    auto const marks = begin(2);
    BOOST_TEST(!marks->order_of(number_in(1, 1), "boot-a").has_value());
    BOOST_TEST((marks->order_of(number_in(1, 2), "boot-a") == Order(number_in(1, 1))));
    BOOST_TEST(!marks->order_of(number_in(1, attempts), "boot-a").has_value());
}

BOOST_AUTO_TEST_CASE(where_no_file_can_be_made_that_is_an_error_with_the_path) {
    auto const marks = FileSendMarks::open(directory / "none/marks", {1, "boot-a"}, std::nullopt);
    BOOST_REQUIRE(marks.has_error());
    BOOST_TEST(marks.error().message().find("none/marks") != std::string::npos);
    FileSizeLimit const full(100);
    BOOST_TEST(FileSendMarks::open(path, {1, "boot-a"}, std::nullopt).has_error());
    BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_CASE(what_a_process_left_that_died_while_it_began_is_replaced) {
    put_content(path + ".new", "half");
    begin(1)->next_attempt();
    BOOST_TEST(must(read_marks(path))->run == 1u);
    BOOST_TEST(!std::filesystem::exists(path + ".new"));
}

BOOST_AUTO_TEST_CASE(the_last_attempt_that_was_sent_is_found) {
    BOOST_TEST(!must(read_marks(path)).has_value());
    {
        auto const marks = begin(1);
        marks->next_attempt();
        BOOST_TEST(must(read_marks(path))->last_attempt() == 0u);
        for (int i = 1; i < 700; ++i) marks->next_attempt();
        marks->mark(number_in(1, 600));
        marks->mark(number_in(1, 3));
    }
    auto const last = must(read_marks(path));
    BOOST_TEST(last->last_attempt() == 600u);
    BOOST_TEST(last->boot == "boot-a");
    BOOST_TEST(last->is_whole);
    BOOST_TEST(last->is_in_place);
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_refused_whatever_is_wrong) {
    begin(1)->next_attempt();
    auto const whole = content_of(path);
    for (std::size_t size = 0; size < 88; size += 7) {
        put_content(path, whole.substr(0, size));
        BOOST_TEST((refusal() == Errc::damaged_marks), size << " bytes");
    }
    for (std::size_t const at : {0u, 7u, 8u, 11u, 16u, 20u, 23u}) {
        auto bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ 0x80);
        put_content(path, bytes);
        bool const is_other_run = at >= 16 && at < 20; // a number like any other
        auto const read = read_marks(path);
        BOOST_TEST(read.has_error() == !is_other_run, "byte " << at);
    }
    auto bytes = whole;
    bytes.back() = 1;
    put_content(path, bytes);
    BOOST_TEST((refusal() == Errc::damaged_marks));
    std::filesystem::resize_file(path, (std::uint64_t{1} << 30) + 1);
    BOOST_TEST((refusal() == Errc::damaged_marks));
}

BOOST_AUTO_TEST_CASE(the_present_boot_has_a_name) {
    std::string name;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> name;
    BOOST_TEST(present_boot() == name); // both are empty where the system has none
    BOOST_TEST((name.empty() || name.size() == 36u));
}

BOOST_AUTO_TEST_SUITE_END()
