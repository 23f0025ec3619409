// Whether a record shows our request: a table of what services do to it.
#include "runner/engine/request_marks.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::engine {

namespace {

constexpr std::string_view imagine_path = "/midjourney/imagine";

RequestMarks marks(std::string_view text, std::string_view endpoint = imagine_path) {
    auto const body = json::read(text);
    return marks_of(jobs::default_service(), endpoint, body ? *body : json::Value());
}

std::string_view name_of_likeness(Likeness likeness) {
    switch (likeness) {
    case Likeness::agrees: return "agrees";
    case Likeness::unclear: return "unclear";
    case Likeness::differs: return "differs";
    }
    return "";
}

struct MarkRow {
    char const* ours;
    char const* record;
    Likeness trusted;   ///< Known tasks show all their parts as they were sent.
    Likeness untrusted; ///< No known task is shown.
};

using enum Likeness;
constexpr auto boat = R"({"action":"generate","mode":"fast","prompt":"a red boat --v 6"})";
constexpr auto upscale = R"({"action":"upscale1","image_id":"7","mode":"fast"})";
MarkRow const mark_rows[] = {
    {boat, boat, agrees, agrees},
    {boat, R"({"prompt":"a red boat --v 6"})", agrees, agrees},
    {boat, R"({"action":null,"mode":"fast","prompt":"a red boat --v 6","stream":false,
               "timeout":null,"version":"1.0","image_id":null,"trace_id":"t","callback_url":null,
               "application_id":"a"})",
     agrees, agrees},
    {boat, "{\"prompt\":\" a  red\\nboat \xE2\x80\x94v 6\"}", agrees, agrees},
    {boat, R"({"prompt":"a red boat --v 6.0"})", unclear, unclear},
    {boat, R"({"prompt":"a red boat --stylize 100"})", unclear, unclear},
    {boat, R"({"prompt":"a red ship --v 6"})", differs, unclear},
    {boat, R"({"prompt":"a red boat --v 6 --stylize 100"})", unclear, unclear},
    {boat, R"({"prompt":"--v 6 a red boat"})", unclear, unclear},
    {boat, R"({"prompt":"a red"})", unclear, unclear},
    {boat, R"({"prompt":"six green hills in the morning sun"})", differs, differs},
    {boat, R"({"prompt":""})", unclear, unclear},
    {boat, R"({})", unclear, unclear},
    {boat, "null", unclear, unclear},
    {boat, R"({"prompt":7})", differs, differs},
    {boat, R"({"action":"reroll","prompt":"a red boat --v 6"})", differs, unclear},
    {boat, R"({"prompt":"a red boat --v 6","image_id":"7"})", unclear, unclear},
    {R"({"prompt":"cat 1"})", R"({"prompt":"cat 10"})", differs, unclear},
    {upscale, upscale, agrees, agrees},
    {upscale, R"({"action":"upscale1","image_id":7})", agrees, agrees},
    {upscale, R"({"action":"upscale1","image_id":"8"})", differs, unclear},
    {upscale, R"({"action":"upscale2","image_id":"7"})", differs, unclear},
    {upscale, R"({"action":"upscale1"})", unclear, unclear},
    {upscale, R"({"action":null,"image_id":"7"})", unclear, unclear},
    {R"({"prompt":"ein Boot","translation":true})", R"({"prompt":"a boat on a lake"})", unclear,
     unclear},
    {R"({"prompt":"https://x/a.png https://x/b.png"})",
     R"({"prompt":"https://x/a.png https://x/c.png"})", differs, unclear},
};

} // namespace

BOOST_AUTO_TEST_SUITE(request_marks)

