// What is kept of an answer has limits, whoever gave it and wherever it is read.
#include "runner/engine/answer_limits.hpp"

#include "runner/base/web_address.hpp"
#include "runner/engine/image_orders.hpp"
#include "runner/engine/tiles.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::engine {

BOOST_AUTO_TEST_SUITE(answer_limits)

BOOST_AUTO_TEST_CASE(long_lists_are_cut_and_long_ids_are_none) {
    Answer answer;
    answer.task_id.assign(id_bytes_max, 't');
    answer.image_id.assign(id_bytes_max + 1, '1');
    answer.trace_id.assign(3u << 20, 'x');
    answer.sub_urls.assign(100'000, "u");
    answer.actions.assign(300'000, "upscale1");
    answer.actions.front().assign(action_bytes_max + 1, 'a');
    cut_lists(answer);
    BOOST_TEST(answer.task_id.size() == id_bytes_max);
    BOOST_TEST(answer.image_id == "");
    BOOST_TEST(answer.trace_id == "");
    BOOST_TEST(answer.sub_urls.size() == links_max);
    BOOST_TEST(answer.actions.size() == actions_max);
    BOOST_TEST(answer.actions.front() == "upscale1");
    BOOST_TEST(answer.actions.capacity() < 1000u);
}

BOOST_AUTO_TEST_CASE(more_images_than_any_step_has_are_still_seen_to_be_too_many) {
    StepInfo info;
    info.action = "video";
    BOOST_TEST(links_max == static_cast<std::size_t>(tiles_max(info)) + 1);
}

BOOST_AUTO_TEST_CASE(long_links_stay_too_long_to_be_fetched) {
    Answer answer;
    answer.url.assign(url_bytes_max, 'u');
    answer.sub_urls = {std::string(1u << 20, 'v'), "short"};
    cut_links(answer);
    BOOST_TEST(answer.url.size() == url_bytes_max);
    BOOST_TEST(answer.sub_urls[0].size() == url_bytes_max + 1);
    BOOST_TEST(answer.sub_urls[1] == "short");
}

BOOST_AUTO_TEST_CASE(words_are_cut_between_two_characters) {
    BOOST_TEST(cut_text("short", 5) == "short");
    BOOST_TEST(cut_text("a\xC3\xA9z", 2) == "a");
    BOOST_TEST(cut_text("a\xC3\xA9z", 3) == "a\xC3\xA9");
    BOOST_TEST(cut_text("\xF0\x9F\x9A\xA4", 3) == "");
    Problem problem;
    problem.message.assign(1u << 20, 'm');
    problem.code.assign(1u << 20, 'c');
    problem.task_id.assign(1u << 20, 't');
    cut_words(problem);
    BOOST_TEST(problem.message.size() == message_bytes_max);
    BOOST_TEST(problem.code.size() == code_bytes_max);
    BOOST_TEST(problem.task_id == "");
}

BOOST_AUTO_TEST_CASE(a_fact_with_long_lists_is_read_with_short_ones) {
    Finished finished;
    finished.answer.sub_urls.assign(100'000, "https://cdn.example.org/x.png");
    finished.answer.actions.assign(100'000, "upscale1");
    auto const fact = fact_from_json("finished", to_json(finished)).value();
    auto const& answer = std::get<Finished>(fact).answer;
    BOOST_TEST(answer.sub_urls.size() == links_max);
    BOOST_TEST(answer.actions.size() == actions_max);
    StepState state;
    state.answer = answer;
    auto const orders = orders_of(Digest(), state);
    BOOST_TEST(orders.size() == 5u);
    BOOST_TEST(names_too_many(state));
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::engine
