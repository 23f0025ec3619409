// Answers that are made to fill the memory: what comes out of the client has limits.
#include "runner/base/web_address.hpp"
#include "runner/engine/answer_limits.hpp"
#include "runner/provider/midjourney/records.hpp"
#include "tests/provider/client_fixture.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::test {

namespace {

std::string list_of(std::size_t count, std::string const& item) {
    std::string list = "[" + item;
    for (std::size_t i = 1; i < count; ++i) list += "," + item;
    return list + "]";
}

std::string const long_text(512u << 10, 'x');

/// A finished answer whose lists, links and words are far too long.
std::string swollen_answer() {
    return R"({"success":true,"progress":100,"task_id":"t","trace_id":")" + long_text +
           R"(","image_id":")" + long_text + R"(","raw_image_url":"https://cdn.example/)" +
           long_text + R"(","actions":)" + list_of(300'000, R"("upscale1")") +
           R"(,"sub_image_urls":)" + list_of(100'000, R"("u")") + "}";
}

void check_small(Answer const& answer) {
    BOOST_TEST(answer.trace_id == "");
    BOOST_TEST(answer.image_id == "");
    BOOST_TEST(answer.url.size() == url_bytes_max + 1);
    BOOST_TEST(answer.actions.size() == engine::actions_max);
    BOOST_TEST(answer.sub_urls.size() == 5u); // the fifth shows that there were more
}

} // namespace

BOOST_AUTO_TEST_SUITE(bounds)

BOOST_AUTO_TEST_CASE(a_streamed_answer_is_cut) {
    ScriptServer server({Script().take_request().send(http_answer(swollen_answer(), ndjson))});
    ClientFixture fix(server.url());
    auto const answer = std::get<Answer>(fix.submit());
    BOOST_TEST(answer.task_id == "t");
    check_small(answer);
}

BOOST_AUTO_TEST_CASE(a_record_is_cut) {
    auto const record = R"({"id":"t","finished_at":1,"response":)" + swollen_answer() + "}";
    ScriptServer server({Script().take_request().send(http_answer(record))});
    ClientFixture fix(server.url());
    auto const page = std::get<engine::TaskPage>(fix.look_up({"t"}));
    BOOST_REQUIRE(page.tasks.size() == 1u);
    check_small(std::get<Answer>(page.tasks[0].outcome.value()));
}

BOOST_AUTO_TEST_CASE(a_task_without_a_usable_id_is_anybodys) {
    auto const page_text = R"({"items":[{"id":")" + long_text + R"(","created_at":1}]})";
    ScriptServer server({Script().take_request().send(http_answer(page_text))});
    ClientFixture fix(server.url());
    auto const page = std::get<engine::TaskPage>(fix.look_up({}));
    BOOST_REQUIRE(page.tasks.size() == 1u);
    BOOST_TEST(page.tasks[0].task_id == "");
}

BOOST_AUTO_TEST_CASE(a_failure_has_few_words) {
    auto const failed = R"({"task_id":"t","success":false,"error":{"code":")" + long_text +
                        R"(","message":")" + long_text + R"("}})";
    auto const problem =
        problem_of(Script().take_request().send(http_answer(failed + "\n", ndjson)));
    BOOST_TEST(problem.message.size() == engine::message_bytes_max);
    BOOST_TEST(problem.code.size() == engine::code_bytes_max);
}

BOOST_AUTO_TEST_CASE(a_page_of_a_million_records_proves_nothing) {
    auto const page = R"({"items":)" + list_of(provider::records_max + 1, "{}") + "}";
    auto const value = json::read(page).value();
    BOOST_TEST(!provider::midjourney::speaks_of_tasks(value, {}));
    BOOST_TEST(!provider::default_wire().read_tasks(value, {}).has_value());
    ScriptServer server({Script().take_request().send(http_answer(page))});
    ClientFixture fix(server.url());
    auto const answer = fix.look_up({});
    BOOST_TEST((std::get<Problem>(answer).verdict == Verdict::transient));
}

BOOST_AUTO_TEST_CASE(a_link_that_is_too_long_is_asked_for_again) {
    ClientFixture fix("http://127.0.0.1:1");
    auto const problem = fix.fetch("https://cdn.example/" + std::string(url_bytes_max, 'x'));
    BOOST_REQUIRE(problem.has_value());
    BOOST_TEST((problem->verdict == Verdict::expired));
    BOOST_TEST(problem->message.size() < 1000u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::test
