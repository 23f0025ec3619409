// An audit of the service's list: which records belong to no step, and where the list ends.
#include "runner/report/task_audit.hpp"

#include "runner/base/time_text.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace darkroom;
using namespace darkroom::report;

namespace {

WallTime at(std::string const& time) {
    return parse_rfc3339("2026-11-28T" + time + ".000Z").value();
}

engine::TaskRecord record(std::string id, std::string const& time) {
    engine::TaskRecord record;
    record.task_id = std::move(id);
    if (!time.empty()) record.created_at = at(time);
    record.request = R"({"action":"upscale1","prompt":"a boat"})";
    return record;
}

engine::TaskRecord text() {
    auto text = record("text", "09:30:00");
    text.marks.endpoint = "/midjourney/describe";
    text.marks.prompt = "a boat";
    return text;
}

/// An audit of a run from nine to ten that knows the tasks "known-…".
struct AuditFixture {
    Result<bool> take(std::vector<engine::TaskRecord> records) {
        engine::TaskPage page;
        page.tasks = std::move(records);
        page.given = page.tasks.size();
        return walk.take(page, audit);
    }
    bool goes_on(std::vector<engine::TaskRecord> records) {
        auto const more = take(std::move(records));
        BOOST_REQUIRE(more.has_value());
        return *more;
    }
    std::vector<std::string> ids() const {
        std::vector<std::string> all;
        for (auto const& stray : audit.strays) all.push_back(stray.id);
        return all;
    }

