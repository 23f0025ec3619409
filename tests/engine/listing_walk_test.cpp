// When a walk has more to tell than a page before.
#include "runner/engine/listing_walk.hpp"

#include "tests/support/io_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

constexpr WallTime walk_noon{std::chrono::hours(500'004)};
constexpr Milliseconds ahead{};

/// Without a known task a walk has passed what was sent a day after its oldest record.
struct WalkFixture : darkroom::test::IoFixture {
    struct Waiting {
        Waiting(boost::asio::any_io_executor executor, WaiterQueue& the_queue, WallTime sent_at)
            : waiter(std::move(executor), TaskWaiter::Kind::search), queue(the_queue) {
            waiter.lost.sent_at = sent_at;
            queue.add(waiter, Time(), Time());
        }
        Waiting(Waiting const&) = delete;
        Waiting& operator=(Waiting const&) = delete;
        ~Waiting() {
            if (waiter.queue != nullptr) queue.remove(waiter);
        }
        TaskWaiter waiter;
        WaiterQueue& queue;
    };

    ListingWalk& walk() {
        auto const make = [this] {
            Listing listing(book, [](std::string const&) { return false; });
            return ListingWalk{std::move(listing), Time(), walk_noon};
        };
        return walks.walk(AccountWalks::Depth::usual, make);
    }
    static TaskRecord record(int hour) {
        TaskRecord record;
        record.task_id = fmt::format("t{}", hour);
        record.created_at = walk_noon - hour * 1h;
        return record;
    }
    /// Reads the last record again and one for each of the next hours, and returns whether that
    /// tells more.
    bool reads(int hours, Time now = Time(1s)) {
        std::vector<TaskRecord> page;
        int const offset = std::max(0, read - 1);
        read += hours;
        for (int hour = offset; hour < read; ++hour) page.push_back(record(hour));
        walk().listing.add(std::move(page), offset);
        return walks.tells_more(AccountWalks::Depth::usual, now, ahead);
    }
    /// Reads the top once more, where it is asked for.
    bool reads_top(Time now = Time(1s)) {
        if (!walk().listing.is_closing() || walk().listing.next_offset(50) != 0) return false;
        walk().listing.add({record(0), record(1), record(2), record(3)}, 0);
        return walks.tells_more(AccountWalks::Depth::usual, now, ahead);
    }
    void needs_end() {
        Conclusion conclusion;
        conclusion.needs_end = true;
        walk().note(queue.searches(), {conclusion});
    }
    bool ends(Time now = Time(1s)) {
        walks.end_if_over(AccountWalks::Depth::usual, now, ahead);
        return walks.last_ended() != Time::min();
    }

    TaskBook book;
    WaiterQueue queue;
    AccountWalks walks{queue};
    int read = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(listing_walk)

BOOST_FIXTURE_TEST_CASE(a_walk_tells_more_where_it_has_passed_another_search, WalkFixture) {
    Waiting const young(executor(), queue, walk_noon);
    Waiting const old(executor(), queue, walk_noon - 48h);
    BOOST_TEST(!reads(20));
    BOOST_TEST(reads(10)); // past the young one
    BOOST_TEST(!reads(10));
    BOOST_TEST(!ends());
    Waiting const another(executor(), queue, walk_noon); // which the walk has passed already
    BOOST_TEST(reads(10));
    BOOST_TEST(!reads(10));
    BOOST_TEST(reads(20)); // past the old one
    BOOST_TEST(!ends());
    BOOST_TEST(!walk().listing.is_closed());
    BOOST_TEST(reads_top());
    BOOST_TEST(walk().listing.is_closed());
    BOOST_TEST(ends());
}

BOOST_FIXTURE_TEST_CASE(a_walk_tells_all_that_it_can_when_it_ends, WalkFixture) {
    Waiting const young(executor(), queue, walk_noon);
    Waiting const old(executor(), queue, walk_noon - 480h);
    BOOST_TEST(reads(30));
    BOOST_TEST(!reads(10));
    BOOST_TEST(reads(10, Time(30s))); // it has no more time
    BOOST_TEST(!ends(Time(30s)));
    BOOST_TEST(reads_top(Time(31s)));
    BOOST_TEST(ends(Time(31s)));
    BOOST_TEST(!young.waiter.is_deep);
    BOOST_TEST(old.waiter.is_deep);
}

BOOST_FIXTURE_TEST_CASE(a_walk_of_one_page_does_not_read_the_top_again, WalkFixture) {
    Waiting const young(executor(), queue, walk_noon);
    BOOST_TEST(reads(30));
    BOOST_TEST(walk().listing.is_closed());
    BOOST_TEST(ends());
}

BOOST_FIXTURE_TEST_CASE(a_walk_ends_where_the_top_cannot_be_read, WalkFixture) {
    Waiting const young(executor(), queue, walk_noon);
    BOOST_TEST(!reads(10));
    BOOST_TEST(reads(20));
    BOOST_TEST(!ends(Time(2s)));
    BOOST_TEST(!ends(Time(39s)));
    BOOST_TEST(ends(Time(40s)));
}

BOOST_FIXTURE_TEST_CASE(a_walk_goes_on_to_the_end_where_only_that_can_tell, WalkFixture) {
    Waiting const young(executor(), queue, walk_noon);
    BOOST_TEST(reads(30));
    needs_end();
    BOOST_TEST(!ends());
    BOOST_TEST(!reads(10));
    while (!walk().listing.is_closing()) walk().listing.add({}, read);
    BOOST_TEST(reads_top());
    BOOST_TEST(walk().listing.has_ended());
    BOOST_TEST(ends());
    BOOST_TEST(!young.waiter.is_end_far);
}

BOOST_FIXTURE_TEST_CASE(an_end_that_is_far_is_left_to_deep_walks, WalkFixture) {
    Waiting const young(executor(), queue, walk_noon);
    BOOST_TEST(reads(30));
    needs_end();
    BOOST_TEST(reads(10, Time(30s))); // it has no more time
    ends(Time(30s));
    BOOST_TEST(young.waiter.is_end_far);
    BOOST_TEST(!young.waiter.is_deep);
    walks.abandon(AccountWalks::Depth::usual, Time(30s));
    BOOST_TEST((walks.next() == Time())); // a deep one is due
    read = 0;
    BOOST_TEST(reads(30, Time(40s))); // a usual one looks at the top
    needs_end();
    BOOST_TEST(ends(Time(40s)));
}

BOOST_FIXTURE_TEST_CASE(walks_begin_five_seconds_apart_with_a_rest_between_them, WalkFixture) {
    struct Row {
        Duration taken;
        Duration next; ///< After the beginning of the last one.
    };
    constexpr Row rows[] = {{100ms, 5s}, {2500ms, 5s}, {3s, 5s}, {4s, 6s}, {20s, 22s}};
    Time begun{};
    for (auto const& row : rows) {
        Waiting waiting(executor(), queue, walk_noon);
        waiting.waiter.since = begun + row.taken; // the youngest one
        walk().since = begun;
        reads(30, begun + row.taken);
        BOOST_TEST(ends(begun + row.taken));
        BOOST_TEST((walks.next() == begun + row.next));
        begun += row.next;
    }
}

BOOST_FIXTURE_TEST_CASE(a_full_walk_ends_and_is_said_to_be_too_long, WalkFixture) {
    Waiting const young(executor(), queue, walk_noon);
    Waiting const old(executor(), queue, walk_noon - 480h);
    BOOST_TEST(reads(30)); // past the young one
    auto large = record(read);
    large.marks.prompt = std::string(listing_bytes_max, 'p');
    walk().listing.add({record(read - 1), large}, read - 1);
    ++read;
    BOOST_TEST(reads(600)); // far enough, if it took them
    BOOST_TEST(ends());
    BOOST_TEST(!young.waiter.is_deep);
    BOOST_TEST(old.waiter.is_deep);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::engine
