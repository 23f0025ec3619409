#include "runner/postgres/ledger_admin.hpp"

#include "runner/postgres/error.hpp"
#include "runner/postgres/schema.hpp"

#include <utility>

namespace darkroom::postgres {

using boost::asio::awaitable;

namespace {

constexpr std::int64_t version = 2;

ShardStatus shard_of(Rows const& rows, std::size_t row) {
    ShardStatus shard;
    shard.campaign = rows.text(row, 0);
    shard.shard = rows.number(row, 1);
    shard.shards = rows.number(row, 2);
    shard.host = rows.text(row, 3);
    shard.pid = rows.number(row, 4);
    shard.age = rows.number(row, 5);
    shard.is_alive = rows.flag(row, 6);
    shard.open = rows.number(row, 7);
    shard.paid = rows.number(row, 8);
    shard.open_cost = rows.number(row, 9);
    shard.paid_cost = rows.number(row, 10);
    return shard;
}

CampaignStatus campaign_of(Rows const& rows, std::size_t row) {
    CampaignStatus campaign;
    campaign.name = rows.text(row, 0);
    campaign.shards = rows.number(row, 1);
    campaign.budget = {rows.optional_number(row, 2), rows.optional_number(row, 3)};
    campaign.generations = rows.number(row, 4);
    campaign.cost = rows.number(row, 5);
    return campaign;
}

} // namespace

awaitable<Result<>> make_schema(boost::asio::any_io_executor executor, Clock& clock,
                                LineOptions options) {
    CallLine line(std::move(executor), clock, std::move(options));
    auto there = co_await line.ask(Statement("SELECT to_regclass('darkroom.meta') IS NOT NULL"));
    CO_TRY(there);
    if (there->rows.flag(0, 0)) {
        Statement ask("SELECT text FROM darkroom.meta WHERE name = 'version'");
        auto const found = co_await line.ask(std::move(ask));
        CO_TRY(found);
        bool const is_newer = found->rows.size() > 0 && found->rows.number(0, 0) > version;
        if (is_newer) co_return Error(Errc::other_version, "");
    }
    std::string schema = schema_text;
    co_return co_await line.run_script(std::move(schema));
}

awaitable<Result<bool>> set_budget(boost::asio::any_io_executor executor, Clock& clock,
                                   LineOptions options, std::string campaign,
                                   NewLimit<std::int64_t> generations,
                                   NewLimit<jobs::Micros> cost) {
    CallLine line(std::move(executor), clock, std::move(options));
    Statement statement("SELECT darkroom.set_budget($1, $2, $3, $4, $5)");
    statement.add(campaign).add(generations.has_value());
    statement.add(generations.value_or(std::nullopt));
    statement.add(cost.has_value()).add(cost.value_or(std::nullopt));
    auto const answer = co_await line.ask(std::move(statement));
    CO_TRY(answer);
    co_return answer->rows.flag(0, 0);
}

awaitable<Result<std::string>> read_name(boost::asio::any_io_executor executor, Clock& clock,
                                         LineOptions options) {
    CallLine line(std::move(executor), clock, std::move(options));
    Statement ask("SELECT coalesce(max(text), '') FROM darkroom.meta WHERE name = 'name'");
    auto const answer = co_await line.ask(std::move(ask));
    CO_TRY(answer);
    co_return answer->rows.text(0, 0);
}

awaitable<Result<std::int64_t>> read_steps(boost::asio::any_io_executor executor, Clock& clock,
                                           LineOptions options, std::string campaign,
                                           TakeStep take) {
    constexpr int most = 10'000;
    CallLine line(std::move(executor), clock, std::move(options));
    Statement ask("SELECT coalesce(max(shards), 0) FROM darkroom.campaigns WHERE name = $1");
    ask.add(campaign);
    auto const found = co_await line.ask(std::move(ask));
    CO_TRY(found);
    auto const shards = found->rows.number(0, 0);
    for (std::int64_t shard = 1; shard <= shards; ++shard) {
        Digest last{};
        for (bool has_more = true; has_more;) {
            Statement next("SELECT * FROM darkroom.steps_of_shard($1, $2, $3, $4)");
            next.add(campaign).add(shard).add(last).add(most);
            auto const answer = co_await line.ask(std::move(next));
            CO_TRY(answer);
            auto const& rows = answer->rows;
            for (std::size_t row = 0; row < rows.size(); ++row) {
                last = rows.digest(row, 0);
                take(shard, {last, rows.flag(row, 1), rows.number(row, 2)});
            }
            has_more = rows.size() == most;
        }
    }
    co_return shards;
}

awaitable<Result<LedgerStatus>> read_status(boost::asio::any_io_executor executor, Clock& clock,
                                            LineOptions options) {
    CallLine line(std::move(executor), clock, std::move(options));
    Statement ask_campaigns("SELECT * FROM darkroom.status_of_campaigns()");
    auto campaigns = co_await line.ask(std::move(ask_campaigns));
    CO_TRY(campaigns);
    auto shards = co_await line.ask(Statement("SELECT * FROM darkroom.status_of_shards()"));
    CO_TRY(shards);
    auto accounts = co_await line.ask(Statement("SELECT * FROM darkroom.status_of_accounts()"));
    CO_TRY(accounts);
    LedgerStatus status;
    for (std::size_t row = 0; row < campaigns->rows.size(); ++row)
        status.campaigns.push_back(campaign_of(campaigns->rows, row));
    for (std::size_t row = 0; row < shards->rows.size(); ++row)
        status.shards.push_back(shard_of(shards->rows, row));
    for (std::size_t row = 0; row < accounts->rows.size(); ++row) {
        auto const& rows = accounts->rows;
        status.accounts.push_back({rows.text(row, 0), rows.number(row, 1), rows.number(row, 2),
                                   rows.text(row, 3), rows.number(row, 4)});
    }
    co_return status;
}

} // namespace darkroom::postgres
