// Lists that are sorted by the last change, or by times of which many are equal: records change
// their places while a walk reads. No walk may count as whole that has missed one.
#include "runner/engine/listing.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <deque>
#include <random>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

constexpr WallTime moving_noon{std::chrono::hours(500'004)};

/// A list whose records are made a tenth of a second apart, newest first.
struct MovingList {
    TaskBook book;
    std::deque<TaskRecord> records;
    int serial = 0;

    explicit MovingList(int count) { arrive(count); }
    void arrive(int count) {
        for (int i = 0; i < count; ++i) {
            TaskRecord record;
            record.task_id = fmt::format("t{}", serial);
            record.created_at = moving_noon + serial++ * 100ms;
            record.outcome = Answer();
            records.push_front(std::move(record));
        }
    }
    std::ptrdiff_t place_of(std::string const& id) const {
        return std::find_if(records.begin(), records.end(),
                            [&id](TaskRecord const& record) { return record.task_id == id; }) -
               records.begin();
    }
    void move_to_top(std::string const& id) {
        auto const at = records.begin() + place_of(id);
        std::rotate(records.begin(), at, at + 1);
    }
    std::vector<TaskRecord> page(int offset, int limit) const {
        auto const from = std::min(static_cast<std::size_t>(offset), records.size());
        auto const to = std::min(from + static_cast<std::size_t>(limit), records.size());
        return {records.begin() + std::ptrdiff_t(from), records.begin() + std::ptrdiff_t(to)};
    }
    /// Reads all. `change` is called before each question but the first.
    Listing walk(int limit, std::function<void(int question)> const& change) const {
        Listing listing(book, [](std::string const&) { return false; });
        for (int question = 0; question < 300 && !listing.has_ended(); ++question) {
            if (question > 0) change(question);
            int const offset = listing.next_offset(limit);
            listing.add(page(offset, limit), offset);
        }
        return listing;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(moving_listings)

BOOST_AUTO_TEST_CASE(a_walk_is_not_whole_without_a_record_that_moved_to_the_top) {
    int whole = 0;
    int shown = 0;
    for (int const limit : {2, 4, 10, 50}) {
        for (int const count : {1, 4, 11, 30, 51, 120}) {
            for (int moved = 0; moved < count; moved += 1 + count / 20) {
                for (int const when : {1, 2, 3, 5}) {
                    for (int const arrivals : {0, 1, limit / 3}) {
                        MovingList list(count);
                        auto const id = fmt::format("t{}", moved);
                        auto const change = [&](int question) {
                            if (question == when) list.move_to_top(id);
                            list.arrive(arrivals);
                        };
                        auto const read = list.walk(limit, change);
                        whole += read.is_whole();
                        shown += read.shows(id);
                        BOOST_TEST((!read.is_whole() || read.shows(id)),
                                   fmt::format("{} of {} moves before question {}, {} arrive, "
                                               "{} a page",
                                               id, count, when, arrivals, limit));
                    }
                }
            }
        }
    }
    BOOST_TEST(whole > 500);
    BOOST_TEST(shown > 500);
}

/// Many are listed with one time, and each answer has these in another order.
BOOST_AUTO_TEST_CASE(a_walk_is_not_whole_without_a_record_whose_time_others_have) {
    int whole = 0;
    std::vector<unsigned> seeds{12063,  18468,  18691,  30087,  47363,  65394,  83871, 92127,
                                101531, 102518, 103504, 120917, 129095, 155173, 174218};
    for (unsigned seed = 1; seed <= 2000; ++seed) seeds.push_back(seed);
    for (unsigned const seed : seeds) {
        std::mt19937 random(seed);
        auto const any = [&random](int least, int most) {
            return std::uniform_int_distribution<int>(least, most)(random);
        };
        int const equal = any(2, 7);
        int const limit = any(3, 24);
        MovingList list(any(3, 60));
        auto const group = [equal](TaskRecord const& record) {
            return (record.created_at - moving_noon) / (equal * 100ms);
        };
        for (auto& record : list.records)
            record.created_at = moving_noon + group(record) * (equal * 100ms);
        int const arrivals = any(0, 1);
        auto const change = [&](int) {
            for (auto first = list.records.begin(); first != list.records.end();) {
                auto const next = std::find_if(first, list.records.end(), [&](auto const& record) {
                    return record.created_at != first->created_at;
                });
                std::shuffle(first, next, random);
                first = next;
            }
            if (any(0, 3) < arrivals) list.arrive(1);
        };
        int const count = list.serial;
        auto const read = list.walk(limit, change);
        if (!read.is_whole() || !read.is_steady()) continue;
        ++whole;
        int missed = 0;
        for (int i = 0; i < count; ++i) missed += !read.shows(fmt::format("t{}", i));
        BOOST_TEST(missed == 0, fmt::format("seed {}: {} at once, {} a page, {} missed", seed,
                                            equal, limit, missed));
    }
    BOOST_TEST(whole > 40);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::engine
