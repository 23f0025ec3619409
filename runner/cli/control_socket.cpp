#include "runner/cli/control_socket.hpp"

#include "runner/base/in_time.hpp"
#include "runner/base/try.hpp"
#include "runner/base/whole_file.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/store/atomic_file.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <random>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace darkroom::cli {

namespace asio = boost::asio;
using Unix = asio::local::stream_protocol;

namespace {

constexpr Duration order_time = std::chrono::seconds(5);
constexpr Duration answer_time = std::chrono::seconds(10);
constexpr std::size_t order_bytes_max = 64u << 10;
constexpr int orders_at_once = 4;
constexpr std::size_t path_bytes_max = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::string_view control_name = "control";
constexpr auto token_of_unix = asio::as_tuple(asio::use_awaitable);

bool is_our_folder(char const* folder) {
    struct stat status {};
    return *folder == '/' && ::lstat(folder, &status) == 0 && S_ISDIR(status.st_mode) &&
           status.st_uid == ::geteuid() && (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

/// Returns a folder that only this user can open: that of the log-in, or else one of ours. Errors:
/// of the system.
Result<std::string> socket_folder() {
    char const* const folder = std::getenv("XDG_RUNTIME_DIR");
    if (folder != nullptr && is_our_folder(folder)) return std::string(folder);
    auto own = fmt::format("/tmp/darkroom-{}", ::geteuid());
    if (::mkdir(own.c_str(), S_IRWXU) != 0 && errno != EEXIST)
        return store::file_error("create", own);
    if (is_our_folder(own.c_str())) return own;
    errno = EACCES; // somebody else has made it
    return store::file_error("use", own);
}

std::string new_name() {
    std::random_device system;
    return fmt::format("darkroom-{:08x}{:08x}.sock", system(), system());
}

/// Removes the socket that a run which was killed has left.
void remove_left(std::string const& directory, std::string const& folder) {
    auto left = read_whole_file(directory + "/" + std::string(control_name), path_bytes_max + 1);
    if (left.has_error()) return;
    while (left->ends_with('\n')) left->pop_back();
    auto const name = std::string_view(*left).substr(left->rfind('/') + 1);
    bool const is_ours = name.starts_with("darkroom-") && *left == folder + "/" + std::string(name);
    if (is_ours) (void)store::remove_file(*left); // at most, a name is left
}

/// Returns whether the other end is a process of this user, or of root.
bool is_allowed(Unix::socket& socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    bool const is_known =
        ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
    return is_known && (peer.uid == ::geteuid() || peer.uid == 0);
}

std::string line_of(OrderReply const& reply) {
    json::Value value;
    value.set("done", reply.is_done);
    value.set("text", reply.text);
    return json::write(value) + '\n';
}

[[noreturn]] void nobody_listens(std::string const& directory) {
    throw Quit(ExitCode::no_input,
               fmt::format("{}: no run that takes orders is at work there", directory));
}

/// Sends the order and completes with the line of the answer; "" when none came.
asio::awaitable<std::string> ask(Unix::socket& socket, std::string path, std::string order) {
    Unix::endpoint const there(path);
    auto const [refused] = co_await socket.async_connect(there, token_of_unix);
    if (refused) throw boost::system::system_error(refused);
    auto const bytes = asio::buffer(order);
    auto const [broken, sent] = co_await asio::async_write(socket, bytes, token_of_unix);
    std::string line;
    if (broken || sent < order.size()) co_return line;
    auto const into = asio::dynamic_buffer(line, order_bytes_max);
    auto const [ended, size] = co_await asio::async_read_until(socket, into, '\n', token_of_unix);
    line.resize(ended ? 0 : size);
    co_return line;
}

} // namespace

ControlSocket::ControlSocket(asio::any_io_executor executor, Clock& clock, std::string directory,
                             std::string path)
    : clock_(clock), acceptor_(std::move(executor)), directory_(std::move(directory)),
      path_(std::move(path)) {}

Result<std::unique_ptr<ControlSocket>>
ControlSocket::open(asio::any_io_executor executor, Clock& clock, std::string const& directory) {
    TRY_ASSIGN(auto const folder, socket_folder());
    remove_left(directory, folder);
    std::unique_ptr<ControlSocket> control(
        new ControlSocket(std::move(executor), clock, directory, folder + "/" + new_name()));
    TRY(control->listen());
    return control;
}

Result<> ControlSocket::listen() {
    error_code failure;
    if (path_.size() > path_bytes_max) {
        failure = make_error_code(boost::system::errc::filename_too_long);
        return Error(failure, path_);
    }
    acceptor_.open(Unix(), failure);
    if (!failure) acceptor_.bind(Unix::endpoint(path_), failure);
    if (!failure && ::chmod(path_.c_str(), S_IRUSR | S_IWUSR) != 0)
        failure = error_code(errno, boost::system::system_category());
    if (!failure) acceptor_.listen(orders_at_once, failure);
    if (failure) return Error(failure, path_);
    std::string const name(control_name);
    return store::write_atomically({directory_ + "/" + name + ".part", directory_, name},
                                   path_ + '\n');
}

ControlSocket::~ControlSocket() {
    if (!acceptor_.is_open()) return;
    (void)store::remove_file(path_); // at most, names are left that nobody listens at
    (void)store::remove_file(directory_ + "/" + std::string(control_name));
}

void ControlSocket::serve_in(TaskGroup& group, Obey obey) {
    obey_ = std::move(obey);
    for (int i = 0; i < orders_at_once; ++i) group.spawn(work());
}

asio::awaitable<void> ControlSocket::work() {
    constexpr Duration accept_rest = std::chrono::seconds(1);
    for (;;) {
        Unix::socket socket(acceptor_.get_executor());
        auto const [failure] = co_await acceptor_.async_accept(socket, token_of_unix);
        if (failure) {
            co_await clock_.sleep_for(accept_rest); // too many open files: a passing state
            continue;
        }
        Time const end = clock_.now() + order_time;
        if (is_allowed(socket)) co_await in_time(clock_, end, answer(socket));
    }
}

/// Completes: false when the other side closed first, or sent what is no order.
asio::awaitable<bool> ControlSocket::answer(Unix::socket& socket) {
    std::string line;
    auto const into = asio::dynamic_buffer(line, order_bytes_max);
    auto const [failure, size] = co_await asio::async_read_until(socket, into, '\n', token_of_unix);
    if (failure) co_return false;
    auto const order = json::read(std::string_view(line).substr(0, size));
    auto const reply = order.has_value() ? obey_(*order) : OrderReply{false, "that is no JSON"};
    auto const text = line_of(reply);
    auto const bytes = asio::buffer(text);
    auto const [broken, sent] = co_await asio::async_write(socket, bytes, token_of_unix);
    co_return !broken && sent == text.size();
}

OrderReply give_order(std::string const& directory, json::Value const& order) {
    auto named = read_whole_file(directory + "/" + std::string(control_name), path_bytes_max + 1);
    if (named.has_error()) nobody_listens(directory);
    while (named->ends_with('\n')) named->pop_back();
    if (named->empty()) nobody_listens(directory);
    asio::io_context context(1);
    SteadyClock clock;
    Unix::socket socket(context);
    std::string line;
    std::exception_ptr failure;
    auto on_end = [&](std::exception_ptr error, std::string answer) {
        failure = error;
        line = std::move(answer);
    };
    asio::co_spawn(context,
                   with_deadline(clock, clock.now() + answer_time,
                                 ask(socket, *named, json::write(order) + '\n')),
                   on_end);
    context.run();
    try {
        if (failure) std::rethrow_exception(failure);
    } catch (boost::system::system_error const& error) {
        if (error.code() == asio::error::timed_out)
            throw Quit(ExitCode::internal,
                       directory + ": the run does not answer: is it stopped (Ctrl-Z)?");
        nobody_listens(directory);
    }
    auto const answer = json::read(line);
    if (answer.has_error()) nobody_listens(directory); // it ended meanwhile
    return {answer->boolean("done").value_or(false), answer->text("text").value_or("")};
}

} // namespace darkroom::cli
