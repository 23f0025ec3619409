#include "runner/cli/command_output.hpp"

#include "runner/base/try.hpp"
#include "runner/cli/child_process.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace darkroom::cli {

namespace {

namespace errc = boost::system::errc;

Error error_of(errc::errc_t code, std::string text) {
    return Error(errc::make_error_code(code), std::move(text));
}

/// A pipe whose ends close with it.
struct Pipe {
    Pipe() { made = ::pipe2(ends.data(), O_CLOEXEC) == 0; }
    ~Pipe() {
        close(0);
        close(1);
    }
    Pipe(Pipe const&) = delete;
    Pipe& operator=(Pipe const&) = delete;
    void close(std::size_t end) {
        if (ends.at(end) >= 0) ::close(ends.at(end));
        ends.at(end) = -1;
    }
    std::array<int, 2> ends{-1, -1};
    bool made = false;
};

/// Reads until the program closes its output.
Result<std::string> read_all(int descriptor, Time end, std::size_t bytes_max) {
    std::string text;
    std::array<char, 4096> buffer{};
    for (;;) {
        if (!is_readable_by(descriptor, end)) return error_of(errc::timed_out, "took too long");
        auto const got = ::read(descriptor, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_error_of(errno, "its output cannot be read");
        if (got == 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(got));
        if (text.size() > bytes_max)
            return error_of(errc::message_size, "printed far more than expected");
    }
}

} // namespace

Result<std::string> output_of_command(std::vector<std::string> const& words, Duration patience,
                                      std::size_t bytes_max) {
    auto const& name = words.front();
    Pipe pipe;
    if (!pipe.made) return system_error_of(errno, "cannot make a pipe");
    HeldComplaints const complaints;
    TRY_ASSIGN(pid_t const child, start_child({words, -1, pipe.ends[1], complaints.descriptor()}));
    pipe.close(1);
    auto const end = SteadyClock().now() + patience;
    auto text = read_all(pipe.ends[0], end, bytes_max);
    if (text.has_value() && !ends_by(child, end)) text = error_of(errc::timed_out, "took too long");
    if (text.has_error()) ::kill(child, SIGKILL);
    auto const why = reap_child(child);
    complaints.print(name);
    if (text.has_error())
        return Error(text.error().code, fmt::format("'{}' {}", name, text.error().detail));
    if (!why.empty()) return Error(error_code(), fmt::format("'{}' {}", name, why));
    return text;
}

} // namespace darkroom::cli
