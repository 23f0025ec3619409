// The lines of a manifest follow the plan.
#include "runner/store/arrangement.hpp"

#include "runner/store/error.hpp"
#include "runner/store/manifest_columns.hpp"
#include "runner/store/manifest_line.hpp"
#include "runner/store/manifest_writer.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;

namespace {

constexpr int items_count = 300;

/// Texts that JSON has to escape, and names that come twice.
std::vector<jobs::Variables> const some_variables = {
    {},
    {{"colour", "red"}, {"place", "Rome"}},
    {{"colour", "red"}, {"place", "Rome"}, {"colour", "blue"}},
    {{"", ""}, {"\"\\\n", "雨\x01\x7f/"}}};

std::shared_ptr<jobs::Item const> item_number(int number) {
    auto item = std::make_shared<jobs::Item>();
    item->job = "cars";
    item->index = static_cast<std::uint64_t>(number);
    item->variables = some_variables[static_cast<std::size_t>(number) % some_variables.size()];
    item->request.body.set("prompt", "a \"car\", number " + std::to_string(number));
    item->then = std::make_shared<std::vector<jobs::Branch> const>();
    return item;
}

/// Returns the same request as another item of another job.
std::shared_ptr<jobs::Item const> moved(jobs::Item const& item, std::uint64_t index) {
    auto other = std::make_shared<jobs::Item>(item);
    other->job = "other";
    other->index = index;
    other->variables.emplace_back("label", std::to_string(index));
    return other;
}

using Items = std::vector<std::shared_ptr<jobs::Item const>>;

struct ArrangementFixture : LoopFixture {
    ArrangementFixture() {
        for (int i = 0; i < items_count; ++i) items.push_back(item_number(i));
        for (auto const& item : items) record(*item);
        must(run(journal->append(event_of(1, engine::Requeued{}))));
        open();
    }

    void open() {
        writer.reset();
        writer = must(ManifestWriter::open(folder, journal->reader()));
    }

    void record(jobs::Item const& item) {
        for (auto const& event : events_of(item)) journal->note(event);
    }

    static std::vector<engine::Event> events_of(jobs::Item const& item) {
        auto const number = static_cast<int>(item.index);
        auto const step = jobs::first_step(std::make_shared<jobs::Item>(item));
        std::vector events = {submitted(number), finished(number),
                              saved(number, "images/" + std::to_string(number) + ".png")};
        std::get<engine::Submitted>(events.front().fact).info = engine::info_of(step);
        for (auto& event : events) event.step = step.key;
        return events;
    }

    /// The line of a picture that was bought for one item, as that of another item.
    static std::string line_of(jobs::Item const& bought_for, jobs::Item const& item) {
        engine::StepState state;
        auto const events = events_of(bought_for);
        for (auto const& event : events) state.apply(event);
        state.info.job = item.job;
        state.info.item = item.index;
        state.info.variables = item.variables;
        return manifest_line(events.back(), state) + '\n';
    }

    PlanOfLines plan_of(Items wanted) const {
        PlanOfLines plan;
        auto const left = std::make_shared<Items>(std::move(wanted));
        std::reverse(left->begin(), left->end());
        plan.next_item = [left]() -> Result<std::shared_ptr<jobs::Item const>> {
            if (left->empty()) return std::shared_ptr<jobs::Item const>();
            auto item = std::move(left->back());
            left->pop_back();
            return item;
        };
        plan.layout = must(Layout::parse("images/{item}"));
        plan.stop = &stop;
        return plan;
    }

    Result<ArrangedFiles> arrange(PlanOfLines const& plan) {
        return arrange_lines(folder, must(writer->present()), plan);
    }
    void move_lines(Items wanted) {
        must(writer->adopt(must(arrange(plan_of(std::move(wanted))))));
    }
    /// Returns what each line says of a pick.
    std::vector<std::string> picked() const {
        std::vector<std::string> values;
        auto const text = manifest();
        for (std::size_t at = 0; at < text.size();) {
            auto const end = text.find('\n', at);
            auto const columns = LineColumns::split(std::string_view(text).substr(at, end - at));
            values.emplace_back(columns.value().at(Column::picked));
            at = end + 1;
        }
        return values;
    }
    std::string manifest() const { return content_of(folder.manifest()); }
    std::string unwanted() const {
        return exists(folder.unwanted()) ? content_of(folder.unwanted()) : "";
    }

