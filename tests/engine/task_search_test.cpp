// Records of a listing against lost requests: a table of pairs, and what is concluded from all.
#include "runner/engine/task_search.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

constexpr WallTime sent{std::chrono::hours(500'000)};
constexpr std::chrono::milliseconds ahead = 47min;

enum class End { running, succeeded, failed };

TaskRecord record(std::string id, std::chrono::milliseconds after_sent, End end = End::running) {
    TaskRecord out;
    out.task_id = std::move(id);
    out.request = "r";
    out.created_at = sent + ahead + after_sent;
    if (end == End::succeeded) out.outcome = Answer{};
    if (end == End::failed) out.outcome = Problem{};
    return out;
}

LostRequest lost(std::chrono::milliseconds after_sent = 0ms) {
    return {"r", sent + after_sent, "", "/midjourney/imagine"};
}

Listing listing_of(std::vector<TaskRecord> records, bool is_complete = true) {
    return {std::move(records), is_complete, ahead};
}

struct Row {
    char const* name;
    std::chrono::milliseconds created; ///< After the request was sent.
    End end;
    std::string request, endpoint;
    bool has_owner, is_contested;
    Relation relation;
};

using enum Relation;
Row const rows[] = {
    {"created after the sending", 2s, End::running, "r", "", false, false, ours},
    {"succeeded already", 2s, End::succeeded, "r", "", false, false, ours},
    {"hours later", 9h, End::running, "r", "", false, false, ours},
    {"of the same endpoint", 2s, End::running, "r", "/midjourney/imagine", false, false, ours},
    {"within the clocks' margin", -5s, End::running, "r", "", false, false, ours},
    {"a little early", -5001ms, End::running, "r", "", false, false, perhaps_ours},
    {"two minutes early", -2min, End::succeeded, "r", "", false, false, perhaps_ours},
    {"too early", -120001ms, End::running, "r", "", false, false, someone_elses},
    {"failed", 2s, End::failed, "r", "", false, false, perhaps_ours},
    {"early and failed", -1min, End::failed, "r", "", false, false, perhaps_ours},
    {"of another text", 2s, End::running, "q", "", false, false, someone_elses},
    {"of another endpoint", 2s, End::running, "r", "/midjourney/shorten", false, false,
     someone_elses},
    {"that belongs to a step", 2s, End::running, "r", "", true, false, someone_elses},
    {"equal to a request in flight", 2s, End::running, "r", "", false, true, perhaps_ours},
};

std::string found_of(Listing const& listing, Search search, Claims claims = {}) {
    auto const conclusion = conclude(listing, {std::move(search)}, std::move(claims)).at(0);
    switch (conclusion.what) {
    case Conclusion::What::found: return conclusion.record->task_id;
    case Conclusion::What::absent: return "absent";
    case Conclusion::What::undecided: break;
    }
    return "undecided";
}

} // namespace

BOOST_AUTO_TEST_SUITE(task_search)

BOOST_AUTO_TEST_CASE(a_record_is_ours_perhaps_ours_or_someone_elses) {
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            auto task = record("t", row.created, row.end);
            task.request = row.request;
            task.endpoint = row.endpoint;
            Claims claims;
            claims.has_owner = [&row](std::string const&) { return row.has_owner; };
            if (row.is_contested) claims.unnamed.insert("r");
            BOOST_TEST((relation_of(task, lost(), listing_of({task}), claims) == row.relation));
        }
    }
}

BOOST_AUTO_TEST_CASE(of_several_the_oldest_that_is_ours_is_found) {
    auto const listing = listing_of({record("new", 9s), record("old", 1s), record("early", -1min),
                                     record("failed", 1s, End::failed)});
    BOOST_TEST(found_of(listing, {lost(), false}) == "old");
    BOOST_TEST(found_of(listing, {lost(), true}) == "old");
}

BOOST_AUTO_TEST_CASE(what_is_perhaps_ours_waits_for_the_time_to_settle) {
    auto const failed = record("failed", 3s, End::failed);
    auto const early = record("early", -1min);
    auto const early_failed = record("early and failed", -1min, End::failed);
    auto const listing = listing_of({failed, early, early_failed});
    BOOST_TEST(found_of(listing, {lost(), false}) == "undecided");
    BOOST_TEST(found_of(listing, {lost(), true}) == "failed");
    BOOST_TEST(found_of(listing_of({early_failed, early}), {lost(), true}) == "early");
    BOOST_TEST(found_of(listing_of({early_failed}), {lost(), true}) == "early and failed");
}

BOOST_AUTO_TEST_CASE(only_a_complete_listing_after_the_time_to_settle_proves_absence) {
    BOOST_TEST(found_of(listing_of({}, true), {lost(), true}) == "absent");
    BOOST_TEST(found_of(listing_of({}, true), {lost(), false}) == "undecided");
    BOOST_TEST(found_of(listing_of({}, false), {lost(), true}) == "undecided");
}

BOOST_AUTO_TEST_CASE(an_equal_request_in_flight_leaves_all_undecided) {
    Claims claims;
    claims.unnamed.insert("r");
    BOOST_TEST(found_of(listing_of({record("t", 1s)}), {lost(), true}, claims) == "undecided");
    BOOST_TEST(found_of(listing_of({}), {lost(), true}, claims) == "undecided");
    claims.unnamed = {"another"};
    BOOST_TEST(found_of(listing_of({record("t", 1s)}), {lost(), true}, claims) == "t");
}

BOOST_AUTO_TEST_CASE(equal_requests_find_a_record_each) {
    auto const listing = listing_of({record("late", 61s), record("early", 1s)});
    std::vector<Search> const searches{{lost(0s), false}, {lost(60s), false}, {lost(0s), true}};
    auto const conclusions = conclude(listing, searches, {});
    BOOST_TEST(conclusions.at(0).record->task_id == "early");
    BOOST_TEST(conclusions.at(1).record->task_id == "late"); // which chose first
    BOOST_TEST((conclusions.at(2).what == Conclusion::What::absent));
}

BOOST_AUTO_TEST_CASE(a_page_ends_the_search_only_if_its_order_and_times_prove_it) {
    auto const since = earliest_creation(sent, ahead);
    BOOST_TEST(is_last_needed({}, since));
    BOOST_TEST(is_last_needed({record("a", 1s), record("b", -3min)}, since));
    BOOST_TEST(!is_last_needed({record("a", 1s), record("b", -2min)}, since));
    BOOST_TEST(!is_last_needed({record("a", -4min), record("b", -3min)}, since)); // oldest first
    auto without_time = record("b", 0s);
    without_time.created_at = WallTime();
    BOOST_TEST(!is_last_needed({record("a", 1s), without_time}, since));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::engine
