// The rule of the proof of absence: what a listing says about lost requests.
#include "runner/engine/task_search.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <deque>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

constexpr WallTime search_noon{std::chrono::hours(500'004)};
constexpr std::string_view imagine = "/midjourney/imagine";
constexpr auto records_ahead = 47min; ///< The records' clock before ours.

std::string body(std::string const& prompt, std::string const& mode = "fast") {
    return fmt::format(R"({{"action":"generate","mode":"{}","prompt":"{}"}})", mode, prompt);
}

/// A service, what we know of it, and what we have lost.
struct Scene {
    TaskBook book;
    std::vector<TaskRecord> records; ///< In any order; shown newest first.
    std::deque<LostRequest> lost;
    std::vector<Search> searches;
    SearchContext context;
    std::set<std::string> owned;
    std::size_t page_size = 50;

    Scene() {
        context.identity = "us";
        context.began = search_noon + 10min;
        context.ahead = records_ahead;
        context.settle = 30s;
        context.total = 15min;
        context.has_owner = [this](std::string const& id) {
            return owned.contains(id) || book.find(id) != nullptr;
        };
    }

    TaskRecord& record(std::string id, Milliseconds after_noon, std::string request) {
        TaskRecord out;
        out.task_id = std::move(id);
        out.created_at = search_noon + records_ahead + after_noon;
        auto const asked = json::read(request);
        out.marks = marks_of(jobs::default_service(), imagine, asked ? *asked : json::Value());
        records.push_back(std::move(out));
        return records.back();
    }

    KnownTask known(std::string id, std::uint64_t order, Milliseconds after_noon,
                    std::string request = body("known words here")) {
        KnownTask task;
        task.task_id = std::move(id);
        task.identity = "us";
        task.endpoint = imagine;
        task.request = std::move(request);
        task.order = order;
        task.sent_at = search_noon + after_noon;
        return task;
    }

    /// A task of ours that the service has named, and that its listing shows.
    void show(std::string id, std::uint64_t order, Milliseconds after_noon,
              std::string request = body("known words here")) {
        book.add(known(id, order, after_noon, request));
        record(std::move(id), after_noon, std::move(request));
    }

    LostRequest& lose(std::string const& request, Milliseconds after_noon = 0ms,
                      std::uint64_t order = 10) {
        LostRequest one;
        one.marks = marks_of_sent(jobs::default_service(), imagine, json::read(request).value());
        one.key = key_of(one.marks);
        one.kind = kind_of_request(one.marks);
        one.identity = "us";
        one.order = {order, order};
        one.sent_at = search_noon + after_noon;
        lost.push_back(std::move(one));
        Search search;
        search.lost = &lost.back();
        search.is_settled = true;
        searches.push_back(search);
        return lost.back();
    }

    std::vector<std::string> results() {
        std::stable_sort(records.begin(), records.end(),
                         [](auto const& a, auto const& b) { return a.created_at > b.created_at; });
        Listing listing(book, [this](std::string const& id) { return owned.contains(id); });
        while (!listing.has_ended() && !listing.is_full()) {
            auto const at = std::size_t(listing.next_offset(int(page_size)));
            auto const from = records.begin() + std::ptrdiff_t(std::min(at, records.size()));
            auto const to =
                records.begin() + std::ptrdiff_t(std::min(at + page_size, records.size()));
            listing.add({from, to}, static_cast<int>(at));
        }
        std::vector<std::string> out;
        for (auto const& one : conclude(listing, searches, context).searches) {
            if (one.what == Conclusion::What::found)
                out.push_back(one.record->task_id);
            else if (one.what == Conclusion::What::absent)
                out.emplace_back("absent");
            else
                out.emplace_back(words_for(one.doubt));
        }
        return out;
    }
    std::string result() { return results().at(0); }
};

std::string words(Doubt doubt) { return std::string(words_for(doubt)); }

/// An absence is proven: an earlier task shows that the list goes back, a later one that it is new.
struct Proven : Scene {
    Proven() {
        show("before", 5, -5min);
        lose(body("six green hills"));
        show("after", 20, 1min);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(task_search)

BOOST_AUTO_TEST_CASE(absence_is_proven_by_a_later_task_that_is_listed) {
    BOOST_TEST(Proven().result() == "absent");
}

BOOST_AUTO_TEST_CASE(without_a_witness_nothing_is_proven) {
    struct Row {
        char const* name;
        std::uint64_t order;
        std::string request;
        std::string identity;
        std::string result;
    };
    Row const rows[] = {
        {"later", 20, body("known words here"), "us", "absent"},
        {"sent before", 9, body("known words here"), "us", words(Doubt::no_witness)},
        {"another mode", 20, body("known words here", "turbo"), "us", words(Doubt::no_witness)},
        {"another action", 20, R"({"action":"upscale1","image_id":"7","mode":"fast"})", "us",
         words(Doubt::no_witness)},
        {"another token", 20, body("known words here"), "them", words(Doubt::no_witness)},
    };
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            Scene scene;
            scene.show("before", 5, -5min);
            scene.lose(body("six green hills"));
            auto task = scene.known("after", row.order, 1min, row.request);
            task.identity = row.identity;
            scene.book.add(task);
            scene.record("after", 1min, row.request);
            BOOST_TEST(scene.result() == row.result);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_list_that_is_too_long_proves_no_absence) {
    struct Row {
        char const* name;
        Milliseconds full_at; ///< Where the record stands that fills the listing.
        std::string prompt;   ///< A record that nobody has asks for it; "": there is none.
        std::string result;
    };
    Row const rows[] = {
        {"after the request", 30s, "", words(Doubt::too_long)},
        {"where its task may be", -10min, "", words(Doubt::too_long)},
        {"long before it", -1h, "", words(Doubt::too_long)},
        {"long before it, and its task is shown", -1h, "six green hills", "x"},
        {"with its task behind it", 30s, "six green hills", words(Doubt::too_long)},
        {"long before it, and a task that asks for more", -1h, "six green hills at dawn",
         words(Doubt::too_long)},
    };
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            Proven scene;
            if (!row.prompt.empty()) scene.record("x", 1s, body(row.prompt));
            auto& record = scene.record("large", row.full_at, body("something quite different"));
            record.marks.prompt = std::string(listing_bytes_max, 'p');
            BOOST_TEST(scene.result() == row.result);
        }
    }
}

BOOST_AUTO_TEST_CASE(of_a_request_whose_place_is_not_known_both_ends_of_its_run_count) {
    struct Row {
        char const* name;
        SendOrder order;
        bool is_own_old; ///< The listing goes back to old records of others.
        std::string result;
    };
    Row const rows[] = {
        {"between the tasks before and after it", {6, 19}, false, "absent"},
        {"perhaps after the later one", {6, 20}, false, words(Doubt::no_witness)},
        {"perhaps before the earlier one", {5, 19}, false, words(Doubt::not_whole)},
        {"the same, and the list goes back for a day", {5, 19}, true, "absent"},
        {"sent at any time", {0, 19}, true, "absent"},
    };
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            Proven scene;
            scene.lost[0].order = row.order;
            for (int i = 0; i < 10; ++i)
                scene.record(fmt::format("other-{}", i), row.is_own_old ? -25h : -2min,
                             body("something quite different again"));
            BOOST_TEST(scene.result() == row.result);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_task_whose_place_another_has_changes_nothing_about_the_others) {
    auto const follow_up = [](std::string_view image) {
        return fmt::format(R"({{"action":"upscale1","image_id":"{}"}})", image);
    };
    Scene scene;
    scene.show("before", 5, -5min, follow_up("1"));
    scene.lose(follow_up("2"));
    scene.record("of others", 1s, follow_up("3"));
    scene.show("after", 20, 1min, follow_up("4"));
    BOOST_TEST(scene.result() == "absent");
    scene.show("with the same place", 20, 2min, follow_up("5"));
    BOOST_TEST(scene.result() == "absent");
}

BOOST_AUTO_TEST_CASE(time_must_have_passed) {
    Proven scene;
    scene.searches[0].is_settled = false;
    BOOST_TEST(scene.result() == words(Doubt::too_early));
}

BOOST_AUTO_TEST_CASE(an_hour_later_a_listing_of_its_kind_tells_without_a_witness) {
    Scene scene;
    scene.show("before", 5, -5min);
    scene.lose(body("six green hills"));
    BOOST_TEST(scene.result() == words(Doubt::no_witness));
    scene.searches[0].is_hour_over = true;
    BOOST_TEST(scene.result() == "absent");
    scene.lost[0].identity = "them";
    BOOST_TEST(scene.result() == words(Doubt::other_identity));
}

BOOST_AUTO_TEST_CASE(a_kind_that_is_not_listed_is_not_told_by_others) {
    Scene scene;
    scene.show("before", 5, -5min);
    scene.lose(body("six green hills", "relax"));
    scene.searches[0].is_hour_over = true;
    BOOST_TEST(scene.result() == words(Doubt::no_witness));
}

BOOST_AUTO_TEST_CASE(an_empty_listing_tells_nothing) {
    Scene scene;
    scene.lose(body("six green hills"));
    scene.searches[0].is_hour_over = true;
    BOOST_TEST(scene.result() == words(Doubt::not_whole));
}

BOOST_AUTO_TEST_CASE(a_listing_that_ends_early_must_show_that_it_goes_back) {
    Scene scene;
    for (int i = 0; i < 11; ++i)
        scene.record(fmt::format("other-{}", i), 2min, body("something quite different again"));
    scene.lose(body("six green hills"));
    scene.show("after", 20, 1min);
    BOOST_TEST(scene.result() == words(Doubt::not_whole));
    scene.show("before", 5, -1min);
    BOOST_TEST(scene.result() == "absent");
}

BOOST_AUTO_TEST_CASE(a_listing_that_lacks_known_tasks_lists_late) {
    Proven scene;
    scene.book.add(scene.known("late", 15, 30s));
    BOOST_TEST(scene.result() == words(Doubt::lists_late));
    scene.searches[0].is_total_over = true; // then it tells of what was sent long enough ago
    BOOST_TEST(scene.result() == "absent");
    scene.context.began = search_noon + 16min;
    BOOST_TEST(scene.result() == words(Doubt::lists_late)); // the missing one is as old
    Proven fresh;
    fresh.book.add(fresh.known("just sent", 30, 10min - 10s));
    BOOST_TEST(fresh.result() == "absent");
}

BOOST_AUTO_TEST_CASE(what_could_be_ours_is_left_over) {
    struct Row {
        char const* name;
        std::string request;
        Milliseconds created;
        std::string result;
    };
    Row const rows[] = {
        {"equal", body("six green hills"), 1s, "x"},
        {"equal with more members",
         R"({"prompt":"six green hills","version":"1.0","stream":false,"image_id":null})", 1s, "x"},
        {"equal, two minutes early", body("six green hills"), -2min, "x"},
        {"equal, earlier than that", body("six green hills"), -3min, words(Doubt::left_over)},
        {"equal, and perhaps of another zone", body("six green hills"), -8h,
         words(Doubt::left_over)},
        {"equal, and perhaps of a later one", body("six green hills"), 8h, words(Doubt::left_over)},
        {"equal, long before", body("six green hills"), -15h, "absent"},
        {"equal, much too late", body("six green hills"), 15h, "absent"},
        {"with words added", body("six green hills at dawn"), 1s, words(Doubt::left_over)},
        {"with parameters added", body("six green hills --v 6"), 1s, words(Doubt::left_over)},
        {"equal, without an action", R"({"prompt":"six green hills","action":null})", 1s, "x"},
        {"with words left out", body("six green"), 1s, words(Doubt::left_over)},
        {"no request", "null", 1s, words(Doubt::left_over)},
        {"other words", body("a red boat at night"), 1s, "absent"},
        {"of which known tasks show that they are others", body("six green boats"), 1s, "absent"},
    };
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            Proven scene;
            scene.record("x", row.created, row.request);
            BOOST_TEST(scene.result() == row.result);
        }
    }
}