    TempDirectory directory;
    RunFolder folder = must(RunFolder::open(directory / "run"));
    std::unique_ptr<SqliteJournal> journal =
        must(SqliteJournal::open(executor(), folder.journal()));
    std::unique_ptr<ManifestWriter> writer;
    Items items;
    std::atomic<bool> stop = false;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(arrangement, ArrangementFixture)

BOOST_AUTO_TEST_CASE(lines_that_stay_where_they_are_are_not_written) {
    auto const files = must(arrange(plan_of(items)));
    BOOST_TEST(!files.manifest.has_value());
    BOOST_TEST(!files.unwanted.has_value());
    BOOST_TEST(!files.has_unwanted);
    BOOST_TEST(files.bytes == manifest().size());
}

BOOST_AUTO_TEST_CASE(each_line_is_that_of_its_new_item) {
    Items wanted;
    std::string expected;
    for (std::size_t i = 0; i < items.size(); ++i) {
        auto const& bought_for = *items[items.size() - 1 - i];
        wanted.push_back(moved(bought_for, i));
        expected += line_of(bought_for, *wanted.back());
    }
    move_lines(wanted);
    BOOST_TEST((manifest() == expected));
    BOOST_TEST(unwanted() == "");
    open();
    BOOST_TEST(!writer->repaired().needed());
}

BOOST_AUTO_TEST_CASE(lines_that_nobody_wants_are_kept_apart_and_come_back) {
    auto const before = manifest();
    auto const middle = items.size() / 2;
    auto fewer = items;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(middle));
    move_lines(fewer);
    BOOST_TEST(unwanted() == line_of(*items[middle], *items[middle]));
    BOOST_TEST(manifest().size() + unwanted().size() == before.size());
    open();
    move_lines(items);
    BOOST_TEST((manifest() == before));
    BOOST_TEST(unwanted() == "");
}

BOOST_AUTO_TEST_CASE(lines_say_what_is_picked_once_anything_is) {
    auto const before = manifest();
    auto plan = plan_of(items);
    auto const key = jobs::first_step(items[1]).key;
    plan.picks.marks[to_hex(key) + "/0"].is_picked = true;
    must(writer->adopt(must(arrange(plan))));
    auto const values = picked();
    BOOST_TEST(values[0] == "false");
    BOOST_TEST(values[1] == "true");
    BOOST_TEST(values[2] == "false");
    open();
    BOOST_TEST(!writer->repaired().needed());
    move_lines(items); // the picks are gone
    BOOST_TEST((manifest() == before));
}

BOOST_AUTO_TEST_CASE(items_without_a_picture_get_no_line) {
    auto more = items;
    for (int i = 0; i < 5000; ++i) more.insert(more.begin() + 3 + i, item_number(items_count + i));
    auto const files = must(arrange(plan_of(more)));
    BOOST_TEST(!files.manifest.has_value());
    BOOST_TEST(files.bytes == manifest().size());
}

BOOST_AUTO_TEST_CASE(an_error_of_the_plan_comes_through_wherever_it_is) {
    auto const before = manifest();
    for (std::size_t const at : {std::size_t{0}, std::size_t{200}, items.size()}) {
        auto plan = plan_of(items);
        std::size_t given = 0;
        plan.next_item = [&, next = plan.next_item]() -> Result<std::shared_ptr<jobs::Item const>> {
            if (given++ == at) return Error(Errc::too_large, "row 7");
            return next();
        };
        auto const files = arrange(plan);
        BOOST_REQUIRE(files.has_error());
        BOOST_TEST(files.error().detail == "row 7");
        BOOST_TEST(manifest() == before);
    }
}

BOOST_AUTO_TEST_CASE(an_exception_of_the_plan_comes_through) {
    auto plan = plan_of(items);
    plan.next_item = [n = 0, next = plan.next_item]() mutable {
        if (++n == 200) throw std::runtime_error("out of memory");
        return next();
    };
    BOOST_CHECK_EXCEPTION(must(arrange(plan)), std::runtime_error, [](auto const& error) {
        return std::string(error.what()) == "out of memory";
    });
}

BOOST_AUTO_TEST_CASE(a_line_that_is_damaged_is_an_error_with_its_place) {
    auto const present = must(writer->present());
    auto text = manifest();
    auto const at = text.find('\n', text.size() / 2) + 1;
    text[text.find(R"("kind")", at)] = '?';
    put_content(folder.manifest(), text);
    auto const files = arrange_lines(folder, present, plan_of(items));
    BOOST_REQUIRE(files.has_error());
    BOOST_TEST((files.error().code == Errc::damaged_manifest));
    BOOST_TEST(files.error().detail == folder.manifest() + ", byte " + std::to_string(at));
}

BOOST_AUTO_TEST_CASE(what_is_stopped_is_not_complete) {
    for (int const at : {1, 200, items_count}) {
        auto plan = plan_of(items);
        plan.next_item = [&, n = 0, next = plan.next_item]() mutable {
            if (++n == at) stop = true;
            return next();
        };
        auto files = must(arrange(plan));
        BOOST_TEST(files.was_stopped);
        BOOST_TEST(!must(writer->adopt(std::move(files))));
        stop = false;
    }
}

BOOST_AUTO_TEST_CASE(a_repeat_is_listed_once_under_its_own_name) {
    std::filesystem::create_directories(folder.path() + "/images");
    put_content(folder.path() + "/images/5.png", "picture 5");
    auto more = items;
    auto other = std::make_shared<jobs::Item>(*items[5]);
    other->index = items_count;
    more.push_back(other);
    std::vector<std::string> lines;
    auto const take = [&](std::string const& line) -> Result<> {
        lines.push_back(line);
        return {};
    };
    must(for_each_missing_repeat(folder, must(writer->present()), plan_of(more), take));
    BOOST_REQUIRE(lines.size() == 1u);
    auto const line = LineColumns::split(lines.front()).value();
    BOOST_TEST(line.number(Column::item) == items_count);
    BOOST_TEST(line.text(Column::file) == "images/300.png");
    BOOST_TEST(line.text(Column::same_as) == "images/5.png");
    BOOST_TEST(line.money(Column::cost) == 0);
    BOOST_TEST(content_of(folder.path() + "/images/300.png") == "picture 5");
}

BOOST_AUTO_TEST_SUITE_END()
