// What every ledger must do, as rows that are played against each of them.
#pragma once

#include "runner/engine/ledger.hpp"
#include "tests/support/io_fixture.hpp"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace darkroom::ledger::test {

using engine::Entered;
using engine::Grant;
using engine::LastWord;

/// A kind of ledger under test.
class Subject {
public:
    virtual ~Subject() = default;
    /// Begins a run of a directory in a process.
    virtual std::unique_ptr<engine::Ledger> begin(std::string const& run, int process) = 0;
    virtual void kill(int process) = 0;
    /// Returns whether it frees what was never sent, says its mark; else that is looked up.
    virtual bool reads_marks() const { return true; }
    /// Returns whether a budget counts all payments of a campaign, however old.
    virtual bool has_campaigns() const { return false; }
};

/// The longest time of a request in the contract.
constexpr Duration total = std::chrono::minutes(15);

/// Runs, by the names of their directories, and what a row says about them.
class Play : public darkroom::test::IoFixture {
public:
    /// `make` gets the clock of the play.
    explicit Play(std::function<std::unique_ptr<Subject>(Clock&)> const& make)
        : subject_(make(clock)) {}

    /// Begins the run of a directory in a process, with what its journal knows; an earlier run of
    /// it has ended.
    std::vector<engine::NamedStep> begin(std::string const& run, int process,
                                         engine::DirectoryFacts facts = {});
    void kill(int process) { subject_->kill(process); }
    bool reads_marks() const { return subject_->reads_marks(); }
    bool has_campaigns() const { return subject_->has_campaigns(); }
    engine::Ledger& of(std::string const& run) { return *ledgers_.at(run); }

    /// Asks for a grant with the terms of this play, which a row may change.
    Grant ask(std::string const& run, int step);
    bool goes(std::string const& run, int step) { return ask(run, step).what == Grant::What::go; }
    Entered settle(std::string const& run, int step, LastWord word, std::string task = {});
    Entered adopt(std::string const& run, int step, std::string task);
    /// Returns the numbers of all steps, up to `last`, that the ledger holds for a directory.
    std::vector<int> held(std::string const& run, int last);
    engine::OtherRuns others(std::string const& run, std::vector<std::string> tasks = {});
    Duration turn(std::string const& run, Duration pace, int questions = 1);

    engine::GrantRequest terms = usual_terms();
    std::uint64_t nonce = 0; ///< The last grant had it; each has a higher one.

    static Digest key_of(int step) { return sha256(fmt::format("step {}", step)); }

private:
    static engine::GrantRequest usual_terms();

    std::unique_ptr<Subject> subject_;
    std::map<std::string, std::unique_ptr<engine::Ledger>> ledgers_;
};

struct Row {
    std::string name;
    std::function<void(Play&)> play;
    bool is_of_marks = false; ///< See Subject::reads_marks().
};

/// Places, the rate, pauses, refusals, turns, and repeated questions.
std::vector<Row> rows_of_grants();
/// Whose a task is, and what is known of other runs.
std::vector<Row> rows_of_claims();
/// Budgets, and what a directory knows when it begins.
std::vector<Row> rows_of_money();

/// Plays all rows against a kind of ledger, each against a new one.
void play_all(std::string const& kind, std::function<std::unique_ptr<Subject>(Clock&)> const& make);

} // namespace darkroom::ledger::test