BOOST_AUTO_TEST_CASE(a_record_agrees_differs_or_proves_nothing) {
    TrustedMarks trusted;
    for (auto const* body : {boat, upscale}) trusted.learn(digests_of(marks(body)), marks(body));
    for (auto const& row : mark_rows) {
        auto const ours = marks(row.ours);
        auto const record = marks(row.record);
        BOOST_TEST_CONTEXT(row.ours << " and " << row.record) {
            BOOST_TEST(name_of_likeness(compare(ours, record, trusted)) ==
                       name_of_likeness(row.trusted));
            BOOST_TEST(name_of_likeness(compare(ours, record, {})) ==
                       name_of_likeness(row.untrusted));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_part_is_trusted_while_all_known_tasks_show_it_as_it_was_sent) {
    TrustedMarks trusted;
    BOOST_TEST(!trusted.has(&MarkDigests::prompt));
    trusted.learn(digests_of(marks(boat)), marks(boat));
    BOOST_TEST(trusted.has(&MarkDigests::prompt));
    BOOST_TEST(!trusted.has(&MarkDigests::image_id)); // it had none to show
    trusted.learn(digests_of(marks(boat)), marks(R"({"prompt":"a red boat --v 6.0"})"));
    BOOST_TEST(!trusted.has(&MarkDigests::prompt));
    BOOST_TEST(trusted.has(&MarkDigests::endpoint));
}

BOOST_AUTO_TEST_CASE(the_endpoint_decides_too_where_it_is_shown) {
    TrustedMarks trusted;
    trusted.learn(digests_of(marks(boat)), marks(boat));
    auto const text = R"({"prompt":"a red boat --v 6"})";
    auto const shortened = marks(text, "/midjourney/shorten");
    BOOST_TEST(name_of_likeness(compare(marks(boat), shortened, trusted)) == "differs");
    BOOST_TEST(name_of_likeness(compare(marks(boat), marks(text, ""), trusted)) == "agrees");
}

BOOST_AUTO_TEST_CASE(requests_of_other_endpoints_are_known_by_what_they_work_on) {
    auto const video = "/midjourney/videos";
    auto const ours = marks(R"({"action":"generate","image_url":"https://x/1.png"})", video);
    auto const other = marks(R"({"action":"generate","image_url":"https://x/2.png"})", video);
    auto const same = marks(R"({"image_url":"https://x/1.png","loop":false})", video);
    TrustedMarks trusted;
    trusted.learn(digests_of(ours), ours);
    BOOST_TEST(name_of_likeness(compare(ours, same, trusted)) == "agrees");
    BOOST_TEST(name_of_likeness(compare(ours, other, trusted)) == "differs");
    auto const text = marks(R"({"content":"雨"})", "/midjourney/translate");
    BOOST_TEST(text.prompt.value() == "雨");
}

BOOST_AUTO_TEST_CASE(a_request_that_was_sent_without_an_action_has_the_usual_one) {
    auto const body = json::read(R"({"prompt":"a red boat --v 6"})").value();
    auto const sent = marks_of_sent(jobs::default_service(), imagine_path, body);
    BOOST_TEST(name_of_likeness(compare(sent, marks(boat), {})) == "agrees");
    TrustedMarks trusted;
    trusted.learn(digests_of(sent), marks(boat));
    auto const reroll = marks(R"({"action":"reroll","prompt":"a red boat --v 6"})");
    BOOST_TEST(name_of_likeness(compare(sent, reroll, trusted)) == "differs");
}

BOOST_AUTO_TEST_CASE(equal_requests_have_one_key) {
    BOOST_TEST(key_of(marks(boat)) == key_of(marks(R"({"action":"generate",
        "prompt":"a  red boat --v 6", "mode":"relax"})")));
    BOOST_TEST(key_of(marks(boat)) != key_of(marks(upscale)));
}

BOOST_AUTO_TEST_CASE(prompts_with_the_same_parameters_in_another_form_are_the_same) {
    struct Row {
        char const* ours;
        char const* record;
        bool same;
    };
    constexpr Row rows[] = {
        {"a boat", "a boat", true},
        {"a boat --v 6", "a boat --v 6.0", true},
        {"a boat --v 6 --ar 3:2", "a boat --ar 3:2 --v 6", true},
        {"a boat --tile", "a boat --tile", true},
        {"a boat --v 6", "a boat --v 6.1", false},
        {"a boat --v 6", "a boat", false},
        {"a boat", "a boat --v 6", false},
        {"a boat --s 50", "a boat --s 50 --s 50", false},
        {"a boat 6", "a boat 6.0", false},
        {"a boat --no red", "a boat --no blue", false},
        {"a boat --ar 3:2", "a boat --ar 3.0:2", false},
        {"a boat", "two boats", false},
        {"", "a boat", false},
    };
    for (auto const& row : rows) {
        RequestMarks ours, record;
        if (*row.ours != '\0') ours.prompt = row.ours;
        record.prompt = row.record;
        BOOST_TEST(same_prompt(ours, record) == row.same, row.ours << " and " << row.record);
    }
}

/// The service adds "of a harbour" to what it is asked for.
BOOST_AUTO_TEST_CASE(what_is_shown_for_another_task_was_not_added_to_ours) {
    auto const prompt = [](std::string const& text) {
        return marks(R"({"action":"generate","prompt":")" + text + R"("})");
    };
    auto const ours = prompt("a boat");
    TrustedMarks seen;
    BOOST_TEST(seen.may_add(ours, prompt("a boat at sea of a harbour")));
    seen.learn(digests_of(prompt("a boat at sea")), prompt("a boat at sea of a harbour"));
    BOOST_TEST(!seen.may_add(ours, prompt("a boat at sea of a harbour")));
    BOOST_TEST(seen.may_add(prompt("a boat at sea"), prompt("a boat at sea of a harbour")));
    BOOST_TEST(seen.may_add(ours, prompt("a boat of a harbour")));
    // Once two requests are shown alike, the record is of neither for certain.
    seen.learn(digests_of(prompt("a boat at")), prompt("a boat at sea of a harbour"));
    BOOST_TEST(!seen.may_add(prompt("a boat at sea"), prompt("a boat at sea of a harbour")));
    // The service adds something to most prompts, not to all.
    TrustedMarks mixed;
    mixed.learn(digests_of(prompt("a boat at sea")), prompt("a boat at sea"));
    BOOST_TEST(!mixed.may_add(ours, prompt("a boat at sea")));
    mixed.learn(digests_of(prompt("a dog")), prompt("a dog --q 1"));
    BOOST_TEST(!mixed.may_add(ours, prompt("a boat at sea")));
    BOOST_TEST(mixed.may_add(ours, prompt("a boat of a harbour")));
    TrustedMarks as_sent;
    as_sent.learn(digests_of(ours), ours);
    BOOST_TEST(!as_sent.may_add(ours, prompt("a boat of a harbour")));
    BOOST_TEST(as_sent.may_add(prompt("a boat --v 6"), prompt("a boat --v 6.0")));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::engine
