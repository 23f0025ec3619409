// Copies of one run directory in the store: none pays for what another has bought.
#include "runner/ledger/sqlite_ledger.hpp"
#include "runner/ledger/task_owner.hpp"
#include "tests/support/io_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <unistd.h>

namespace darkroom::ledger {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using engine::Entered;
using engine::Grant;
using engine::LastWord;

namespace {

constexpr char const* payer = "https://api.example.org#1";

struct CopiesFixture : darkroom::test::IoFixture {
    CopiesFixture() {
        fs::remove_all(folder);
        fs::create_directories(folder);
    }
    ~CopiesFixture() { fs::remove_all(folder); }

    /// Begins a run of a copy in a process of its own.
    std::unique_ptr<SqliteLedger> begin(std::string const& run, int process,
                                        engine::DirectoryFacts facts = {},
                                        std::string const& origin = "origin") {
        LedgerOptions options;
        options.path = folder / "ledger.db";
        options.run = run;
        options.origin = origin;
        options.gathering = {};
        options.holder = {process, 1, "boot"};
        options.is_alive = [this](Holder const& holder) { return !dead.contains(holder.pid); };
        auto ledger = SqliteLedger::open(clock, std::move(options)).value();
        facts.identities = {payer};
        facts.fate_of = [this](Digest const&, WallTime, std::uint64_t) { return fate; };
        BOOST_TEST_REQUIRE(IoFixture::run(ledger->enter(std::move(facts))).has_value());
        return ledger;
    }
    Grant ask(engine::Ledger& ledger, int step = 1) {
        engine::GrantRequest request;
        request.step = key_of(step);
        request.nonce = ++nonce;
        request.identity = payer;
        request.request = sha256("a cat");
        request.price = 10;
        request.places = 4;
        request.caps = {{clock.wall() - 1h, most}};
        return run(ledger.grant(std::move(request)));
    }
    Entered settle(engine::Ledger& ledger, LastWord word, std::string task = {}) {
        return run(ledger.settle(key_of(1), word, std::move(task)));
    }
    engine::OtherRuns others(engine::Ledger& ledger, std::vector<std::string> tasks = {}) {
        return run(ledger.others(payer, std::move(tasks)));
    }
    engine::DirectoryFacts one_open(std::string task = {}) const {
        engine::DirectoryFacts facts;
        facts.open.resize(1);
        auto& open = facts.open[0];
        open.step = key_of(1);
        open.identity = payer;
        open.request = sha256("a cat");
        open.price = 10;
        open.task_id = std::move(task);
        open.sent_at = clock.wall();
        return facts;
    }
    /// Returns how many further requests the money allows.
    int count_left(engine::Ledger& ledger) {
        int count = 0;
        for (int step = 100; step < 110; ++step) {
            if (ask(ledger, step).what != Grant::What::go) return count;
            run(ledger.settle(key_of(step), LastWord::paid, fmt::format("other-{}", step)));
            ++count;
        }
        return count;
    }
    static Digest key_of(int step) { return sha256(fmt::format("step {}", step)); }

