// One walk through a listing: arrivals meanwhile, services that ignore the offset, clocks.
#include "runner/engine/listing.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>

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
    listing.add(page(100, 48), 0);
    BOOST_TEST(listing.next_offset(48) == 42); // an eighth is read again
    BOOST_TEST(listing.next_offset(6) == 45);  // of a shorter one a half
    listing.add(page(58, 48), 42);
    BOOST_TEST(listing.next_offset(48) == 84);
    BOOST_TEST(listing.size() == 90u);
    BOOST_TEST(listing.reaches(noon + 3min));
    BOOST_TEST(!listing.reaches(noon + 30s)); // records may stand a minute out of their order
    listing.add(page(16, 6), 84);
    BOOST_TEST(listing.next_offset(48) == 90);
    BOOST_TEST(!listing.has_ended());
    listing.add({}, 90);
    BOOST_TEST(!listing.has_ended());
    BOOST_TEST(listing.next_offset(48) == 0); // the top once more
    listing.add(page(102, 48), 0);
    BOOST_TEST(listing.has_ended());
    BOOST_TEST(listing.is_whole());
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
        {"the same, few of them with an id", 300, 256u << 10, false, true},
        {"many without a request", 50'000, 0, true, false},
    };
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.what) {
            TaskBook const book;
            auto listing = empty_listing(book);
            for (int read = 0; read < row.records; read += 90) {
                auto records = page(row.records - read, std::min(100, row.records - read));
                for (auto& one : records) {
                    if (!row.is_named && !one.task_id.ends_with('0')) one.task_id.clear();
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
    auto large = page(201, 100);
    large[1].marks.prompt = std::string(listing_bytes_max, 'p');
    listing.add(std::move(large), 99);
    listing.add(page(102, 100), 198);
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
    // ten have arrived: at offset 44 stand 66 … 17
    listing.add(page(66, 50), 44);
    BOOST_TEST(listing.size() == 84u);
    BOOST_TEST(listing.next_offset(50) == 88);
    // many more: what is newer than the first page is no reason to end
    listing.add(page(210, 50), 0);
    BOOST_TEST(!listing.has_ended());
    BOOST_TEST(listing.next_offset(50) == 128);
}

BOOST_AUTO_TEST_CASE(a_page_that_shows_no_record_of_an_earlier_one_is_not_taken) {
    TaskBook const book;
    auto listing = empty_listing(book);
    listing.add(page(100, 50), 0); // 100 … 51
    listing.add(page(40, 40), 44); // a server that lacks the sixteen newest
    BOOST_TEST(listing.size() == 50u);
    BOOST_TEST(listing.next_offset(50) == 25); // higher up, until they meet
    listing.add(page(59, 50), 25);
    BOOST_TEST(listing.size() == 91u);
    BOOST_TEST(!listing.has_ended());
}

/// A service with records 1 to `records`, which walks read while it changes.
struct ListedService {
    int records = 0;
    int page_max = 50;
    int arrivals = 0; ///< Before each page but the first.
    int lag = 0;      ///< Every second page lacks so many of the newest.
    bool ignores_offset = false;

    Listing walk(TaskBook const& book) {
        auto listing = empty_listing(book);
        for (int pages = 0; pages < 100 && !listing.has_ended(); ++pages) {
            int const offset = listing.next_offset(page_max);
            int const newest = records + pages * arrivals - (pages % 2) * lag;
            int const first = newest - (ignores_offset ? 0 : offset);
            listing.add(page(first, std::clamp(first, 0, page_max)), offset);
        }
        return listing;
    }
};

BOOST_AUTO_TEST_CASE(a_walk_is_whole_only_if_it_has_read_all) {
    TaskBook const book;
    int whole = 0;
    for (int const page_max : {2, 5, 16}) {
        for (int const records : {1, 4, 10, 11, 15, 16, 17, 40}) {
            for (int arrivals = 0; arrivals <= 2 * page_max; ++arrivals) {
                for (int const lag : {0, 1, page_max / 8, page_max / 2, page_max, 2 * page_max}) {
                    ListedService service{records, page_max, arrivals, std::min(lag, records)};
                    auto const listing = service.walk(book);
                    whole += listing.is_whole();
                    int shown = 0;
                    for (int i = 1; i <= records; ++i)
                        shown += listing.shows(fmt::format("t{}", i));
                    BOOST_TEST((!listing.is_whole() || shown == records),
                               fmt::format("{} records, {} arrive, {} lack, {} a page", records,
                                           arrivals, lag, page_max));
                    auto const oldest = records - shown + 1; // what was read has no gap
                    BOOST_TEST(listing.shows(fmt::format("t{}", oldest)));
                }
            }
        }
    }
    BOOST_TEST(whole > 300);
}

BOOST_AUTO_TEST_CASE(arrivals_fewer_than_a_page_do_not_keep_a_walk_from_its_end) {
    TaskBook const book;
    for (int const arrivals : {0, 1, 7, 20}) {
        ListedService service{300, 50, arrivals};
        BOOST_TEST(service.walk(book).is_whole(), arrivals << " arrive");
    }
}

BOOST_AUTO_TEST_CASE(a_hundred_arrivals_do_not_end_it) {
    TaskBook const book;
    auto listing = empty_listing(book);
    listing.add(page(100, 50), 0);
    for (int round = 1; round <= 3; ++round) {
        int const offset = listing.next_offset(50);
        int const newest = 100 + 100 * round;
        listing.add(page(newest - offset, 50), offset);
        BOOST_TEST(!listing.has_ended());
    }
}

BOOST_AUTO_TEST_CASE(a_service_that_ignores_the_offset_ends_it_and_it_is_not_whole) {
    TaskBook const book;
    for (int const records : {1, 5, 10, 50, 100}) {
        ListedService service{records, 50};
        service.ignores_offset = true;
        auto const listing = service.walk(book);
        BOOST_TEST(listing.has_ended());
        BOOST_TEST(!listing.is_whole(), records << " records");
        BOOST_TEST(listing.size() == std::size_t(std::min(records, 50)));
    }
}

BOOST_AUTO_TEST_CASE(records_without_ids_that_are_read_twice_count_once) {
    TaskBook const book;
    auto listing = empty_listing(book);
    auto records = page(20, 20);
    records[18].task_id.clear();
    listing.add(records, 0);
    listing.add({records.begin() + 10, records.end()}, 10);
    listing.add({}, 20);
    BOOST_TEST(listing.size() == 20u);
    BOOST_TEST(listing.strangers().size() == 20u);
    BOOST_TEST(listing.is_whole());
}

BOOST_AUTO_TEST_CASE(without_order_only_one_page_shows_that_nothing_moved) {
    TaskBook const book;
    for (int const page_max : {3, 50}) {
        auto records = page(10, 10);
        std::reverse(records.begin(), records.end());
        for (auto& one : records) one.created_at = noon - (one.created_at - noon) * 60;
        std::swap(records[2], records[7]);
        auto listing = empty_listing(book);
        while (!listing.has_ended()) {
            int const first = std::min(listing.next_offset(page_max), 10);
            int const last = std::min(first + page_max, 10);
            listing.add({records.begin() + first, records.begin() + last}, first);
        }
        BOOST_TEST(listing.is_whole());
        BOOST_TEST(listing.is_steady() == (page_max == 50));
    }
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
