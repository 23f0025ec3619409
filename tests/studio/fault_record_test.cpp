// Records and listings of /tasks that are not as documented.
#include "tests/studio/fault_script.hpp"
#include "tests/studio/handler_fixture.hpp"

using namespace darkroom;
using namespace darkroom::studio;
using namespace darkroom::test;
using namespace std::chrono_literals;

namespace {

std::string const all = R"({"action": "retrieve_batch"})";

struct Records : HandlerFixture {
    /// Makes a finished task and returns its id.
    std::string made(std::string const& prompt) {
        auto const call = ask(imagine(R"({"prompt": ")" + prompt + R"("})"));
        BOOST_REQUIRE_MESSAGE(call->status == 200, call->body);
        return call->json().text("task_id").value();
    }
    json::Value found(std::string const& id) {
        return ask_tasks(R"({"id": ")" + id + R"("})")->json();
    }
    /// Returns the prompts of a listing, first letters only.
    std::string listed(std::string const& more = {}) {
        auto const page = ask_tasks(R"({"action": "retrieve_batch")" + more + "}")->json();
        std::string text;
        for (auto const& item : *page.find("items")->array())
            text += item.find("request")->text("prompt").value().front();
        return text;
    }
    void make_five() {
        for (auto const* prompt : {"a", "b", "c", "d", "e"}) {
            made(prompt);
            clock.skip(10s);
        }
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(faulty_records, Records)

BOOST_AUTO_TEST_CASE(a_record_is_changed_wherever_it_is_shown_or_only_there) {
    struct Row {
        char const* on;
        bool in_listing;
        bool by_id;
    };
    for (auto const& [on, in_listing, by_id] : std::initializer_list<Row>{
             {"record", true, true}, {"listed", true, false}, {"found", false, true}}) {
        Records fixture;
        fixture.options.faults = fault_script(std::string(R"({"on": ")") + on +
                                              R"(", "do": "change", "rename": {"id": "task_id"}})");
        auto const id = fixture.made("a cat");
        auto const page = fixture.ask_tasks(all)->json();
        auto const& item = page.find("items")->array()->at(0);
        BOOST_TEST((item.text("task_id") == id) == in_listing, on);
        BOOST_TEST((fixture.found(id).text("task_id") == id) == by_id, on);
        auto const batch =
            fixture.ask_tasks(R"({"action": "retrieve_batch", "ids": [")" + id + R"("]})")->json();
        BOOST_TEST((batch.find("items")->array()->at(0).text("task_id") == id) == by_id, on);
    }
}

BOOST_AUTO_TEST_CASE(a_rule_chooses_tasks_and_keeps_to_them) {
    options.faults =
        fault_script(R"({"on": "record", "do": "change", "share": 0.5, "set": {"odd": true}})");
    std::vector<std::string> ids;
    for (int i = 0; i < 20; ++i) ids.push_back(made("a cat"));
    std::vector<bool> first;
    for (auto const& id : ids) first.push_back(found(id).find("odd") != nullptr);
    auto const count = std::count(first.begin(), first.end(), true);
    BOOST_TEST(count > 4);
    BOOST_TEST(count < 16);
    std::size_t at = 0;
    for (auto const& id : ids) BOOST_TEST((found(id).find("odd") != nullptr) == first[at++]);
    BOOST_TEST(state->faults.strikes().at(0) == static_cast<std::uint64_t>(count));
}

BOOST_AUTO_TEST_CASE(only_records_of_a_prompt_are_struck_and_requests_are_not) {
    options.faults =
        fault_script(R"({"on": "record", "prompt": "foreign", "do": "change", "drop": "request"})");
    auto const ours = made("ours");
    auto const foreign = made("foreign");
    BOOST_TEST(found(ours).find("request") != nullptr);
    BOOST_TEST(found(foreign).find("request") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_foreign_record_holds_what_is_no_unicode) {
    for (auto const* form : {"half_surrogate", "bad_utf8"}) {
        Records fixture;
        fixture.options.faults =
            fault_script(std::string(R"({"on": "listed", "prompt": "foreign", "do": "change",
                "show": {"request.prompt": ")") +
                         form + R"("}})");
        fixture.made("foreign");
        auto const body = fixture.ask_tasks(all)->body;
        auto const* bytes = form[0] == 'h' ? "foreign\\ud83d\"" : "foreign\xff\"";
        BOOST_TEST(body.find(bytes) != std::string::npos, body);
        BOOST_TEST(!json::read(body).has_value());
    }
}

BOOST_AUTO_TEST_CASE(a_record_tells_of_a_failure_and_takes_it_back) {
    options.faults = fault_script(R"({"on": "record", "do": "false_fail", "times": 2,
        "code": "timeout", "message": "late"})");
    auto call = exchange(imagine(R"({"prompt": "a cat", "async": true})"));
    start(*call);
    auto const id = call->json().text("task_id").value();
    for (int i = 0; i < 2; ++i) {
        auto look = exchange(post("/midjourney/tasks", R"({"id": ")" + id + R"("})"));
        start(*look);
        auto const early = look->json();
        BOOST_TEST(early.find("finished_at")->is_number());
        BOOST_TEST(!early.find("response")->boolean("success").value());
        BOOST_TEST(early.find("response")->find("error")->text("code").value() == "timeout");
    }
    run();
    BOOST_TEST(found(id).find("response")->boolean("success").value());
    BOOST_TEST(state->ledger.totals().charged == 1u);
}

BOOST_AUTO_TEST_CASE(a_record_that_says_no_success_and_no_error_says_so_for_a_while) {
    options.faults = fault_script(R"({"on": "record", "do": "change", "within": "10s",
        "set": {"response.success": false}})");
    auto const id = made("a cat");
    BOOST_TEST(!found(id).find("response")->boolean("success").value());
    BOOST_TEST(found(id).find("response")->find("error") == nullptr);
    clock.skip(8s);
    BOOST_TEST(found(id).find("response")->boolean("success").value());
}

