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

/// Returns the folder for sockets of this user, made by the system at log-in; "" without one.
std::string runtime_folder() {
    char const* const folder = std::getenv("XDG_RUNTIME_DIR");
    struct stat status {};
    bool const is_ours = folder != nullptr && *folder == '/' && ::stat(folder, &status) == 0 &&
                         S_ISDIR(status.st_mode) && status.st_uid == ::geteuid();
    return is_ours ? folder : "";
}

/// Returns a path for a new socket; a name alone is one in the run directory.
std::string new_socket_path() {
    auto const folder = runtime_folder();
    if (folder.empty()) return "control.sock";
    std::random_device system;
    return fmt::format("{}/darkroom-{:08x}{:08x}.sock", folder, system(), system());
}

/// Returns a short path of a socket: that of a run directory may be too long for one.
std::string address_of(std::string const& path, store::Directory const& directory) {
    if (path.starts_with('/')) return path;
    return fmt::format("/proc/self/fd/{}/{}", directory.descriptor(), path);
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

ControlSocket::ControlSocket(asio::any_io_executor executor, Clock& clock,
                             store::Directory directory)
    : clock_(clock), acceptor_(std::move(executor)), directory_(std::move(directory)),
      path_(new_socket_path()), address_(address_of(path_, directory_)) {}

Result<std::unique_ptr<ControlSocket>>
ControlSocket::open(asio::any_io_executor executor, Clock& clock, std::string const& directory) {
    TRY_ASSIGN(auto opened, store::Directory::open(directory));
    std::unique_ptr<ControlSocket> control(
        new ControlSocket(std::move(executor), clock, std::move(opened)));
    TRY(control->listen());
    return control;
}

Result<> ControlSocket::listen() {
    error_code failure;
    if (address_.size() > path_bytes_max) {
        failure = make_error_code(boost::system::errc::filename_too_long);
        return Error(failure, address_);
    }
    TRY(store::remove_file(address_)); // of a run that was killed: this one holds the directory
    acceptor_.open(Unix(), failure);
    if (!failure) acceptor_.bind(Unix::endpoint(address_), failure);
    if (!failure && ::chmod(address_.c_str(), S_IRUSR | S_IWUSR) != 0)
        failure = error_code(errno, boost::system::system_category());
    if (!failure) acceptor_.listen(orders_at_once, failure);
    if (failure) return Error(failure, address_);
    std::string const name(control_name);
    auto const& place = directory_.path();
    return store::write_atomically({place + "/" + name + ".part", place, name}, path_ + '\n');
}

ControlSocket::~ControlSocket() {
    if (!acceptor_.is_open()) return;
    (void)store::remove_file(address_); // at most a name is left that nobody listens at
    (void)directory_.remove(std::string(control_name)); // the next run replaces it
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
    OrderReply reply;
    reply.text = "that is no JSON";
    if (order.has_value()) reply = obey_(*order);
    auto const text = line_of(reply);
    auto const bytes = asio::buffer(text);
    auto const [broken, sent] = co_await asio::async_write(socket, bytes, token_of_unix);
    co_return !broken && sent == text.size();
}

OrderReply give_order(std::string const& directory, json::Value const& order) {
    auto named = read_whole_file(directory + "/" + std::string(control_name), path_bytes_max + 1);
    if (named.has_error()) nobody_listens(directory);
    while (named->ends_with('\n')) named->pop_back();
    auto const opened = store::Directory::open(directory);
    if (opened.has_error() || named->empty()) nobody_listens(directory);
    asio::io_context context(1);
    SteadyClock clock;
    Unix::socket socket(context);
    std::string line;
    std::exception_ptr failure;
    auto on_end = [&](std::exception_ptr error, std::string answer) {
        failure = error;
        line = std::move(answer);
    };
    asio::co_spawn(
        context,
        with_deadline(clock, clock.now() + answer_time,
                      ask(socket, address_of(*named, *opened), json::write(order) + '\n')),
        on_end);
    context.run();
    try {
        if (failure) std::rethrow_exception(failure);
    } catch (boost::system::system_error const& error) {
        if (error.code() == asio::error::timed_out)
            throw Quit(ExitCode::internal, directory + ": the run does not answer");
        nobody_listens(directory);
    }
    auto const answer = json::read(line);
    if (answer.has_error()) nobody_listens(directory); // it ended meanwhile
    return {answer->boolean("done").value_or(false), answer->text("text").value_or("")};
}

} // namespace darkroom::cli
