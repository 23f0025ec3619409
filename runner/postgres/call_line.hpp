// The calls of one run on its ledger, one after the other, until each has its answer.
#pragma once

#include "runner/base/clock.hpp"
#include "runner/postgres/boot_time.hpp"
#include "runner/postgres/database.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace darkroom::postgres {

/// The rows of a call, and when the statement left that got them.
struct Answer {
    Rows rows;
    Time sent{};
    BootTime boot{}; ///< The same.
};

struct LineOptions {
    std::string url;
    /// So long a server may be away; then the line has failed, for good.
    Duration patience = std::chrono::seconds(60);
    Duration answer_time = std::chrono::seconds(15); ///< A statement that takes longer is lost.
    std::function<BootTime()> boot_time = postgres::boot_time;
    /// Returns the way to the server; null: libpq's, to `url`.
    std::function<std::unique_ptr<Database>()> connect = nullptr;
    std::optional<std::uint64_t> seed = std::nullopt; ///< Fixes all chance; none: the system does.
};

/// A statement whose answer was lost is made again: each says the same again. Calls are made in
/// their order, over one connection, which is opened again as often as it breaks. Belongs to one
/// thread; `clock` outlives it.
class CallLine {
public:
    /// Is called with the answer where whoever asked is gone.
    using Orphan = std::function<void(Rows const&)>;

    CallLine(boost::asio::any_io_executor executor, Clock& clock, LineOptions options);
    /// Calls that wait are not made.
    ~CallLine();
    CallLine(CallLine const&) = delete;
    CallLine& operator=(CallLine const&) = delete;

    /// Notes a call without an answer. It is dropped where the line has failed.
    void note(Statement statement);
    /// Completes with the answer. Errors: unreachable after the patience; those of the functions.
    /// Where the caller is gone before it was sent, it is not made. Cancel: terminal.
    boost::asio::awaitable<Result<Answer>> ask(Statement statement, Orphan orphan = nullptr);
    /// Makes a text of several statements.
    boost::asio::awaitable<Result<>> run_script(std::string sql);
    /// Completes when all calls are made, or at `deadline` with false. Cancel: terminal.
    boost::asio::awaitable<bool> finish(Time deadline);

    /// Returns the first error that was none of a lease; without a code while there is none.
    Error const& failure() const;
    /// Makes it fail.
    void fail(Error why);
    /// Calls `warn` with the reason when the server is away, once each time; or null.
    void warn_by(std::function<void(std::string const&)> warn);

private:
    struct Call;
    struct Core;
    class Caller;

    static boost::asio::awaitable<void> work(std::shared_ptr<Core> core);
    static boost::asio::awaitable<void> make(std::shared_ptr<Core> core,
                                             std::shared_ptr<Call> call);
    static boost::asio::awaitable<Result<Rows>> try_once(std::shared_ptr<Core> core,
                                                         std::shared_ptr<Call> call);
    static boost::asio::awaitable<bool> all_made(std::shared_ptr<Core> core);
    void add(std::shared_ptr<Call> call);

    std::shared_ptr<Core> core_; // shared with the coroutine that makes the calls
};

} // namespace darkroom::postgres
