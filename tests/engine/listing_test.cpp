// One walk through a listing: arrivals meanwhile, services that ignore the offset, clocks.
#include "runner/engine/listing.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

constexpr WallTime noon{std::chrono::hours(500'004)};

TaskRecord record(int number) {
    TaskRecord out;
    out.task_id = fmt::format("t{}", number);
    out.created_at = noon + number * 1s;
    return out;
}

/// The records from number `newest` down, `count` of them.
std::vector<TaskRecord> page(int newest, int count) {
    std::vector<TaskRecord> records;
    for (int i = 0; i < count; ++i) records.push_back(record(newest - i));
    return records;
}

Listing empty_listing(TaskBook const& book) {
    return {book, [](std::string const&) { return false; }};
}

/// The clock for a request that was sent in its order, at `sent` by our clock.
RecordsClock clock_of(Listing const& listing, std::uint64_t order, Milliseconds ahead,
                      std::optional<WallTime> sent = {}) {
    auto const& known = listing.known();
    auto const next = known.upper_bound(order);
    auto const in_order = next == known.begin() ? noon : std::prev(next)->second->second.sent_at;
    return listing.clock_for({{order, order}, sent.value_or(in_order)}, ahead, noon + 24h);
}

} // namespace

BOOST_AUTO_TEST_SUITE(listing)

BOOST_AUTO_TEST_CASE(pages_follow_each_other) {
    TaskBook const book;
    auto listing = empty_listing(book);
    listing.add(page(100, 50), 0);
    BOOST_TEST(listing.next_offset() == 50);
    listing.add(page(50, 50), 50);
    BOOST_TEST(listing.next_offset() == 100);
    BOOST_TEST(listing.size() == 100u);
    BOOST_TEST(listing.reaches(noon + 3min));
    BOOST_TEST(!listing.reaches(noon + 30s)); // records may stand a minute out of their order
    listing.add({}, 100);
    BOOST_TEST(!listing.has_ended());
    listing.add({}, 100);
    BOOST_TEST(listing.has_ended());
}

BOOST_AUTO_TEST_CASE(a_walk_keeps_no_more_than_its_memory) {
    struct Row {
        char const* what;
        int records;
        std::size_t prompt_bytes;
        bool is_named;
        bool is_full;
    };
    Row const rows[] = {
        {"usual records", 30'000, 300, true, false},
        {"far more of them", 120'000, 300, true, true},
        {"few with the longest prompts", 200, 256u << 10, true, false},
        {"some more of those", 300, 256u << 10, true, true},
        {"the same without an id", 300, 256u << 10, false, true},
        {"many without a request", 50'000, 0, true, false},
    };
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.what) {
            TaskBook const book;
            auto listing = empty_listing(book);
            for (int read = 0; read < row.records; read += 100) {
                auto records = page(row.records - read, 100);
                for (auto& one : records) {
                    if (!row.is_named) one.task_id.clear();
                    if (row.prompt_bytes > 0) one.marks.prompt = std::string(row.prompt_bytes, 'p');
                    one.outcome = Answer();
                }
                listing.add(std::move(records), read);
            }
            BOOST_TEST(listing.is_full() == row.is_full);
            BOOST_TEST((listing.size() < std::size_t(row.records)) == row.is_full);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_full_walk_never_ends_and_tells_what_it_has_read) {
    TaskBook const book;
    auto listing = empty_listing(book);
    listing.add(page(300, 100), 0);
    auto large = page(200, 100);
    large.front().marks.prompt = std::string(listing_bytes_max, 'p');
    listing.add(std::move(large), 100);
    listing.add(page(100, 100), 200);
    for (int i = 0; i < 3; ++i) listing.add({}, 300);
    BOOST_TEST(listing.is_full());
    BOOST_TEST(!listing.has_ended());
    BOOST_TEST(listing.size() == 101u);
    BOOST_TEST(listing.shows("t200"));
    BOOST_TEST(!listing.shows("t199"));
    BOOST_TEST(listing.reaches(noon + 200s + 2min));
    BOOST_TEST(!listing.reaches(noon + 200s));
}

BOOST_AUTO_TEST_CASE(what_arrives_meanwhile_moves_the_next_page) {
    TaskBook const book;
    auto listing = empty_listing(book);
    listing.add(page(100, 50), 0); // 100 … 51
    // ten have arrived: at offset 50 stand 60 … 11
    listing.add(page(60, 50), 50);
    BOOST_TEST(listing.size() == 90u);
    BOOST_TEST(listing.next_offset() == 100);
    // many more: what is newer than the first page is no reason to end
    listing.add(page(210, 50), 0);
    BOOST_TEST(!listing.has_ended());
    BOOST_TEST(listing.next_offset() == 140);
}

BOOST_AUTO_TEST_CASE(a_hundred_arrivals_do_not_end_it) {
    TaskBook const book;
    auto listing = empty_listing(book);
    listing.add(page(100, 50), 0);
    for (int round = 1; round <= 3; ++round) {
        int const offset = listing.next_offset();
        int const newest = 100 + 100 * round;
        listing.add(page(newest - offset, 50), offset);
        BOOST_TEST(!listing.has_ended());
    }
}

BOOST_AUTO_TEST_CASE(a_service_that_ignores_the_offset_ends_it) {
    TaskBook const book;
    auto listing = empty_listing(book);
    for (int i = 0; i < 3; ++i) listing.add(page(100, 50), listing.next_offset());
    BOOST_TEST(listing.has_ended());
    BOOST_TEST(listing.size() == 50u);
}

BOOST_AUTO_TEST_CASE(without_order_or_times_it_reaches_nowhere) {
    TaskBook const book;
    auto mixed = empty_listing(book);
    auto records = page(100, 3);
    records[1].created_at -= 8h;
    mixed.add(records, 0);
    BOOST_TEST(!mixed.reaches(noon + 24h));
    auto timeless = empty_listing(book);
    records = page(100, 2);
    records[1].created_at = WallTime();
    timeless.add(records, 0);
    BOOST_TEST(!timeless.reaches(noon + 24h));
}

BOOST_AUTO_TEST_CASE(known_tasks_set_the_clock) {
    TaskBook book;
    auto add = [&book](int number, Milliseconds ahead) {
        KnownTask task;
        task.task_id = fmt::format("t{}", number);
        task.order = static_cast<std::uint64_t>(number);
        task.sent_at = noon + number * 1s - ahead;
        book.add(task);
    };
    for (int i = 1; i <= 5; ++i) add(i, 47min);
    for (int i = 6; i <= 10; ++i) add(i, -1h);
    auto listing = empty_listing(book);
    BOOST_TEST(clock_of(listing, 3, 5s).margin == Milliseconds(24h));
    BOOST_TEST(clock_of(listing, 3, 5s).low == Milliseconds(5s));
    listing.add(page(10, 10), 0);
    BOOST_TEST(listing.strangers().empty());
    BOOST_TEST(clock_of(listing, 2, 5s).low == Milliseconds(47min));
    BOOST_TEST(clock_of(listing, 2, 5s).high == Milliseconds(47min));
    BOOST_TEST(clock_of(listing, 10, 5s).low == Milliseconds(-1h));
    BOOST_TEST(clock_of(listing, 6, 5s).low == Milliseconds(-1h)); // both of its neighbours
    BOOST_TEST(clock_of(listing, 6, 5s).high == Milliseconds(47min));
    BOOST_TEST(clock_of(listing, 6, 5s).margin == Milliseconds(15min));
}

BOOST_AUTO_TEST_CASE(what_does_not_stand_between_known_tasks_was_sent_by_another_clock) {
    TaskBook book;
    for (int i : {5, 15}) {
        KnownTask task;
        task.task_id = fmt::format("t{}", i);
        task.order = static_cast<std::uint64_t>(i);
        task.sent_at = noon + i * 1min;
        book.add(task);
    }
    auto listing = empty_listing(book);
    listing.add(page(15, 11), 0);
    BOOST_TEST(clock_of(listing, 10, 0s, noon + 10min).margin == Milliseconds(15min));
    BOOST_TEST(clock_of(listing, 10, 0s, noon + 8h).margin == Milliseconds(24h));
    BOOST_TEST(clock_of(listing, 10, 0s, noon - 8h).margin == Milliseconds(24h));
    BOOST_TEST(clock_of(listing, 20, 0s, noon + 20min).margin == Milliseconds(15min));
    BOOST_TEST(clock_of(listing, 20, 0s, noon + 25h).margin == Milliseconds(24h));
    BOOST_TEST(clock_of(listing, 2, 0s, noon + 2min).margin == Milliseconds(24h)); // none before
    auto const margin = [&](SendOrder order) {
        return listing.clock_for({order, noon + 10min}, 0s, noon + 24h).margin;
    };
    BOOST_TEST(margin({6, 14}) == Milliseconds(15min));
    BOOST_TEST(margin({6, 20}) == Milliseconds(15min));
    BOOST_TEST(margin({5, 14}) == Milliseconds(24h)); // it may be before all of them
    BOOST_TEST(margin({0, 14}) == Milliseconds(24h));
}

BOOST_AUTO_TEST_CASE(a_hundred_known_tasks_narrow_the_margin) {
    TaskBook book;
    for (int i = 1; i <= 100; ++i) {
        KnownTask task;
        task.task_id = fmt::format("t{}", i);
        task.order = static_cast<std::uint64_t>(i);
        task.sent_at = noon + i * 1s - (i % 2) * 2s;
        book.add(task);
    }
    auto listing = empty_listing(book);
    listing.add(page(100, 100), 0);
    BOOST_TEST(clock_of(listing, 50, 0s).margin == Milliseconds(1min + 4s));
    auto const unplaced = listing.clock_for({{40, 60}, noon + 50s}, 0s, noon + 24h);
    BOOST_TEST(unplaced.margin == Milliseconds(15min));
    BOOST_TEST((unplaced.high - unplaced.low == Milliseconds(2s)));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::engine
