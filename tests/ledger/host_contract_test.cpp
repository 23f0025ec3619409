// The contract of the ledger, played with the client of PostgreSQL against the store of the
// simulation: what it simulates is what the real one does.
#include "tests/ledger/contract.hpp"
#include "tests/postgres/blocking.hpp"
#include "tests/simulation/direct_database.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

namespace darkroom::ledger::test {

namespace {

/// Who has not died renews its lease all the time.
class HostSubject final : public Subject {
public:
    explicit HostSubject(Clock& clock) : clock_(clock) {}

    std::unique_ptr<engine::Ledger> begin(std::string const& run, int process) override {
        postgres::PostgresOptions options;
        options.line.connect = [this] {
            return std::make_unique<simulation::DirectDatabase>(store_);
        };
        options.campaign = run;
        options.directory = run;
        options.total = total;
        options.holder.pid = process;
        auto ledger = std::make_unique<postgres::test::BlockingLedger>(clock_, std::move(options),
                                                                       [this] { renew_leases(); });
        auto const begun = ledger->begin();
        BOOST_TEST_REQUIRE(begun.has_value(), begun.error().message());
        return ledger;
    }
    void kill(int process) override { dead_.insert(process); }
    bool reads_marks() const override { return false; }

private:
    simulation::HostStore::Us present() const {
        return std::chrono::microseconds(clock_.wall().time_since_epoch()).count();
    }

    void renew_leases() {
        BOOST_TEST(store_.contradiction() == "");
        for (auto& [id, holder] : store_.holders) {
            if (holder.expires == simulation::HostStore::never) continue;
            bool const is_dead = dead_.contains(holder.pid);
            holder.expires = is_dead ? simulation::HostStore::never : present() + 60'000'000;
        }
    }

    Clock& clock_;
    simulation::HostStore store_{[this] { return present(); }};
    std::set<std::int64_t> dead_ = {0};
};

} // namespace

BOOST_AUTO_TEST_CASE(the_store_of_many_hosts_in_the_simulation_keeps_the_contract) {
    play_all("hosts", [](Clock& clock) { return std::make_unique<HostSubject>(clock); });
}

} // namespace darkroom::ledger::test