    AccountAudit walk{jobs::default_service(),
                      "",
                      {at("09:00:00"), at("10:00:00")},
                      [](std::string const& task) {
                          std::optional<TaskOwner> owner;
                          if (task.starts_with("known"))
                              owner = TaskOwner{"cars/1", task.ends_with("failed")};
                          return Result<std::optional<TaskOwner>>(owner);
                      },
                      {{engine::key_of(text().marks), 2}}};
    Audit audit;
};

using Ids = std::vector<std::string>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(task_audit, AuditFixture)

BOOST_AUTO_TEST_CASE(records_in_the_runs_time_that_no_step_has_are_strays) {
    struct Row {
        std::string id, time;
        bool is_in_time, is_stray;
    };
    Row const rows[] = {
        {"known-1", "09:30:00", true, false},  {"other-1", "09:30:00", true, true},
        {"other-2", "09:00:00", true, true},   {"other-3", "10:00:00", true, true},
        {"other-4", "08:59:59", false, false}, {"other-5", "10:00:01", false, false},
        {"other-6", "", true, true},           {"", "09:30:00", true, true},
    };
    for (auto const& row : rows) {
        AuditFixture one;
        one.goes_on({record(row.id, row.time)});
        BOOST_TEST(one.audit.records == (row.is_in_time ? 1u : 0u), row.id << row.time);
        BOOST_TEST(one.audit.all == (row.is_stray ? 1u : 0u), row.id << row.time);
    }
}

// Texts are answered without the id of their task.
BOOST_AUTO_TEST_CASE(as_many_equal_tasks_as_texts_were_answered_are_none) {
    auto other = text();
    other.task_id = "text-2";
    auto third = text();
    third.task_id = "text-3";
    BOOST_TEST(goes_on({text(), other}));
    BOOST_TEST(audit.all == 0u);
    BOOST_TEST(goes_on({third}));
    BOOST_TEST(ids() == (Ids{"text-3"}), boost::test_tools::per_element());
}

// It was paid for, and the step has no picture of it.
BOOST_AUTO_TEST_CASE(a_finished_task_whose_step_heard_that_it_failed_is_a_stray) {
    auto done = record("known-failed", "09:30:00");
    goes_on({done});
    BOOST_TEST(audit.all == 0u);
    done.task_id = "known-too-failed";
    done.outcome = engine::Answer();
    goes_on({done});
    BOOST_REQUIRE(audit.strays.size() == 1u);
    BOOST_TEST(audit.strays.front().step == "cars/1");
    BOOST_TEST(stray_line(audit.strays.front()).ends_with("[cars/1 heard that it failed]"));
    BOOST_TEST(walk.has_shown_ours());
}

BOOST_AUTO_TEST_CASE(a_list_ends_at_an_empty_page) {
    BOOST_TEST(goes_on({record("a", "09:30:00")}));
    BOOST_TEST(walk.offset() == 1);
    BOOST_TEST(!goes_on({}));
}

BOOST_AUTO_TEST_CASE(a_list_that_ignores_the_offset_ends_and_is_counted_once) {
    std::vector<engine::TaskRecord> const page{record("a", "09:30:00"), record("b", "09:20:00")};
    BOOST_TEST(goes_on(page));
    BOOST_TEST(goes_on(page));
    BOOST_TEST(!goes_on(page));
    BOOST_TEST(ids() == (Ids{"a", "b"}), boost::test_tools::per_element());
}

// One page of an unordered list may lie before the run's time although the next does not.
BOOST_AUTO_TEST_CASE(a_list_ends_at_two_pages_before_the_runs_time) {
    BOOST_TEST(goes_on({record("later", "11:00:00")}));
    BOOST_TEST(goes_on({record("early", "07:00:00")}));
    BOOST_TEST(goes_on({record("a", "09:30:00")}));
    BOOST_TEST(goes_on({record("early-1", "08:00:00")}));
    BOOST_TEST(!goes_on({record("early-2", "07:30:00")}));
    BOOST_TEST(ids() == (Ids{"a"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(records_that_cannot_be_read_move_the_offset_and_end_nothing) {
    engine::TaskPage page;
    page.given = 40;
    for (int i = 0; i < 5; ++i) {
        auto const more = walk.take(page, audit);
        BOOST_TEST(more.value());
    }
    BOOST_TEST(walk.offset() == 200);
}

// Tasks that arrive while the list is read move the others to the next page.
BOOST_AUTO_TEST_CASE(a_record_that_comes_on_two_pages_is_one_stray) {
    BOOST_TEST(goes_on({record("a", "09:40:00"), record("b", "09:30:00")}));
    BOOST_TEST(goes_on({record("b", "09:30:00"), record("c", "09:20:00")}));
    BOOST_TEST(ids() == (Ids{"a", "b", "c"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(memory_is_bounded_and_all_strays_are_counted) {
    for (int page = 0; page < 30; ++page) {
        std::vector<engine::TaskRecord> records;
        for (int i = 0; i < 50; ++i)
            records.push_back(
                record("stray-" + std::to_string(page) + "-" + std::to_string(i), "09:30:00"));
        goes_on(std::move(records));
    }
    BOOST_TEST(audit.strays.size() == strays_max);
    BOOST_TEST(audit.all == 1500u);
    BOOST_TEST(audit_text(audit).find("and 500 more\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_error_of_the_journal_is_returned) {
    AccountAudit broken{
        jobs::default_service(), "", {at("09:00:00"), at("10:00:00")}, [](std::string const&) {
            return Result<std::optional<TaskOwner>>(Error(error_code(), "no journal"));
        }};
    engine::TaskPage page;
    page.tasks = {record("a", "09:30:00")};
    BOOST_TEST(broken.take(page, audit).has_error());
}

BOOST_AUTO_TEST_CASE(a_stray_has_its_line_and_its_object) {
    auto done = record("task-1", "09:30:00");
    done.outcome = engine::Answer();
    auto failed = record("task-2", "");
    failed.outcome = engine::Problem();
    failed.request = "";
    failed.endpoint = "/midjourney/describe";
    failed.marks.prompt = "a\x1b boat";
    audit.directory = "out/cars";
    auto usual = record("", "09:10:00");
    usual.request = R"({"prompt":"a boat"})";
    goes_on({record("known-1", "09:30:00"), done, failed, usual});
    BOOST_TEST(audit_text(audit) == "task-1  2026-11-28T09:30:00.000Z  finished  upscale1 a boat\n"
                                    "task-2  (no time)  failed  describe a\uFFFD boat\n"
                                    "(no id)  2026-11-28T09:10:00.000Z  running  generate a boat\n"
                                    "out/cars: 3 of 4 tasks in the run's time belong to no step\n");
    audit.all = audit.records = 1;
    BOOST_TEST(audit_text(audit).ends_with("out/cars: 1 of 1 task in the run's time belongs to no "
                                           "step\n"));
    audit.all = 3;
    audit.records = 4;
    audit.strays.resize(1);
    audit.gaps = {"a gap"};
    BOOST_TEST(json::write(to_json(audit)) ==
               R"({"directory":"out/cars","records":4,"strays":3,"tasks":[{"task_id":"task-1",)"
               R"("account":null,"created_at":"2026-11-28T09:30:00.000Z","action":"upscale1",)"
               R"("prompt":"a boat","state":"finished","step":null}],"gaps":["a gap"]})");
    audit.strays.front().account = "day";
    BOOST_TEST(stray_line(audit.strays.front()).ends_with("[account day]"));
}

BOOST_AUTO_TEST_SUITE_END()
