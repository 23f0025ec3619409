// The contract of the ledger, played against a real PostgreSQL.
#include "runner/postgres/schema.hpp"
#include "tests/ledger/contract.hpp"
#include "tests/postgres/blocking.hpp"
#include "tests/postgres/cluster.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

namespace darkroom::postgres::test {

namespace {

/// The server's time is the play's, and who has not died renews its lease all the time.
class PostgresSubject final : public ledger::test::Subject {
public:
    explicit PostgresSubject(Clock& clock) : clock_(clock) {
        options_.line.url = shared_cluster().url();
        LineOptions options;
        options.url = options_.line.url;
        line_ = std::make_unique<CallLine>(loop_.context.get_executor(), loop_.clock, options);
        run(fmt::format("{} CREATE TABLE IF NOT EXISTS darkroom.test_time(at timestamptz); "
                        "CREATE OR REPLACE FUNCTION darkroom.present() RETURNS timestamptz "
                        "LANGUAGE sql AS 'SELECT at FROM darkroom.test_time'; "
                        "TRUNCATE darkroom.campaigns, darkroom.runs, darkroom.holders, "
                        "darkroom.accounts, darkroom.steps, darkroom.tasks, darkroom.spent, "
                        "darkroom.charges, darkroom.entered, darkroom.test_time;"
                        "INSERT INTO darkroom.test_time VALUES ('epoch')",
                        is_made_ ? "" : schema_text));
        is_made_ = true;
    }
    ~PostgresSubject() override = default;

    std::unique_ptr<engine::Ledger> begin(std::string const& run, int process) override {
        auto options = options_;
        options.campaign = run;
        options.directory = run;
        options.total = ledger::test::total;
        options.holder.pid = process;
        auto ledger =
            std::make_unique<BlockingLedger>(clock_, std::move(options), [this] { set_time(); });
        auto const begun = ledger->begin();
        BOOST_TEST_REQUIRE(begun.has_value(), begun.error().message());
        return ledger;
    }
    void kill(int process) override { dead_.insert(process); }
    bool reads_marks() const override { return false; }
    bool has_campaigns() const override { return true; }

private:
    void run(std::string sql) {
        auto const done = loop_.run(line_->run_script(std::move(sql)));
        BOOST_TEST_REQUIRE(done.has_value(), done.error().message());
    }

    void set_time() {
        auto const now = clock_.wall().time_since_epoch().count();
        run(fmt::format("UPDATE darkroom.test_time SET at = darkroom.time_of({}); "
                        "UPDATE darkroom.holders SET expires = CASE WHEN pid IN ({}) THEN "
                        "'-infinity' ELSE darkroom.present() + interval '60 s' END "
                        "WHERE expires > '-infinity'",
                        now, fmt::join(dead_, ", ")));
    }

    static inline bool is_made_ = false;

    Clock& clock_;
    Loop loop_;
    PostgresOptions options_;
    std::unique_ptr<CallLine> line_;
    std::set<int> dead_ = {0};
};

} // namespace

BOOST_AUTO_TEST_CASE(the_postgresql_store_keeps_the_contract) {
    ledger::test::play_all("postgresql",
                           [](Clock& clock) { return std::make_unique<PostgresSubject>(clock); });
}

} // namespace darkroom::postgres::test