    fs::path folder = fs::temp_directory_path() / fmt::format("darkroom-copies-{}", ::getpid());
    engine::Fate fate = engine::Fate::not_known;
    std::set<std::int64_t> dead;
    std::uint64_t nonce = 0;
    jobs::Micros most = 30;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(copies, CopiesFixture)

BOOST_AUTO_TEST_CASE(what_the_original_has_paid_is_named_with_its_task) {
    auto const original = begin("1", 1);
    BOOST_TEST((ask(*original).what == Grant::What::go));
    original->note_paid(key_of(1), "t");
    auto const copy = begin("2", 2);
    auto const grant = ask(*copy);
    BOOST_TEST((grant.what == Grant::What::paid));
    BOOST_TEST(grant.held.task_id == "t");
    BOOST_TEST(grant.held.identity == payer);
    BOOST_TEST((settle(*copy, LastWord::paid, "t") == Entered::done));
    BOOST_TEST(count_left(*copy) == 2); // it is spent once
}

BOOST_AUTO_TEST_CASE(another_directory_is_no_copy) {
    auto const original = begin("1", 1);
    BOOST_TEST((ask(*original).what == Grant::What::go));
    original->note_paid(key_of(1), "t");
    auto const other = begin("2", 2, {}, "another origin");
    BOOST_TEST((ask(*other).what == Grant::What::go));
}

BOOST_AUTO_TEST_CASE(what_the_original_has_is_held_for_a_copy) {
    auto const original = begin("original", 1);
    auto const copy = begin("copy", 2);
    auto const stranger = begin("stranger", 3, {}, "another origin");
    auto const held = [this](engine::Ledger& ledger) { return run(ledger.held_after(Digest{})); };
    ask(*original);
    BOOST_TEST((held(*copy) == std::vector{key_of(1)}));
    ask(*copy); // it stands for that one now
    BOOST_TEST((held(*copy) == std::vector{key_of(1)}));
    BOOST_TEST((held(*original) == std::vector{key_of(1)}));
    settle(*original, LastWord::free);
    BOOST_TEST(held(*original)->empty()); // the copy's row is no request
    original->charge_again(key_of(1), "t", payer, 10);
    BOOST_TEST((held(*original) == std::vector{key_of(1)}));
    BOOST_TEST((held(*copy) == std::vector{key_of(1)}));
    BOOST_TEST(held(*stranger)->empty());
}

BOOST_AUTO_TEST_CASE(what_a_copy_has_bought_the_original_follows) {
    auto const original = begin("1", 1);
    auto const copy = begin("2", 2);
    BOOST_TEST((ask(*copy).what == Grant::What::go));
    copy->name(key_of(1), "t");
    auto const grant = ask(*original);
    BOOST_TEST((grant.what == Grant::What::open));
    BOOST_TEST(grant.held.task_id == "t");
    BOOST_TEST((!grant.held.by_search && !grant.held.is_paid));
    BOOST_TEST((settle(*copy, LastWord::paid, "t") == Entered::done));
    BOOST_TEST((settle(*original, LastWord::paid, "t") == Entered::done));
    BOOST_TEST(count_left(*original) == 2);
}

BOOST_AUTO_TEST_CASE(a_copy_that_begins_while_the_original_is_at_work_is_seen_by_its_next_grant) {
    auto const original = begin("1", 1);
    BOOST_TEST((ask(*original, 1).what == Grant::What::go)); // there is no copy yet
    auto const copy = begin("2", 2);
    BOOST_TEST((ask(*copy, 2).what == Grant::What::go));
    BOOST_TEST((ask(*original, 2).what == Grant::What::open));
    BOOST_TEST((ask(*original, 3).what == Grant::What::go));
    BOOST_TEST((ask(*copy, 3).what == Grant::What::open));
}

BOOST_AUTO_TEST_CASE(what_is_learnt_of_a_request_later_is_said_at_the_next_question) {
    auto const original = begin("1", 1);
    auto const copy = begin("2", 2);
    BOOST_TEST((ask(*original).what == Grant::What::go));
    BOOST_TEST(ask(*copy).held.task_id.empty());
    original->note_paid(key_of(1), "t");
    auto const grant = ask(*copy);
    BOOST_TEST((grant.what == Grant::What::paid));
    BOOST_TEST(grant.held.task_id == "t");
}

BOOST_AUTO_TEST_CASE(a_request_of_a_dead_original_that_was_never_taken_is_sent_again_once) {
    auto const original = begin("1", 1);
    BOOST_TEST((ask(*original).what == Grant::What::go));
    dead.insert(1);
    auto const copy = begin("2", 2);
    BOOST_TEST((ask(*copy).what == Grant::What::open));
    BOOST_TEST(others(*copy).requests.empty()); // it is the one that this step stands for
    BOOST_TEST((settle(*copy, LastWord::free) == Entered::done));
    BOOST_TEST((ask(*copy).what == Grant::What::go));
    BOOST_TEST((ask(*original).what == Grant::What::open));
    BOOST_TEST((settle(*copy, LastWord::paid, "t") == Entered::done));
    BOOST_TEST((ask(*original).what == Grant::What::paid));
    BOOST_TEST(count_left(*copy) == 2);
}

BOOST_AUTO_TEST_CASE(a_request_of_an_original_at_work_is_its_own_to_judge) {
    auto const original = begin("1", 1);
    auto const copy = begin("2", 2);
    BOOST_TEST((ask(*original).what == Grant::What::go));
    BOOST_TEST((ask(*copy).what == Grant::What::open));
    BOOST_TEST_REQUIRE(others(*copy).requests.size() == 1u);
    BOOST_TEST((settle(*copy, LastWord::free) == Entered::done));
    BOOST_TEST((ask(*copy).what == Grant::What::open));
    BOOST_TEST((settle(*original, LastWord::free) == Entered::done));
    BOOST_TEST((settle(*copy, LastWord::free) == Entered::done));
    BOOST_TEST((ask(*copy).what == Grant::What::go));
    BOOST_TEST((ask(*original).what == Grant::What::open));
}

BOOST_AUTO_TEST_CASE(a_copy_may_find_the_task_of_the_step_that_it_stands_for_and_no_other) {
    auto const original = begin("1", 1);
    BOOST_TEST((ask(*original, 1).what == Grant::What::go));
    BOOST_TEST((ask(*original, 2).what == Grant::What::go));
    auto const copy = begin("2", 2);
    BOOST_TEST((ask(*copy, 1).what == Grant::What::open));
    original->name(key_of(1), "t1");
    original->name(key_of(2), "t2");
    BOOST_TEST((others(*copy, {"t1", "t2"}).tasks == std::vector<std::string>{"t2"}));
    BOOST_TEST((run(copy->adopt(key_of(1), "t2")) == Entered::taken));
    BOOST_TEST((run(copy->adopt(key_of(1), "t1")) == Entered::done));
}

BOOST_AUTO_TEST_CASE(a_task_that_a_copy_has_found_is_the_original_s_as_well) {
    auto original = begin("1", 1);
    BOOST_TEST((ask(*original).what == Grant::What::go));
    auto const copy = begin("2", 2, one_open());
    BOOST_TEST((run(copy->adopt(key_of(1), "t")) == Entered::done));
    BOOST_TEST((settle(*copy, LastWord::paid, "t") == Entered::done));
    BOOST_TEST(others(*original, {"t"}).tasks.empty());
    BOOST_TEST((run(original->adopt(key_of(1), "t")) == Entered::done));
    BOOST_TEST(count_left(*copy) == 2);
}

BOOST_AUTO_TEST_CASE(a_copy_that_has_ended_a_dead_one_s_request_leaves_its_task_there) {
    auto const original = begin("1", 1);
    BOOST_TEST((ask(*original).what == Grant::What::go));
    dead.insert(1);
    {
        auto const copy = begin("2", 2);
        BOOST_TEST((ask(*copy).what == Grant::What::open));
        BOOST_TEST((run(copy->adopt(key_of(1), "t")) == Entered::done));
        BOOST_TEST((settle(*copy, LastWord::paid, "t") == Entered::done));
    }
    auto const third = begin("3", 3);
    auto const grant = ask(*third);
    BOOST_TEST((grant.what == Grant::What::paid));
    BOOST_TEST(grant.held.task_id == "t");
    auto const again = begin("1", 4);
    BOOST_TEST(ask(*again).held.task_id == "t");
}

BOOST_AUTO_TEST_CASE(what_a_copy_has_paid_is_known_although_the_original_is_free) {
    auto const original = begin("1", 1);
    BOOST_TEST((ask(*original).what == Grant::What::go));
    auto const copy = begin("2", 2);
    BOOST_TEST((ask(*copy).what == Grant::What::open));
    BOOST_TEST((settle(*original, LastWord::free) == Entered::done));
    BOOST_TEST((settle(*copy, LastWord::paid, "t") == Entered::done));
    auto const grant = ask(*original);
    BOOST_TEST((grant.what == Grant::What::paid));
    BOOST_TEST(grant.held.task_id == "t");
}

BOOST_AUTO_TEST_CASE(a_step_that_was_paid_after_all_is_not_granted_again) {
    for (auto const* run : {"1", "2"}) {
        auto const ledger = begin(run, 1);
        if (std::string_view(run) == "1") {
            BOOST_TEST((ask(*ledger).what == Grant::What::go));
            ledger->name(key_of(1), "t");
            BOOST_TEST((settle(*ledger, LastWord::free) == Entered::done));
            ledger->charge_again(key_of(1), "t", payer, 10);
        }
        auto const grant = ask(*ledger);
        BOOST_TEST((grant.what == Grant::What::paid));
        BOOST_TEST(grant.held.task_id == "t");
        BOOST_TEST(grant.held.identity == payer);
    }
}

BOOST_AUTO_TEST_CASE(a_person_s_word_about_a_request_of_another_copy_holds_there) {
    auto const original = begin("1", 1);
    BOOST_TEST((ask(*original).what == Grant::What::go));
    dead.insert(1);
    auto const copy = begin("2", 2);
    BOOST_TEST((ask(*copy).what == Grant::What::open));
    fate = engine::Fate::free; // 'resolve --not-taken'
    auto const next = begin("2", 3);
    BOOST_TEST((ask(*next).what == Grant::What::go));
}

BOOST_AUTO_TEST_CASE(what_was_open_when_the_copy_was_made_is_spent_once) {
    auto const original = begin("1", 1);
    BOOST_TEST((ask(*original).what == Grant::What::go));
    auto const copy = begin("2", 2, one_open());
    BOOST_TEST((settle(*original, LastWord::paid, "t") == Entered::done));
    BOOST_TEST((settle(*copy, LastWord::paid, "t") == Entered::done));
    BOOST_TEST(count_left(*copy) == 2);
}

BOOST_AUTO_TEST_CASE(a_text_without_a_task_that_a_copy_has_is_spent_once) {
    auto const text_of = [this] {
        engine::DirectoryFacts facts;
        engine::Payment payment;
        payment.step = key_of(1);
        payment.at = clock.wall();
        payment.cost = 10;
        facts.payments = [payment](auto const& take) { take(payment); };
        facts.payer_of = [](engine::Payment const&) { return std::string(payer); };
        return facts;
    };
    auto const original = begin("1", 1, text_of());
    auto const copy = begin("2", 2, text_of());
    BOOST_TEST(count_left(*copy) == 2);
}

BOOST_AUTO_TEST_CASE(a_person_may_name_the_task_that_another_copy_has) {
    auto const original = begin("1", 1);
    BOOST_TEST((ask(*original).what == Grant::What::go));
    original->note_paid(key_of(1), "t");
    BOOST_TEST(others(*original).is_known); // what was noted is in the file now
    auto const path = (folder / "ledger.db").string();
    BOOST_TEST(is_task_of_other(path, {"2", "another origin"}, payer, "t").value());
    BOOST_TEST(!is_task_of_other(path, {"2", "origin"}, payer, "t").value());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::ledger
