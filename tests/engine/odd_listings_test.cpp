// Services whose lists would make a walk conclude too much, or read for ever.
#include "runner/engine/listing_walk.hpp"
#include "runner/engine/task_search.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <deque>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

constexpr WallTime doubt_noon{std::chrono::hours(500'004)};
constexpr std::string_view doubt_body = R"({{"action":"generate","mode":"fast","prompt":"{}"}})";

/// A list of one account, newest first, with what we know and have lost.
struct DoubtedList {
    TaskBook book;
    std::deque<TaskRecord> records;
    LostRequest lost;
    SearchContext context;

    DoubtedList() {
        context.identity = "us";
        context.settle = 30s;
        context.total = 15min;
        context.began = doubt_noon + 10min;
        context.has_owner = [this](std::string const& id) { return book.find(id) != nullptr; };
    }
    static std::string body(std::string_view prompt) {
        return fmt::format(fmt::runtime(doubt_body), prompt);
    }
    TaskRecord record(std::string id, Milliseconds at, std::string_view prompt) {
        TaskRecord out;
        out.task_id = std::move(id);
        out.created_at = doubt_noon + at;
        out.marks = marks_of(jobs::default_service(), "/midjourney/imagine",
                             json::read(body(prompt)).value());
        return out;
    }
    void others(int count, Milliseconds first, Milliseconds step) {
        for (int i = 0; i < count; ++i)
            records.push_front(record(fmt::format("o{}", serial++), first + i * step,
                                      "something quite different indeed"));
    }
    void show(std::uint64_t order, Milliseconds at) {
        KnownTask task;
        task.task_id = fmt::format("k{}", order);
        task.identity = "us";
        task.endpoint = "/midjourney/imagine";
        task.request = body("known words here");
        task.order = order;
        task.sent_at = doubt_noon + at;
        book.add(task);
        records.push_front(record(task.task_id, at, "known words here"));
    }
    void lose(std::uint64_t order, Milliseconds at) {
        lost.marks = marks_of_sent(jobs::default_service(), "/midjourney/imagine",
                                   json::read(body("six green hills")).value());
        lost.key = key_of(lost.marks);
        lost.kind = kind_of_request(lost.marks);
        lost.identity = "us";
        lost.order = {order, order};
        lost.sent_at = doubt_noon + at;
    }
    Listing listing() {
        return {book, [](std::string const&) { return false; }};
    }
    std::vector<TaskRecord> page(int offset, int limit, std::size_t cap = 100'000) const {
        auto const count = std::min(cap, records.size());
        auto const from = std::min(static_cast<std::size_t>(offset), count);
        auto const to = std::min(from + static_cast<std::size_t>(limit), count);
        return {records.begin() + std::ptrdiff_t(from), records.begin() + std::ptrdiff_t(to)};
    }
    Conclusion conclusion(Listing const& read, bool is_hour_over = false) const {
        Search search;
        search.lost = &lost;
        search.is_settled = true;
        search.is_total_over = search.is_hour_over = is_hour_over;
        return conclude(read, {search}, context).searches.at(0);
    }
    bool needs_end(Listing const& read) const { return conclusion(read).needs_end; }
    std::string result(Listing const& read, bool is_hour_over = false) const {
        auto const one = conclusion(read, is_hour_over);
        if (one.what == Conclusion::What::found) return one.record->task_id;
        if (one.what == Conclusion::What::absent) return "absent";
        return std::string(words_for(one.doubt));
    }
    int serial = 0;
};

} // namespace

BOOST_AUTO_TEST_SUITE(odd_listings)

/// The newest third stands at the end of the list, and nothing was sent later.
BOOST_AUTO_TEST_CASE(a_list_that_begins_in_the_middle_tells_nothing_before_its_end) {
    DoubtedList service;
    service.others(60, -6000s, 100s);
    service.show(5, -5s);
    service.lose(10, 0s);
    service.records.push_front(service.record("lost", 0s, "six green hills"));
    service.others(20, 1s, 100ms);
    std::rotate(service.records.begin(), service.records.begin() + 21, service.records.end());
    auto read = service.listing();
    auto const add_page = [&] {
        int const offset = read.next_offset(20);
        read.add(service.page(offset, 20), offset);
    };
    for (int pages = 0; pages < 3; ++pages) add_page();
    while (read.close()) add_page();
    BOOST_TEST(service.result(read, true) != "absent");

    auto whole = service.listing();
    while (!whole.has_ended()) {
        int const offset = whole.next_offset(20);
        whole.add(service.page(offset, 20), offset);
    }
    BOOST_TEST(service.result(whole, true) != "absent");
}

/// A server on the way held the request up until its witness had been taken, and only the newest
/// third of the list shows it.
BOOST_AUTO_TEST_CASE(a_witness_proves_nothing_where_the_request_may_be_newer) {
    for (bool const is_old : {false, true}) {
        DoubtedList service;
        service.others(16, -172'800s, 1s);
        service.lose(2, 0s);
        service.show(3, 500ms);
        service.others(1, 8s, 1s);
        service.records.push_front(service.record("lost", 12'800ms, "six green hills"));
        service.others(4, 13s, 1s);
        std::rotate(service.records.begin(), service.records.begin() + 6, service.records.end());
        auto read = service.listing();
        read.add(service.page(0, 6), 0);
        BOOST_TEST(has_passed(service.lost, read, 0ms, service.context.began));
        BOOST_TEST(service.result(read, is_old) == words_for(Doubt::old_top));
        BOOST_TEST(service.needs_end(read));
        while (!read.has_ended()) {
            int const offset = read.next_offset(6);
            read.add(service.page(offset, 6), offset);
        }
        BOOST_TEST(service.result(read, is_old) != "absent");
    }
}

/// Others use the account: what stands at the top is later than the request can be.
BOOST_AUTO_TEST_CASE(a_list_whose_top_is_later_tells_after_an_hour_without_its_end) {
    DoubtedList service;
    service.others(60, -6000s, 100s);
    service.show(5, -5s);
    service.lose(10, 0s);
    service.others(20, 2h, 1s);
    service.context.began = doubt_noon + 3h;
    auto read = service.listing();
    for (int pages = 0; pages < 3; ++pages) {
        int const offset = read.next_offset(20);
        read.add(service.page(offset, 20), offset);
    }
    while (read.close()) {
        int const offset = read.next_offset(20);
        read.add(service.page(offset, 20), offset);
    }
    BOOST_TEST(service.result(read, true) == "absent");
}

/// A list begins in the middle, with a record whose time is wrong, as of a server in another zone.
BOOST_AUTO_TEST_CASE(a_list_does_not_begin_late_because_of_one_wrong_time) {
    struct Row {
        char const* what;
        std::vector<Milliseconds> tops; ///< The times of the records on top of its older part.
        bool is_late;
    };
    Row const rows[] = {
        {"no wrong time", {}, false},
        {"one of the past hour", {90min}, false},
        {"one of the future", {9h}, false},
        {"several of the future", {9h, 10h, 11h}, false},
        {"one of the past hour and one of the future", {90min, 9h}, false},
        {"two that are right", {90min, 91min}, true},
    };
    for (auto const& row : rows) {
        DoubtedList service;
        service.others(60, -6000s, 100s);
        service.show(5, -5s);
        service.lose(10, 0s);
        service.context.began = doubt_noon + 2h;
        for (auto const at : row.tops) service.others(1, at, 0s);
        // What is newer stands at the end, and the walk has not come there.
        service.records.push_back(service.record("lost", 1s, "six green hills"));
        auto read = service.listing();
        while (!read.close()) {
            int const offset = read.next_offset(20);
            read.add(service.page(offset, 20), offset);
            if (offset > 20) break;
        }
        while (read.close()) {
            int const offset = read.next_offset(20);
            read.add(service.page(offset, 20), offset);
        }
        auto const expected = row.is_late ? "absent" : words_for(Doubt::old_top);
        BOOST_TEST(service.result(read, true) == expected, row.what);
        BOOST_TEST(service.conclusion(read, true).needs_end == !row.is_late, row.what);
    }
}

/// The service lists its newest 100. The lost task is no longer among them.
BOOST_AUTO_TEST_CASE(a_capped_list_is_not_whole_because_others_arrive_while_it_is_read) {
    for (int const arrivals : {0, 10}) {
        DoubtedList service;
        service.others(200, -300s, 1s);
        service.lose(10, 0s);
        service.records.push_front(service.record("lost", 0s, "six green hills"));
        service.others(150, 1s, 300ms);
        service.show(20, 50s);
        auto read = service.listing();
        while (!read.has_ended()) {
            int const offset = read.next_offset(50);
            read.add(service.page(offset, 50, 100), offset);
            if (offset == 0) service.others(arrivals, 60s, 100ms);
        }
        BOOST_TEST(service.result(read) != "absent", arrivals << " arrive");
    }
}

/// Oldest first, less than a minute apart.
BOOST_AUTO_TEST_CASE(a_list_from_the_oldest_to_the_newest_is_not_read_from_the_newest_back) {
    DoubtedList service;
    service.others(60, -48h, 30s);
    service.lose(10, 0s);
    service.others(3, -1min, 20s);
    service.records.push_front(service.record("lost", 0s, "six green hills"));
    std::reverse(service.records.begin(), service.records.end());
    service.context.began = doubt_noon + 2h;
    auto read = service.listing();
    read.add(service.page(0, 50), 0);
    BOOST_TEST(!read.reaches(doubt_noon - 24h));
    BOOST_TEST(service.result(read, true) != "absent");
}

/// Records that vanish make its place smaller than what was read, and it counts as read.
BOOST_AUTO_TEST_CASE(a_record_without_an_id_is_not_dropped_where_others_have_vanished) {
    DoubtedList service;
    service.show(5, -5min);
    service.others(40, -4min, 1s);
    service.lose(10, 0s);
    service.records.push_front(service.record("", 0s, "six green hills"));
    service.others(48, 1s, 500ms);
    service.show(20, 40s);
    service.records.insert(service.records.begin() + 49, service.record("x", 900ms, "other"));
    auto read = service.listing();
    bool has_vanished = false;
    while (!read.has_ended()) {
        int const offset = read.next_offset(50);
        read.add(service.page(offset, 50), offset);
        if (std::exchange(has_vanished, true)) continue;
        for (int i = 0; i < 3; ++i) service.records.erase(service.records.begin() + 3);
    }
    BOOST_TEST(service.result(read) != "absent");
}

/// One record a page, two servers, one of which is two records behind.
BOOST_AUTO_TEST_CASE(pages_of_one_record_show_no_end) {
    DoubtedList service;
    service.show(5, -1min);
    service.lose(10, 0s);
    service.records.push_front(service.record("lost", 0s, "six green hills"));
    service.show(20, 30s);
    auto read = service.listing();
    read.add(service.page(0, 1), 0);
    read.add(service.page(0, 1), 0);
    service.others(1, 40s, 1s);
    BOOST_TEST(read.next_offset(50) == 1);
    read.add(service.page(1, 1), 1); // it has moved there
    read.add({}, 2);                 // from a server that shows two records
    BOOST_TEST(!read.is_whole());
    BOOST_TEST(service.result(read) != "absent");
}

/// A service that ignores the offset, and one of whose records vanishes: each page seems to show
/// that as many have arrived as the offset says.
BOOST_AUTO_TEST_CASE(a_walk_ends_where_the_offset_is_ignored_and_a_record_vanishes) {
    DoubtedList service;
    service.others(50, 0s, 1s);
    auto read = service.listing();
    int pages = 0;
    for (; !read.has_ended() && pages < 100; ++pages) {
        int const offset = read.next_offset(50);
        read.add(service.page(0, 50), offset);
        if (offset == 0) service.records.pop_back();
    }
    BOOST_TEST(pages < 100);
}

/// Sorted by the last change, its times are in order all the same. A record goes from the third
/// page to the top after the first was read.
BOOST_AUTO_TEST_CASE(what_moves_to_the_top_is_read_there_and_is_in_doubt) {
    struct Row {
        char const* what;
        std::string_view moves; ///< "": nothing does.
        int arrivals;           ///< Before each page.
        std::string_view result;
    };
    constexpr std::string_view moving =
        "records of the service's list change their places while it is read";
    Row const rows[] = {
        {"nothing moves", "", 0, "absent"},
        {"others arrive", "", 3, "absent"},
        {"more than a page in all", "", 20, "absent"},
        {"the lost one moves", "lost", 0, "lost"},
        {"with arrivals", "lost", 3, "lost"},
        {"below a page of them", "lost", 20, "lost"},
        {"another one moves", "o20", 0, moving},
        {"a known one", "k5", 3, moving},
    };
    for (auto const& row : rows) {
        DoubtedList service;
        service.others(20, -55s, 10ms);
        service.show(5, -30s);
        service.others(10, -20s, 1s);
        service.lose(10, 0s);
        bool const is_there = row.moves == "lost";
        if (is_there) service.records.push_front(service.record("lost", 0s, "six green hills"));
        service.others(100, 1ms, 10ms);
        service.show(20, 12s);
        auto read = service.listing();
        for (int question = 0; !read.has_ended() && question < 100; ++question) {
            int const offset = read.next_offset(50);
            read.add(service.page(offset, 50), offset);
            service.others(row.arrivals, 13s + question * 10ms, 0ms);
            auto const at = std::find_if(
                service.records.begin(), service.records.end(),
                [&row](TaskRecord const& record) { return record.task_id == row.moves; });
            if (question == 0 && at != service.records.end())
                std::rotate(service.records.begin(), at, at + 1);
        }
        BOOST_TEST(service.result(read) == row.result, row.what);
    }
}

/// Two neighbours that are too large for one answer lower the limit; pages of one would never meet.
BOOST_AUTO_TEST_CASE(two_large_records_do_not_end_all_walks_of_the_account) {
    DoubtedList service;
    service.others(30, 0s, 1s);
    WaiterQueue const queue;
    AccountWalks walks(queue);
    auto const make = [&service] { return ListingWalk{service.listing(), Time(), doubt_noon}; };
    Problem too_large;
    too_large.code = "page_too_large";
    constexpr auto depth = AccountWalks::Depth::usual;
    walks.walk(depth, make);
    for (int i = 0; i < 5; ++i) BOOST_TEST(walks.take_pages(depth, {too_large}, {0}, Time()));
    BOOST_TEST(walks.limit() == 2);
    auto read = service.listing(); // of a later walk, whose records are small
    for (int pages = 0; !read.has_ended() && pages < 100; ++pages) {
        int const offset = read.next_offset(walks.limit());
        read.add(service.page(offset, walks.limit()), offset);
    }
    BOOST_TEST(read.size() == 30u);
}

/// Our clock was hours ahead when they were sent, and was put back since: they are not too young to
/// be listed.
BOOST_AUTO_TEST_CASE(a_list_lacks_known_tasks_also_if_they_were_sent_in_the_future) {
    for (bool const is_shown : {false, true}) {
        DoubtedList service;
        service.others(8, -172'800s, 1s);
        service.show(5, 8h - 5s);
        service.lose(10, 8h);
        service.show(20, 8h + 1min);
        service.context.began = doubt_noon + 1h + 5min;
        // A cap leaves out what is newest.
        if (!is_shown) service.records.pop_front();
        auto read = service.listing();
        while (!read.has_ended()) {
            int const offset = read.next_offset(6);
            read.add(service.page(offset, 6), offset);
        }
        BOOST_TEST(read.is_whole());
        BOOST_TEST(service.result(read, true) ==
                   (is_shown ? "absent" : words_for(Doubt::lists_late)));
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::engine
