#include "runner/postgres/connection.hpp"

#include "runner/base/deadline.hpp"
#include "runner/postgres/error.hpp"

#if DARKROOM_HAS_LIBPQ
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <libpq-fe.h>
#include <unistd.h>
#endif

#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace darkroom::postgres {

namespace asio = boost::asio;
using boost::asio::awaitable;

#if DARKROOM_HAS_LIBPQ

namespace {

using Descriptor = asio::posix::stream_descriptor;

struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
};
struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

/// Returns libpq's words in one line.
std::string one_line(char const* words) {
    std::string line;
    for (char const c : std::string_view(words == nullptr ? "" : words)) {
        bool const is_blank = c == '\n' || c == '\t' || c == ' ';
        if (!is_blank) line += c;
        if (is_blank && !line.empty() && line.back() != ' ') line += ' ';
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
}

struct CodeRow {
    std::string_view begin; ///< The first characters of the server's code.
    Errc code;
};

/// Those that pass: no connection, too many, a shutdown, a deadlock, a server that only reads.
constexpr std::array<CodeRow, 15> codes = {{{"DR001", Errc::taken_over},
                                            {"DR002", Errc::lease_expired},
                                            {"08", Errc::unreachable},
                                            {"53", Errc::unreachable},
                                            {"57P0", Errc::unreachable},
                                            {"57014", Errc::unreachable},
                                            {"58", Errc::unreachable},
                                            {"40", Errc::unreachable},
                                            {"55P03", Errc::unreachable},
                                            {"25006", Errc::unreachable},
                                            {"XX000", Errc::unreachable},
                                            {"3F000", Errc::no_schema},
                                            {"42883", Errc::no_schema},
                                            {"42P01", Errc::no_schema},
                                            {"42501", Errc::refused}}};

Error error_of(PGresult const* result) {
    auto const* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    std::string_view const shown = state == nullptr ? "08" : state;
    auto const* words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    auto code = Errc::refused;
    for (auto const& row : codes) {
        if (!shown.starts_with(row.begin)) continue;
        code = row.code;
        break;
    }
    bool const is_ours = code == Errc::no_schema || code == Errc::taken_over;
    return {code, is_ours ? std::string() : one_line(words)};
}

} // namespace

struct Connection::State {
    std::unique_ptr<PGconn, Finish> connection;
    std::optional<Descriptor> socket; ///< A copy of libpq's, so that both may be closed.

    Error failure() const {
        return {Errc::unreachable, one_line(PQerrorMessage(connection.get()))};
    }
    /// Takes libpq's present socket, which changes from one address of a server to the next.
    bool take_socket(asio::any_io_executor const& executor) {
        socket.reset();
        int const copy = ::dup(PQsocket(connection.get()));
        if (copy < 0) return false;
        socket.emplace(executor, copy);
        return true;
    }
};

bool is_built_in() { return true; }

Result<bool> has_password(std::string const& url) {
    // Its words about what it cannot read would show a password.
    std::unique_ptr<PQconninfoOption, FreeOptions> const options(
        PQconninfoParse(url.c_str(), nullptr));
    bool const is_url = url.starts_with("postgresql://") || url.starts_with("postgres://");
    if (!options || !is_url) return Error(Errc::bad_address, "");
    for (auto const* option = options.get(); option->keyword != nullptr; ++option) {
        bool const is_password = std::string_view(option->keyword) == "password";
        if (is_password && option->val != nullptr) return true;
    }
    return false;
}

Connection::Connection(Clock& clock, std::string url)
    : clock_(clock), url_(std::move(url)), state_(std::make_unique<State>()) {}

Connection::~Connection() = default;

bool Connection::is_open() const { return state_->connection != nullptr; }

void Connection::close() {
    state_->socket.reset();
    state_->connection.reset();
}

awaitable<Result<>> Connection::open(Time deadline) {
    close();
    std::optional<Result<>> done;
    std::exception_ptr cancelled;
    try {
        done = co_await value_in_time(clock_, deadline, start());
    } catch (boost::system::system_error const&) {
        cancelled = std::current_exception();
    }
    bool const is_done = done && done->has_value();
    if (!is_done) close();
    if (cancelled) std::rethrow_exception(cancelled);
    if (!done) co_return Error(Errc::unreachable, "no connection in time");
    co_return std::move(*done);
}