/// Two equal requests were lost, and there is one record: either of them may be the absent one.
BOOST_AUTO_TEST_CASE(of_equal_requests_none_is_absent_before_each_of_them_could_be) {
    struct Row {
        char const* name;
        bool is_settled; ///< The other one, which has the record.
        std::uint64_t order;
        std::string request, result;
    };
    auto const equal = body("six green hills");
    Row const rows[] = {
        {"both could be", true, 12, equal, "absent"},
        {"the other may still come", false, 12, equal, words(Doubt::too_early)},
        {"the other has no witness", true, 30, equal, words(Doubt::no_witness)},
        {"the other is not equal", false, 12, body("six green boats"), "absent"},
    };
    for (auto const& row : rows) {
        for (std::string const found : {"not yet", "now", "early"}) {
            BOOST_TEST_CONTEXT(row.name << ", found " << found) {
                Proven scene;
                scene.lose(row.request, 2s, row.order);
                scene.searches.back().is_settled = row.is_settled;
                scene.record("x", 2s, row.request);
                if (found != "not yet") {
                    scene.owned.insert("x");
                    scene.lost.back().answered_at =
                        found == "early" ? scene.lost.front().sent_at - 48h : scene.context.began;
                    scene.context.found.push_back(scene.searches.back());
                    scene.searches.pop_back();
                }
                BOOST_TEST(scene.result() == (found == "early" ? "absent" : row.result));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_record_of_an_answered_request_may_be_that_of_an_equal_one) {
    for (bool const is_long_ago : {true, false}) {
        Proven scene;
        auto answered = *scene.searches.front().lost;
        answered.sent_at += 2s;
        answered.order = {12, 12};
        answered.answered_at = scene.context.began - (is_long_ago ? 5min : 10s);
        scene.context.answered.push_back(answered);
        scene.record("x", 2s, body("six green hills"));
        BOOST_TEST(scene.result() == (is_long_ago ? "absent" : words(Doubt::too_early)));
    }
}

BOOST_AUTO_TEST_CASE(a_record_with_more_words_is_taken_only_when_ours_would_be_shown) {
    struct Row {
        char const* name;
        bool is_settled;
        bool has_witness;
        bool lists_late;
        std::string request;
        std::string result;
    };
    auto const more_words = body("six green hills at dawn");
    auto const more_parameters = body("six green hills --v 6");
    Row const rows[] = {
        {"words, all is proven", true, true, false, more_words, "x"},
        {"words, without a witness", true, false, false, more_words, words(Doubt::no_witness)},
        {"words, too early", false, true, false, more_words, words(Doubt::too_early)},
        {"words, listed late", true, true, true, more_words, words(Doubt::lists_late)},
        {"parameters, without a witness", true, false, false, more_parameters, "x"},
        {"parameters, too early", false, true, false, more_parameters, words(Doubt::too_early)},
        {"parameters, listed late", true, true, true, more_parameters, words(Doubt::lists_late)},
    };
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            Scene scene; // whose records show prompts in another way than they were sent
            auto const changed = body("known words here and more");
            scene.book.add(scene.known("before", 5, -5min));
            scene.record("before", -5min, changed);
            scene.lose(body("six green hills"));
            scene.searches.back().is_settled = row.is_settled;
            if (row.has_witness) {
                scene.book.add(scene.known("after", 20, 1min));
                scene.record("after", 1min, changed);
            }
            if (row.lists_late) scene.book.add(scene.known("missing", 15, 30s));
            scene.record("x", 1s, row.request);
            BOOST_TEST(scene.result() == row.result);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_list_may_begin_in_the_middle_until_it_shows_something_late_enough) {
    struct Row {
        char const* name;
        bool is_newest_shown;
        Milliseconds settled_at;
        std::string result;
    };
    Row const rows[] = {
        {"the newest known task is shown, sent late enough", true, 9min + 45s, "absent"},
        {"it is shown, and the request may have come later", true, 20min, words(Doubt::old_top)},
        {"it is not shown", false, 20min, words(Doubt::lists_late)},
        {"it is not shown, but one is that was sent late enough", false, 9min, "absent"},
    };
    for (auto const& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            Proven scene;
            scene.searches.back().settled_at = search_noon + row.settled_at;
            scene.record("old", -24h, body("other words"));
            scene.show("late", 30, 9min + 40s);
            scene.book.add(scene.known("newest", 40, 9min + 50s)); // may be listed late
            if (row.is_newest_shown) scene.record("newest", 9min + 50s, body("known words here"));
            std::sort(scene.records.begin(), scene.records.end(),
                      [](auto const& a, auto const& b) { return a.created_at > b.created_at; });
            Listing listing(scene.book, scene.context.has_owner);
            listing.add(scene.records, 0); // there is more below
            auto const found = conclude(listing, scene.searches, scene.context).searches.at(0);
            BOOST_TEST((found.doubt == Doubt::none ? "absent" : words(found.doubt)) == row.result);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_record_without_a_time_or_an_id_is_never_taken) {
    Proven scene;
    scene.record("x", 1s, body("six green hills")).created_at = WallTime();
    BOOST_TEST(scene.result() == words(Doubt::left_over));
    Proven other;
    other.record("", 1s, body("six green hills"));
    BOOST_TEST(other.result() == words(Doubt::left_over));
}

BOOST_AUTO_TEST_CASE(a_failed_record_ends_nothing) {
    Problem failed;
    failed.verdict = Verdict::generation;
    Proven scene;
    scene.record("x", 1s, body("six green hills")).outcome = failed;
    BOOST_TEST(scene.result() == "absent");
    failed.verdict = Verdict::unknown; // a `timeout` may yet succeed
    scene.records.back().outcome = failed;
    for (auto& record : scene.records) {
        if (record.task_id == "x") record.outcome = failed;
    }
    BOOST_TEST(scene.result() == words(Doubt::left_over));
    scene.searches[0].is_total_over = true;
    BOOST_TEST(scene.result() == "absent");
}

BOOST_AUTO_TEST_CASE(the_task_of_an_answer_without_an_id_is_its_own) {
    Proven scene;
    scene.record("x", 1s, body("six green hills and more"));
    LostRequest answered = scene.lost[0];
    answered.marks.prompt = "six green hills and more";
    scene.context.answered.push_back(answered);
    BOOST_TEST(scene.result() == "absent");
}

BOOST_AUTO_TEST_CASE(the_tag_of_the_callback_decides) {
    Proven scene;
    scene.lost[0].tag = "00000000000000aa";
    scene.record("x", 1s, "null").tag = "00000000000000aa";
    BOOST_TEST(scene.result() == "x");
}

BOOST_AUTO_TEST_CASE(of_equal_requests_the_nearest_in_time_belong_together) {
    Scene scene;
    scene.show("before", 5, -5min);
    scene.lose(body("six green hills"), 0s, 10);
    scene.lose(body("six green hills"), 60s, 11);
    scene.lose(body("six green hills"), 90s, 12);
    scene.record("second", 62s, body("six green hills"));
    scene.record("first", 1s, body("six green hills"));
    scene.show("after", 20, 3min);
    auto const results = scene.results();
    BOOST_TEST(results[0] == "first");
    BOOST_TEST(results[1] == "second");
    BOOST_TEST(results[2] == "absent");
}

BOOST_AUTO_TEST_CASE(an_equal_request_in_flight_may_have_made_it) {
    Proven scene;
    scene.record("x", 1min, body("six green hills"));
    scene.context.unnamed.push_back({scene.lost[0].key, search_noon + 1min});
    BOOST_TEST(scene.result() == words(Doubt::left_over));
    scene.context.unnamed[0].sent_at = search_noon + 5min; // that one came later
    BOOST_TEST(scene.result() == "x");
    scene.context.unnamed[0] = {"another request", search_noon};
    BOOST_TEST(scene.result() == "x");
}

/// A scene in which the service is seen to add words of its own to a prompt.
struct Added : Scene {
    Added() {
        book.add(known("before", 5, -5min));
        record("before", -5min, body("known words here and more"));
        lose(body("six green hills"));
        show("after", 20, 1min);
    }
};

BOOST_AUTO_TEST_CASE(what_only_does_not_differ_is_taken_if_nothing_else_is_left) {
    Added scene;
    scene.record("x", 1s, body("six green hills and more"));
    BOOST_TEST(scene.result() == "x");
    scene.record("y", 2s, body("six green hills and less"));
    BOOST_TEST(scene.result() == words(Doubt::left_over));
    Added parameters;
    parameters.record("x", 1s, body("six green hills --v 6"));
    BOOST_TEST(parameters.result() == "x");
    Added two;
    two.record("x", 1s, body("six green hills and more"));
    two.lose(body("a red boat"), 1s, 11);
    BOOST_TEST(two.result() == words(Doubt::left_over));
    Added busy;
    busy.record("x", 1s, body("six green hills and more"));
    busy.context.unnamed.push_back({"another request", search_noon});
    BOOST_TEST(busy.result() == words(Doubt::left_over));
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_set_does_not_make_another_request_ours) {
    // Sent with our clock eight hours ahead, as the known tasks before it; mended before the look.
    Scene scene;
    for (int i = 0; i < 4; ++i) {
        auto const id = fmt::format("before-{}", i);
        scene.book.add(scene.known(id, 2 + static_cast<std::uint64_t>(i), 8h - 5min));
        scene.record(id, -5min + i * 1s, body("known words here"));
    }
    scene.lose(body("six green hills"), 8h);
    scene.record("x", 1s, body("six green hills"));
    scene.show("after", 20, 5min);
    BOOST_TEST(scene.result() == "x");
}

BOOST_AUTO_TEST_CASE(the_first_request_of_a_clock_that_was_wrong_is_not_proven_absent) {
    // Our clock was eight hours ahead at the first request, and right for all later ones.
    Scene scene;
    scene.lose(body("six green hills"), 8h);
    scene.record("x", 1s, "null"); // the service shows no requests
    scene.book.add(scene.known("after", 20, 5min));
    scene.record("after", 5min, "null");
    BOOST_TEST(scene.result() == words(Doubt::left_over));
}

BOOST_AUTO_TEST_CASE(the_built_in_service_shows_all_that_it_has_taken) {
    Scene scene;
    scene.context.is_own_service = true;
    scene.lose(body("six green hills"));
    BOOST_TEST(scene.result() == "absent");
    scene.searches[0].is_settled = false;
    BOOST_TEST(scene.result() == words(Doubt::too_early));
}

BOOST_AUTO_TEST_CASE(an_answered_request_gets_no_task_before_its_own_time_is_read) {
    Scene scene;
    LostRequest answered = scene.lose(body("a boat"));
    answered.answered_at = answered.sent_at + 20s;
    scene.searches.clear();
    scene.context.answered = {answered};
    scene.record("of a later one", 1min, body("a boat"));
    scene.record("its own", 1s, body("a boat"));
    scene.record("after the answer", 10min, body("a boat"));
    auto const find = [&](std::vector<std::size_t> const& read) {
        Listing listing(scene.book, [](std::string const&) { return false; });
        std::vector<TaskRecord> page;
        for (auto const at : read) page.push_back(scene.records.at(at));
        listing.add(page, 0);
        if (read.size() == scene.records.size()) {
            listing.add({page.back()}, int(page.size()) - 1);
            listing.add({}, int(page.size()));
        }
        auto const* task = conclude(listing, {}, scene.context).answered.at(0);
        return task == nullptr ? "none" : task->task_id;
    };
    BOOST_TEST(find({2}) == "none");
    BOOST_TEST(find({2, 0}) == "none"); // its own may be on the next page
    BOOST_TEST(find({2, 0, 1}) == "its own");
    scene.records.resize(1);
    scene.records.at(0).created_at += 10min;
    BOOST_TEST(find({0}) == "none"); // it was made after the answer
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::engine
