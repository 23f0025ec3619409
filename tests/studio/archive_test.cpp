// Tasks that outlive their process.
#include "runner/studio/server.hpp"
#include "runner/studio/tasks/archive.hpp"
#include "tests/studio/fake_hook.hpp"
#include "tests/studio/handler_fixture.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace darkroom;
using namespace darkroom::studio;
using namespace darkroom::test;
using namespace std::chrono_literals;

namespace {

/// Runs one service after another on the same directory.
struct Lives : HandlerFixture {
    std::string const directory = "archive_test.folder";
    Lives() {
        options.callback_allow = {"*"};
        std::filesystem::remove_all(directory);
    }
    ~Lives() { std::filesystem::remove_all(directory); }

    /// Starts a new process: only the directory is left of the one before.
    void begin(std::uint64_t id_seed) {
        service.reset();
        state.reset();
        options.id_seed = id_seed;
        open();
        std::vector<ArchivedTask> archived;
        auto archive = Archive::open(directory, archived);
        BOOST_REQUIRE_MESSAGE(archive.has_value(), archive.error().message());
        state->archive = std::move(*archive);
        state->inputs.keep_in(directory + "/inputs");
        for (auto& each : archived) service->resume(std::move(each));
    }
    /// Ends the process by force at any point.
    void kill() {
        service->cancel();
        poll();
    }
    /// Starts a task and returns its id without waiting: no time passes.
    std::string ask_for_id(std::string body) {
        auto call = exchange(imagine(std::move(body)));
        start(*call);
        BOOST_REQUIRE_MESSAGE(call->status == 200, call->body);
        return call->json().text("task_id").value();
    }
    json::Value record_now(std::string const& id) {
        auto call = exchange(post("/midjourney/tasks", R"({"id": ")" + id + R"("})"));
        start(*call);
        return call->json();
    }
    json::Value record(std::string const& id) {
        return ask_tasks(R"({"id": ")" + id + R"("})")->json();
    }
    std::string file() const { return directory + "/tasks.jsonl"; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(archive, Lives)

BOOST_AUTO_TEST_CASE(a_finished_image_can_be_found_and_followed_up_by_the_next_process) {
    begin(1);
    auto const grid = ask(imagine(R"({"prompt": "a cat --ar 2:1"})"))->json();
    auto const id = grid.text("task_id").value();
    auto const image = grid.text("image_id").value();
    auto const picture = painted(image);
    kill();
    begin(2);
    BOOST_TEST(record(id).find("response")->text("image_id").value() == image);
    BOOST_TEST((painted(image) == picture));
    auto const single = image_of(follow_up("upscale2", image));
    auto const zoomed = image_of(follow_up("zoom_out_2x", single));
    auto const last = painted(zoomed);
    kill();
    begin(3);
    BOOST_TEST((painted(zoomed) == last));
    BOOST_TEST(state->ledger.totals().charged == 3u);
    BOOST_TEST(state->ledger.entries().front().answered);
}

BOOST_AUTO_TEST_CASE(a_running_task_is_finished_by_the_next_process_in_the_time_it_had_left) {
    begin(1);
    auto const id = ask_for_id(R"({"prompt": "a cat", "async": true})");
    clock.skip(1500ms);
    poll();
    kill();
    begin(2);
    BOOST_TEST(record_now(id).find("finished_at")->is_null());
    auto const before = clock.now();
    run();
    BOOST_TEST((clock.now() - before == 500ms));
    auto const done = record(id);
    BOOST_TEST(done.find("response")->boolean("success").value());
    BOOST_TEST(state->ledger.totals().charged == 1u);
    kill();
    begin(3);
    BOOST_TEST((record(id) == done));
    BOOST_TEST(state->ledger.totals().charged == 1u);
}

BOOST_AUTO_TEST_CASE(a_failure_stays_a_failure) {
    begin(1);
    auto const id = ask_for_id(R"({"prompt": "a cat -c x", "async": true})");
    run();
    kill();
    begin(2);
    auto const response = *record(id).find("response");
    BOOST_TEST(response.find("error")->text("message").value() ==
               "Unrecognized argument(s): `-c`, `x`");
    BOOST_TEST(state->ledger.totals().failed == 1u);
}

BOOST_AUTO_TEST_CASE(callbacks_that_were_due_are_made_by_the_next_process_once) {
    FakeHook hook(clock);
    hook.answers = {500};
    call_hook = hook.port();
    begin(1);
    auto const ask = [&](std::string prompt) {
        return ask_for_id(R"({"prompt": ")" + prompt +
                          R"(", "callback_url": "http://hooks.example/h"})");
    };
    auto const ended = ask("one that has ended");
    clock.skip(2500ms); // called once, without success
    poll();
    auto const running = ask("one that runs");
    poll();
    kill();
    auto const before = hook.calls.size();
    BOOST_TEST(before == 1u);
    hook.answers = {500, 200};
    begin(2);
    run();
    std::map<std::string, int> posts;
    for (std::size_t i = before; i < hook.calls.size(); ++i)
        ++posts[hook.calls[i].body.text("task_id").value()];
    BOOST_TEST(posts.size() == 2u);
    BOOST_TEST(posts[ended] == 2); // the first call had failed
    BOOST_TEST(posts[running] == 1);
    kill();
    begin(3);
    run();
    BOOST_TEST(hook.calls.size() == before + 3);
}

BOOST_AUTO_TEST_CASE(a_due_callback_is_not_sent_to_a_host_that_is_no_longer_allowed) {
    FakeHook hook(clock);
    call_hook = hook.port();
    options.callback_allow = {"hooks.example"};
    begin(1);
    ask_for_id(R"({"prompt": "a cat", "callback_url": "http://hooks.example/h"})");
    kill();
    options.callback_allow = {"elsewhere.example"};
    begin(2);
    run();
    BOOST_TEST(hook.calls.empty());
    kill();
    options.callback_allow = {"*"};
    begin(3);
    run();
    BOOST_TEST(hook.calls.size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_same_question_again_is_a_repeat_also_after_a_restart) {
    auto const cat = R"({"prompt": "a cat"})";
    begin(1);
    auto const first = painted(image_of(cat));
    auto const second = painted(image_of(cat));
    kill();
    std::filesystem::remove_all(directory);
    begin(2);
    BOOST_TEST((painted(image_of(cat)) == first));
    kill();
    begin(3);
    BOOST_TEST((painted(image_of(cat)) == second));
}

BOOST_AUTO_TEST_CASE(a_torn_last_line_is_removed_at_every_length) {
    begin(1);
    auto const first = ask_for_id(R"({"prompt": "a cat", "async": true})");
    run();
    kill();
    service.reset();
    state.reset();
    std::ifstream in(file(), std::ios::binary);
    std::string const whole(std::istreambuf_iterator<char>(in), {});
    auto const one = whole.find('\n') + 1;
    for (std::size_t length = one; length < whole.size(); length += 7) {
        std::ofstream(file(), std::ios::binary | std::ios::trunc) << whole.substr(0, length);
        begin(2);
        BOOST_TEST(record(first).text("id").value() == first);
        run();
        BOOST_TEST(record(first).find("response")->boolean("success").value());
        kill();
        service.reset();
        state.reset();
    }
}

BOOST_AUTO_TEST_CASE(a_line_that_is_wrong_in_the_middle_is_named) {
    std::filesystem::create_directories(directory);
    std::ofstream(file()) << "{\"fact\":\"accepted\",\"id\":\"x\"}\n{}\n";
    std::vector<ArchivedTask> archived;
    auto const archive = Archive::open(directory, archived);
    BOOST_REQUIRE(!archive.has_value());
    BOOST_TEST(archive.error().detail.find("line 1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_none_of_the_services_stays_as_it_is) {
    for (std::string const text : {"my tasks", "{\"task\": 1}\n", "{\"id\": \"1\"}\n", "{\"i d\"",
                                   "{\"id\":\"1\",\"fact\":\"mine\"}\n{"}) {
        std::filesystem::create_directories(directory);
        std::ofstream(file(), std::ios::binary) << text;
        std::vector<ArchivedTask> archived;
        auto const refused = Archive::open(directory, archived);
        BOOST_REQUIRE_MESSAGE(refused.has_error(), text);
        std::ifstream left(file(), std::ios::binary);
        BOOST_TEST(std::string(std::istreambuf_iterator<char>(left), {}) == text);
    }
}

BOOST_AUTO_TEST_CASE(a_link_in_place_of_the_file_is_refused) {
    std::filesystem::create_directories(directory);
    std::ofstream(directory + "/precious") << "";
    std::filesystem::create_symlink("precious", file());
    std::vector<ArchivedTask> archived;
    auto const refused = Archive::open(directory, archived);
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST(refused.error().message().find("is a link") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_directory_belongs_to_one_process) {
    std::vector<ArchivedTask> none;
    auto const first = Archive::open(directory, none);
    auto const second = Archive::open(directory, none);
    BOOST_TEST(first.has_value());
    BOOST_REQUIRE(!second.has_value());
    BOOST_TEST(second.error().detail.find("another service") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_forgotten_leaves_the_file) {
    begin(1);
    for (int i = 0; i < 3; ++i) image_of(R"({"prompt": "a cat"})");
    kill();
    service.reset();
    state.reset();
    std::vector<ArchivedTask> all;
    auto const before = std::filesystem::file_size(file());
    {
        auto const opened = Archive::open(directory, all);
        BOOST_REQUIRE(all.size() == 3u);
        all.erase(all.begin(), all.begin() + 2);
        BOOST_REQUIRE((*opened)->shrink_to(all).has_value());
    }
    std::vector<ArchivedTask> left;
    BOOST_REQUIRE(Archive::open(directory, left).has_value());
    BOOST_TEST(left.size() == 1u);
    BOOST_TEST(left[0].answered);
    BOOST_TEST(std::filesystem::file_size(file()) < before);
}

BOOST_AUTO_TEST_SUITE_END()
