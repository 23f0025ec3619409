// The contract of the ledger, played against the store and against the model of the simulation.
#include "runner/ledger/sqlite_ledger.hpp"
#include "tests/ledger/contract.hpp"
#include "tests/simulation/sim_ledger.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <set>
#include <unistd.h>

namespace darkroom::ledger::test {

namespace {

class ModelSubject final : public Subject {
public:
    explicit ModelSubject(Clock& clock) : clock_(clock) {}
    std::unique_ptr<engine::Ledger> begin(std::string const& run, int process) override {
        simulation::SimLedger::Setup setup;
        setup.run = run;
        setup.process = process;
        setup.total = total;
        return std::make_unique<simulation::SimLedger>(clock_, book_, setup);
    }
    void kill(int process) override { book_.dead.insert(process); }

private:
    Clock& clock_;
    simulation::SimBook book_;
};

class SqliteSubject final : public Subject {
public:
    explicit SqliteSubject(Clock& clock) : clock_(clock) {
        std::filesystem::remove_all(folder_);
        std::filesystem::create_directories(folder_);
    }
    ~SqliteSubject() override { std::filesystem::remove_all(folder_); }
    std::unique_ptr<engine::Ledger> begin(std::string const& run, int process) override {
        LedgerOptions options;
        options.path = folder_ / "ledger.db";
        options.run = run;
        options.total = total;
        options.gathering = {}; // the time of the table is that of the test
        options.holder = {process, 1, "boot"};
        options.is_alive = [this](Holder const& holder) {
            return holder.pid != 0 && !dead_.contains(holder.pid);
        };
        return SqliteLedger::open(clock_, std::move(options)).value();
    }
    void kill(int process) override { dead_.insert(process); }

private:
    Clock& clock_;
    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() / fmt::format("darkroom-contract-{}", ::getpid());
    std::set<std::int64_t> dead_;
};

} // namespace

BOOST_AUTO_TEST_CASE(the_model_keeps_the_contract) {
    play_all("model", [](Clock& clock) { return std::make_unique<ModelSubject>(clock); });
}

BOOST_AUTO_TEST_CASE(the_sqlite_store_keeps_the_contract) {
    play_all("sqlite", [](Clock& clock) { return std::make_unique<SqliteSubject>(clock); });
}

} // namespace darkroom::ledger::test
