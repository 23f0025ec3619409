// The book of tasks: found by their ids, listed newest first, removed oldest first.
#include "runner/studio/tasks/task.hpp"

#include <boost/test/unit_test.hpp>

using namespace darkroom;
using namespace darkroom::studio;
using namespace std::chrono_literals;

namespace {

WallTime const start{std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)};
double const start_seconds = static_cast<double>(start.time_since_epoch().count()) / 1000;

TaskPtr make_task(int number, bool ended) {
    auto task = std::make_shared<Task>();
    task->id = "t" + std::to_string(number);
    task->trace_id = "r" + std::to_string(number);
    task->request = json::Object();
    task->created_at = start + std::chrono::seconds(number);
    if (!ended) return task;
    task->finished_at = task->created_at + 1s;
    task->steps.push_back({100, "i" + std::to_string(number)});
    return task;
}

std::string ids_of(TaskPage const& page) {
    std::string ids;
    for (auto const& task : page.items) ids += task->id + " ";
    return ids;
}

} // namespace

BOOST_AUTO_TEST_SUITE(task_book)

BOOST_AUTO_TEST_CASE(a_task_is_found_by_id_trace_and_once_finished_by_image) {
    TaskBook book(BookLimits{10});
    auto const task = make_task(1, true);
    book.add(task);
    BOOST_TEST(book.find("t1") == task);
    BOOST_TEST(book.find_trace("r1") == task);
    BOOST_TEST(book.find_image("i1") == nullptr);
    book.finish_image(task);
    BOOST_TEST(book.find_image("i1") == task);
    BOOST_TEST(book.find("t2") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_listing_pages_from_the_newest_back) {
    TaskBook book(BookLimits{100});
    for (int i = 0; i < 20; ++i) book.add(make_task(i, true));
    TaskFilter filter;
    filter.limit = 3;
    BOOST_TEST(ids_of(book.list(filter)) == "t19 t18 t17 ");
    filter.offset = 18;
    BOOST_TEST(ids_of(book.list(filter)) == "t1 t0 ");
    BOOST_TEST(book.list(filter).count == 20u);
    filter.offset = 0;
    filter.created_at_min = start_seconds + 5;
    filter.created_at_max = start_seconds + 6;
    BOOST_TEST(ids_of(book.list(filter)) == "t6 t5 ");
    BOOST_TEST(book.list(filter).count == 2u);
    filter.type = "videos";
    BOOST_TEST(book.list(filter).count == 0u);
}

BOOST_AUTO_TEST_CASE(beyond_its_size_the_book_forgets_ended_tasks_only) {
    TaskBook book(BookLimits{2});
    auto const running = make_task(0, false);
    book.add(running);
    for (int i = 1; i < 4; ++i) book.add(make_task(i, true));
    BOOST_TEST(book.size() == 4u); // the oldest still runs
    running->finished_at = start;
    running->failure = ApiError{};
    book.add(make_task(4, true));
    BOOST_TEST(book.size() == 2u);
    BOOST_TEST(book.find("t0") == nullptr);
    BOOST_TEST(book.find("t4") != nullptr);
}

BOOST_AUTO_TEST_CASE(bodies_too_large_together_push_out_the_oldest) {
    TaskBook book(BookLimits{1000, 1000});
    for (int i = 0; i < 20; ++i) {
        auto task = make_task(i, true);
        task->request.set("mask", std::string(90, 'A')); // 101 bytes as JSON
        book.add(std::move(task));
    }
    BOOST_TEST(book.size() == 9u);
    BOOST_TEST(book.find("t10") == nullptr);
    BOOST_TEST(book.find("t11") != nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
