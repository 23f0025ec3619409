#include "runner/engine/event.hpp"
#include "runner/engine/image_link.hpp"

#include <boost/test/unit_test.hpp>

namespace darkroom::engine {

using namespace std::chrono_literals;

namespace {

StepInfo some_info() {
    StepInfo info;
    info.job = "cars";
    info.item = 7;
    info.repeat = 2;
    info.path = "variation2/upscale4";
    info.variables = {{"place", "a \"volcano\"\n"}, {"car", "兰博基尼"}};
    info.prompt = "Lamborghini --iw 2";
    info.root_prompt = "a car --ar 16:9";
    info.action = "upscale4";
    info.mode = "fast";
    info.parent_image_id = "1234197197067915365";
    info.request = R"({"action":"upscale4","image_id":"1234197197067915365"})";
    info.download = false;
    return info;
}

Answer some_answer() {
    Answer answer;
    answer.task_id = "1bae3bec";
    answer.image_id = "1234202545208033400";
    answer.url = "https://cdn.invalid/a.png?ex=662fe031&is=1&hm=2&";
    answer.width = answer.height = 1024;
    answer.actions = {"upscale_2x", "pan_left"};
    answer.sub_urls = {"u1", "u2", "u3", "u4"};
    return answer;
}

Problem some_problem() {
    Problem problem;
    problem.verdict = Verdict::rejected;
    problem.code = "bad_request";
    problem.message = "Unrecognized argument(s): `-c`, `x`";
    problem.trace_id = "t";
    problem.task_id = "7ba0feaf";
    problem.status = 400;
    return problem;
}

Fact const facts[] = {Submitted{some_info(), "main", 26'000},
                      Accepted{"1bae3bec", true},
                      Finished{some_answer(), 26'000},
                      Finished{some_answer(), 26'000, false, "account-1"},
                      Failed{some_problem(), true, some_info()},
                      Failed{some_problem(), false, std::nullopt},
                      ImageSaved{{3, "images/a.png", "u", "ab", "png", 5'000'000'000, 9, 8}},
                      Skipped{some_info(), "the step above failed"},
                      Requeued{},
                      ChargedAgain{"1bae3bec", 26'000},
                      ChargedAgain{"1bae3bec", 26'000, "account-1"},
                      Submitted{some_info(), "main", 26'000, "service", 7, "tag", "boot", 6, 47ms}};

} // namespace

BOOST_AUTO_TEST_CASE(stored_names_and_numbers_never_change) {
    std::pair<Verdict, std::string_view> const verdicts[] = {
        {Verdict::transient, "transient"},   {Verdict::rate, "rate"},
        {Verdict::unknown, "unknown"},       {Verdict::rejected, "rejected"},
        {Verdict::generation, "generation"}, {Verdict::account, "account"},
        {Verdict::empty, "empty"},           {Verdict::expired, "expired"},
        {Verdict::download, "download"},     {Verdict::disk, "disk"}};
    for (auto const& [verdict, name] : verdicts) {
        BOOST_TEST(name_of(verdict) == name);
        BOOST_TEST((verdict_named(name) == verdict), name);
    }
    BOOST_TEST(!verdict_named("refused"));
    for (auto const& [verdict, name] : verdicts)
        BOOST_TEST(class_of(verdict) == (name == "empty" ? "account" : name));
    std::pair<Phase, std::string_view> const phases[] = {{Phase::wanted, "wanted"},
                                                         {Phase::open, "open"},
                                                         {Phase::finished, "finished"},
                                                         {Phase::failed, "failed"},
                                                         {Phase::skipped, "skipped"}};
    int number = 0;
    for (auto const& [phase, name] : phases) {
        BOOST_TEST(name_of(phase) == name);
        BOOST_TEST(static_cast<int>(phase) == number++);
    }
}

BOOST_AUTO_TEST_CASE(every_fact_survives_its_row) {
    for (auto const& fact : facts) {
        auto const text = json::write(to_json(fact));
        auto const back = fact_from_json(kind_of(fact), json::read(text).value());
        BOOST_REQUIRE(back.has_value());
        BOOST_TEST(kind_of(*back) == kind_of(fact));
        BOOST_TEST(json::write(to_json(*back)) == text);
        BOOST_TEST(back->index() == fact.index());
    }
    auto const text = json::write(to_json(facts[std::size(facts) - 1]));
    BOOST_TEST(text.find(R"("boot":"boot","sent_after":6)") != text.npos);
}

BOOST_AUTO_TEST_CASE(a_fact_of_a_newer_version_is_an_error_not_a_guess) {
    auto const unheard_of = fact_from_json("teleported", json::Value(json::Object{}));
    BOOST_REQUIRE(unheard_of.has_error());
    BOOST_TEST(unheard_of.error().message().find("teleported") != std::string::npos);
    auto const odd = json::read(R"({"problem":{"verdict":"sulking"},"final":true})").value();
    BOOST_TEST(fact_from_json("failed", odd).has_error());
}

BOOST_AUTO_TEST_CASE(what_has_come_in_part_is_owed_whole) {
    StepState state;
    state.apply({{}, {}, facts[0]});
    state.apply({{}, {}, Finished{some_answer(), 26'000}});
    BOOST_TEST(!state.unsettled());                  // its images are not wanted
    state.apply({{}, {}, ImageSaved{SavedImage()}}); // one was all the same, by a later run
    BOOST_TEST(state.unsettled());
}

BOOST_AUTO_TEST_CASE(a_life_is_the_fold_of_its_facts) {
    StepState state;
    BOOST_TEST(name_of(state.phase) == "wanted");
    state.apply({{}, WallTime(std::chrono::seconds(5)), facts[0]});
    BOOST_TEST(name_of(state.phase) == "open");
    BOOST_TEST(state.unsettled());
    BOOST_TEST(state.price == 26'000);
    state.apply({{}, {}, Accepted{"other", false}});
    BOOST_TEST(state.task_id == "other");
    state.apply({{}, {}, Finished{some_answer(), 26'000}});
    BOOST_TEST(name_of(state.phase) == "finished");
    BOOST_TEST(!state.unsettled()); // its images are not wanted
    state.info.download = true;
    for (int tile = 0; tile <= 4; ++tile) {
        BOOST_TEST(state.unsettled());
        SavedImage image;
        image.tile = tile;
        state.apply({{}, {}, ImageSaved{image}});
        state.apply({{}, {}, ImageSaved{image}});
    }
    BOOST_TEST(!state.unsettled());
    BOOST_TEST(state.saved.size() == 5u);
}

BOOST_AUTO_TEST_CASE(a_task_found_by_search_that_failed_is_let_go) {
    StepState state;
    state.apply({{}, {}, Submitted{}});
    state.apply({{}, {}, Accepted{"perhaps ours", true}});
    state.apply({{}, {}, SetAside{"another one", "it failed"}});
    BOOST_TEST(state.task_id == "perhaps ours");
    state.apply({{}, {}, SetAside{"perhaps ours", "it failed"}});
    BOOST_TEST(name_of(state.phase) == "open");
    BOOST_TEST(state.task_id.empty());
}

BOOST_AUTO_TEST_CASE(an_attempt_has_no_problem_of_the_one_before) {
    StepState state;
    state.apply({{}, {}, Submitted{}});
    Failed failed;
    failed.problem.verdict = Verdict::generation;
    failed.problem.message = "no picture";
    failed.problem.task_id = "the first";
    state.apply({{}, {}, failed});
    BOOST_TEST(state.problem.message == "no picture");
    state.apply({{}, {}, Submitted{}});
    BOOST_TEST(state.problem.message.empty());

    // An earlier version kept it until the attempt had one of its own.
    state.problem = failed.problem;
    state.apply({{}, {}, Accepted{"perhaps ours", true}});
    state.apply({{}, {}, SetAside{"perhaps ours", "it failed"}});
    BOOST_TEST(state.problem.task_id.empty());

    failed.problem.verdict = Verdict::unknown;
    failed.problem.task_id.clear();
    state.apply({{}, {}, Submitted{}});
    state.apply({{}, WallTime(1s), failed});
    state.apply({{}, {}, Accepted{"perhaps this", true}});
    state.apply({{}, {}, SetAside{"perhaps this", "it failed"}});
    BOOST_TEST(state.problem.message == "no picture"); // its own
}

BOOST_AUTO_TEST_CASE(version_0_1_let_go_of_a_task_in_its_own_way) {
    StepState state;
    state.apply({{}, {}, Submitted{}});
    state.apply({{}, {}, Accepted{"perhaps ours", true}});
    Failed other;
    other.problem.task_id = "perhaps ours";
    other.by_0_1 = true;
    state.apply({{}, {}, other});
    BOOST_TEST(name_of(state.phase) == "open");
    BOOST_TEST(state.task_id.empty());
}

BOOST_AUTO_TEST_CASE(what_version_0_1_gave_up_may_be_paid_or_never_have_left) {
    struct Row {
        Verdict verdict;
        int status;
        std::string_view phase;
    };
    Row const rows[] = {
        {Verdict::transient, 0, "wanted"},  {Verdict::transient, 502, "open"},
        {Verdict::transient, 503, "open"},  {Verdict::generation, 500, "open"},
        {Verdict::generation, 0, "failed"}, {Verdict::rejected, 400, "failed"},
        {Verdict::rejected, 499, "open"},
    };
    for (auto const& row : rows) {
        for (bool const by_0_1 : {true, false}) {
            StepState state;
            state.apply({{}, {}, Submitted{}});
            Failed failed;
            failed.problem.verdict = row.verdict;
            failed.problem.status = row.status;
            failed.final = true;
            failed.by_0_1 = by_0_1;
            state.apply({{}, {}, failed});
            BOOST_TEST(name_of(state.phase) == (by_0_1 ? row.phase : "failed"));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_left_begins_with_all_attempts_again) {
    StepState state;
    state.apply({{}, {}, Submitted{}});
    Failed failed;
    failed.problem.verdict = Verdict::transient;
    state.apply({{}, {}, failed});
    failed.is_absent = true;
    state.apply({{}, {}, failed});
    BOOST_TEST(state.attempts == 1);
    BOOST_TEST(state.absences == 1);
    failed.left = true;
    state.apply({{}, {}, failed});
    BOOST_TEST(name_of(state.phase) == "wanted");
    BOOST_TEST(state.attempts + state.absences == 0);
}

BOOST_AUTO_TEST_CASE(a_requeued_step_begins_again_but_a_paid_one_does_not) {
    StepState state;
    state.apply({{}, {}, Failed{some_problem(), true, some_info()}});
    BOOST_TEST(name_of(state.phase) == "failed");
    state.apply({{}, {}, Requeued{}});
    BOOST_TEST(name_of(state.phase) == "wanted");
    BOOST_TEST(state.attempts == 0);
    state.apply({{}, {}, Submitted{}});
    state.apply({{}, {}, Finished{}});
    state.apply({{}, {}, Requeued{}});
    BOOST_TEST(name_of(state.phase) == "finished");
}

BOOST_AUTO_TEST_CASE(a_signed_link_says_when_it_ends) {
    struct Row {
        char const* url;
        std::int64_t expiry;
    };
    Row const rows[] = {
        {"https://c.invalid/a.png?ex=662fdb36&is=662e89b6&hm=ca9b&", 0x662fdb36},
        {"https://c.invalid/a.png?width=1&ex=662fdb36", 0x662fdb36},
        {"https://c.invalid/a.png", never_expires},
        {"https://c.invalid/a.png?imageMogr2/thumbnail/!50p", never_expires},
        {"https://c.invalid/a.png?ex=", never_expires},
        {"https://c.invalid/a.png?ex=zz", never_expires},
        {"https://c.invalid/a.png?ex=-5", never_expires},
        {"https://c.invalid/a.png?ex=ffffffffffffffffffff", never_expires},
        {"https://c.invalid/ex=662fdb36", never_expires},
    };
    for (auto const& row : rows) BOOST_TEST(link_expiry(row.url) == row.expiry, row.url);
}

BOOST_AUTO_TEST_CASE(a_finished_text_without_an_id_gets_one_once) {
    Answer answer;
    answer.text = "a boat";
    StepState state;
    state.apply({{}, {}, Submitted{some_info(), "main", 26'000}});
    state.apply({{}, {}, Finished{answer, 26'000}});
    for (auto const* seen : {"1bae3bec", "another"}) {
        state.apply({{}, {}, Accepted{seen, true}});
        BOOST_TEST((state.phase == Phase::finished));
        BOOST_TEST(state.task_id == "1bae3bec");
        BOOST_TEST(state.answer.task_id.empty()); // as the service has said it
    }
}

BOOST_AUTO_TEST_CASE(the_account_that_paid_is_the_step_s_where_another_sent_the_last_attempt) {
    StepState state;
    Submitted last;
    last.account = "b";
    state.apply({{}, {}, last});
    state.apply({{}, {}, Finished{some_answer(), 26'000, false, "a"}});
    BOOST_TEST(state.account == "a");
    state.apply({{}, {}, last});
    state.apply({{}, {}, Finished{some_answer(), 26'000}});
    BOOST_TEST(state.account == "b");
}

} // namespace darkroom::engine