BOOST_AUTO_TEST_CASE(a_hidden_record_is_nowhere_until_it_is_old_enough) {
    options.faults =
        fault_script(R"({"on": "record", "prompt": "b", "do": "hide", "within": "30s"})");
    made("a");
    auto const id = made("b");
    made("c");
    BOOST_TEST(listed() == "ca");
    BOOST_TEST(listed(R"(, "limit": 2)") == "ca"); // there is no hole in a page
    BOOST_TEST(ask_tasks(R"({"id": ")" + id + R"("})")->body == "{}");
    BOOST_TEST(ask_tasks(R"({"action": "retrieve_batch", "ids": [")" + id + R"("]})")
                   ->json()
                   .integer("count")
                   .value() == 0);
    clock.skip(30s);
    BOOST_TEST(listed() == "cba");
    BOOST_TEST(found(id).text("id").value() == id);
}

BOOST_AUTO_TEST_CASE(a_listing_lacks_what_is_found_by_its_id) {
    options.faults = fault_script(R"({"on": "listed", "prompt": "b", "do": "hide"},
        {"on": "listed", "do": "change", "set": {"request.seen": true}})");
    made("a");
    auto const id = made("b");
    BOOST_TEST(listed() == "a");
    BOOST_TEST(found(id).text("id").value() == id);
    BOOST_TEST(ask_tasks(all)->body.find(R"("seen":true)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_listing_is_not_what_was_asked_for) {
    struct Row {
        char const* rule;
        char const* asked;
        char const* listed;
    };
    for (auto const& [rule, asked, listed] : std::initializer_list<Row>{
             {R"("newest": 0)", "", ""},
             {R"("newest": 2)", "", "ed"},
             {R"("newest": 2)", R"(, "offset": 1)", "d"},
             {R"("page": 2)", R"(, "limit": 4)", "ed"},
             {R"("page": 2)", R"(, "limit": 4, "offset": 2)", "cb"},
             {R"("ignore": "offset")", R"(, "limit": 2, "offset": 2)", "ed"},
             {R"("ignore": ["limit", "created_at_max"])", R"(, "limit": 2, "created_at_max": 1)",
              "edcba"},
             {R"("order": "oldest_first")", R"(, "limit": 2, "offset": 1)", "bc"},
             {R"("order": "oldest_first", "newest": 2)", "", "de"},
             {R"("order": "oldest_first")", R"(, "offset": 9)", ""},
             {R"("late": "25s")", "", "cba"}}) {
        Records fixture;
        fixture.options.faults =
            fault_script(std::string(R"({"on": "listing", "do": "list", )") + rule + "}");
        fixture.make_five();
        BOOST_TEST(fixture.listed(asked) == listed, rule << asked);
    }
}

BOOST_AUTO_TEST_CASE(a_shuffled_listing_has_all_tasks_in_no_order_of_time) {
    options.faults = fault_script(R"({"on": "listing", "do": "list", "order": "shuffled"})");
    make_five();
    auto const once = listed();
    BOOST_TEST(once != "edcba");
    BOOST_TEST(listed() == once);
    BOOST_TEST(listed(R"(, "limit": 2)") + listed(R"(, "offset": 2)") == once);
    auto sorted = once;
    std::sort(sorted.begin(), sorted.end());
    BOOST_TEST(sorted == "abcde");
}

BOOST_AUTO_TEST_CASE(a_long_listing_is_shorter_with_fewer_records) {
    options.faults = fault_script(R"({"on": "listed", "do": "change", "pad": 5000000})");
    make_five();
    auto const body = [this](std::string const& limit) {
        return ask_tasks(R"({"action": "retrieve_batch", "limit": )" + limit + "}")->body;
    };
    BOOST_TEST(body("5").size() > (16u << 20));
    BOOST_TEST(body("2").size() < (16u << 20));
}

BOOST_AUTO_TEST_CASE(the_answer_of_tasks_itself_is_changed) {
    options.faults = fault_script(R"({"on": "tasks", "do": "change", "count": 1, "drop": "items"},
        {"on": "tasks", "do": "change", "set": {"error": false}})");
    made("a");
    BOOST_TEST(ask_tasks(all)->body == R"({"count":1})");
    auto const record = ask_tasks(all)->json();
    BOOST_TEST(!record.boolean("error").value());
    BOOST_TEST(record.find("items")->array()->size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_rule_for_listings_leaves_batches_of_ids_alone) {
    options.faults = fault_script(R"({"on": "listing", "do": "status", "status": 502})");
    auto const id = made("a");
    BOOST_TEST(ask_tasks(all)->status == 502);
    BOOST_TEST(ask_tasks(R"({"action": "retrieve_batch", "ids": [""]})")->status == 502);
    BOOST_TEST(ask_tasks(R"({"action": "retrieve_batch", "ids": [")" + id + R"("]})")->status ==
               200);
    BOOST_TEST(ask_tasks(R"({"id": ")" + id + R"("})")->status == 200);
}

BOOST_AUTO_TEST_SUITE_END()
