// The ledger for people: its making, and what is in it.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/base/error.hpp"
#include "runner/postgres/postgres_ledger.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::postgres {

struct ShardStatus {
    std::string campaign;
    std::int64_t shard = 0;
    std::int64_t shards = 0;
    std::string host; ///< "" where nobody has ever held it.
    std::int64_t pid = 0;
    std::int64_t age = 0; ///< Seconds since its holder was heard.
    bool is_alive = false;
    std::int64_t open = 0;
    std::int64_t paid = 0;
    std::int64_t open_cost = 0; ///< In micros, as is `paid_cost`.
    std::int64_t paid_cost = 0;
};

struct CampaignStatus {
    std::string name;
    std::int64_t shards = 0;
    CampaignBudget budget;
    std::int64_t generations = 0; ///< Open and paid.
    std::int64_t cost = 0;        ///< The same, in micros.
};

struct AccountStatus {
    std::string name; ///< The first digits of its key.
    std::int64_t open = 0;
    std::int64_t day_cost = 0; ///< In micros; what was spent within 24 hours.
    std::string parked;        ///< The code of the last refusal; "" for none.
    std::int64_t hold = 0;     ///< Seconds of a pause that the service has asked for.
};

struct LedgerStatus {
    std::vector<CampaignStatus> campaigns;
    std::vector<ShardStatus> shards;
    std::vector<AccountStatus> accounts;
};

/// Makes the schema, or brings it up to date. Errors: those of CallLine; other_version.
boost::asio::awaitable<Result<>> make_schema(boost::asio::any_io_executor executor, Clock& clock,
                                             LineOptions options);
/// A limit to be set; without a value inside there is none from now on.
template <class T>
using NewLimit = std::optional<std::optional<T>>;

/// Sets those limits of a campaign that are given. Returns false where there is no such campaign.
/// Errors: those of CallLine.
boost::asio::awaitable<Result<bool>> set_budget(boost::asio::any_io_executor executor, Clock& clock,
                                                LineOptions options, std::string campaign,
                                                NewLimit<std::int64_t> generations,
                                                NewLimit<jobs::Micros> cost);
/// A step that a shard has paid for, or has sent.
struct LedgerStep {
    Digest step{};
    bool is_paid = false;
    jobs::Micros cost = 0;
};

using TakeStep = std::function<void(std::int64_t shard, LedgerStep const& step)>;

/// Gives all of a campaign, one shard after another, and returns how many shards it has; 0: there
/// is no such campaign. Errors: those of CallLine.
boost::asio::awaitable<Result<std::int64_t>> read_steps(boost::asio::any_io_executor executor,
                                                        Clock& clock, LineOptions options,
                                                        std::string campaign, TakeStep take);
/// Reads the random name of the ledger; another database has another one. Errors: those of
/// CallLine.
boost::asio::awaitable<Result<std::string>> read_name(boost::asio::any_io_executor executor,
                                                      Clock& clock, LineOptions options);
/// Reads it. Errors: those of CallLine.
boost::asio::awaitable<Result<LedgerStatus>> read_status(boost::asio::any_io_executor executor,
                                                         Clock& clock, LineOptions options);

} // namespace darkroom::postgres