awaitable<Result<>> Connection::start() {
    auto const readable = has_password(url_);
    CO_TRY(readable);
    auto const executor = co_await asio::this_coro::executor;
    constexpr std::array names = {
        "fallback_application_name", "tcp_user_timeout", "keepalives_idle",
        "client_encoding",           "dbname",           ""};
    std::array<char const*, names.size()> keys{};
    for (std::size_t i = 0; i + 1 < names.size(); ++i) keys[i] = names[i];
    std::array<char const*, names.size()> const values = {"darkroom", "20000",      "20",
                                                          "UTF8",     url_.c_str(), nullptr};
    state_->connection.reset(PQconnectStartParams(keys.data(), values.data(), 1));
    auto* const connection = state_->connection.get();
    if (connection == nullptr || PQstatus(connection) == CONNECTION_BAD)
        co_return state_->failure();
    auto next = PGRES_POLLING_WRITING;
    while (next != PGRES_POLLING_OK) {
        if (!state_->take_socket(executor)) co_return state_->failure();
        auto const what =
            next == PGRES_POLLING_READING ? Descriptor::wait_read : Descriptor::wait_write;
        auto [failed] =
            co_await state_->socket->async_wait(what, asio::as_tuple(asio::use_awaitable));
        if (failed) co_return Error(Errc::unreachable, failed.message());
        next = PQconnectPoll(connection);
        if (next == PGRES_POLLING_FAILED) co_return state_->failure();
    }
    PQsetNoticeProcessor(
        connection, [](void*, char const*) {}, nullptr);
    if (PQsetnonblocking(connection, 1) != 0) co_return state_->failure();
    if (!state_->take_socket(executor)) co_return state_->failure();
    co_return Result<>();
}

awaitable<Result<Rows>> Connection::ask(Statement const& statement, Time deadline) {
    std::vector<char const*> values;
    for (auto const& value : statement.values()) values.push_back(value ? value->c_str() : nullptr);
    bool const is_sent = is_open() && PQsendQueryParams(state_->connection.get(), statement.sql(),
                                                        static_cast<int>(values.size()), nullptr,
                                                        values.data(), nullptr, nullptr, 0) == 1;
    if (is_sent) co_return co_await take_in_time(deadline);
    Error const failure = is_open() ? state_->failure() : Error(Errc::unreachable, "");
    close();
    co_return failure;
}

awaitable<Result<Rows>> Connection::run_script(std::string sql, Time deadline) {
    bool const is_sent = is_open() && PQsendQuery(state_->connection.get(), sql.c_str()) == 1;
    if (is_sent) co_return co_await take_in_time(deadline);
    Error const failure = is_open() ? state_->failure() : Error(Errc::unreachable, "");
    close();
    co_return failure;
}

/// An answer that does not come in time makes the connection useless: it may come later.
awaitable<Result<Rows>> Connection::take_in_time(Time deadline) {
    std::optional<Result<Rows>> answer;
    std::exception_ptr cancelled;
    try {
        answer = co_await value_in_time(clock_, deadline, take_answer());
    } catch (boost::system::system_error const&) {
        cancelled = std::current_exception();
    }
    bool const is_lost = !answer || PQstatus(state_->connection.get()) == CONNECTION_BAD;
    if (is_lost) close();
    if (cancelled) std::rethrow_exception(cancelled);
    if (!answer) co_return Error(Errc::unreachable, "no answer in time");
    co_return std::move(*answer);
}

awaitable<Result<Rows>> Connection::take_answer() {
    auto* const connection = state_->connection.get();
    int unsent = PQflush(connection);
    while (unsent == 1) {
        auto [failed] = co_await state_->socket->async_wait(Descriptor::wait_write,
                                                            asio::as_tuple(asio::use_awaitable));
        if (failed) co_return Error(Errc::unreachable, failed.message());
        if (PQconsumeInput(connection) == 0) co_return state_->failure();
        unsent = PQflush(connection);
    }
    if (unsent != 0) co_return state_->failure();
    Result<Rows> answer;
    for (;;) {
        while (PQisBusy(connection) != 0) {
            auto [failed] = co_await state_->socket->async_wait(
                Descriptor::wait_read, asio::as_tuple(asio::use_awaitable));
            if (failed) co_return Error(Errc::unreachable, failed.message());
            if (PQconsumeInput(connection) == 0) co_return state_->failure();
        }
        std::unique_ptr<PGresult, Clear> const result(PQgetResult(connection));
        if (!result) co_return answer;
        auto const status = PQresultStatus(result.get());
        bool const is_good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
        if (!is_good && answer.has_value()) answer = error_of(result.get());
        if (!is_good || answer.has_error()) continue;
        Rows rows;
        for (int row = 0; row < PQntuples(result.get()); ++row) {
            std::vector<std::string> cells;
            for (int column = 0; column < PQnfields(result.get()); ++column)
                cells.emplace_back(PQgetvalue(result.get(), row, column));
            rows.add_row(std::move(cells));
        }
        answer = std::move(rows);
    }
}

#else

struct Connection::State {};

namespace {

Error not_built() { return {Errc::not_built, ""}; }

} // namespace

bool is_built_in() { return false; }
Result<bool> has_password(std::string const&) { return not_built(); }

Connection::Connection(Clock& clock, std::string url)
    : clock_(clock), url_(std::move(url)), state_(std::make_unique<State>()) {}
Connection::~Connection() = default;
bool Connection::is_open() const { return false; }
void Connection::close() {}
awaitable<Result<>> Connection::open(Time) { co_return not_built(); }
awaitable<Result<Rows>> Connection::ask(Statement const&, Time) { co_return not_built(); }
awaitable<Result<Rows>> Connection::run_script(std::string, Time) { co_return not_built(); }

#endif

} // namespace darkroom::postgres
