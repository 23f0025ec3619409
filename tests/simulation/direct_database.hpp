// The way to the store of many hosts where no time passes and nothing is lost.
#pragma once

#include "runner/postgres/database.hpp"
#include "tests/simulation/host_store.hpp"

#include <stdexcept>

namespace darkroom::simulation {

class DirectDatabase final : public postgres::Database {
public:
    /// `store` outlives it.
    explicit DirectDatabase(HostStore& store) : store_(store) {}

    bool is_open() const override { return true; }
    boost::asio::awaitable<Result<>> open(Time) override { co_return Result<>(); }
    boost::asio::awaitable<Result<postgres::Rows>> ask(postgres::Statement const& statement,
                                                       Time) override {
        co_return store_.make(statement);
    }
    boost::asio::awaitable<Result<postgres::Rows>> run_script(std::string, Time) override {
        throw std::logic_error("no script is run in the simulation");
        co_return postgres::Rows();
    }
    void close() override {}

private:
    HostStore& store_;
};

} // namespace darkroom::simulation
