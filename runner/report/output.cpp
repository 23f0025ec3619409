#include "runner/report/output.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace darkroom::report {

namespace {
constexpr std::size_t waiting_max = 1u << 20;
/// A pipe that poll() calls writable takes this much (PIPE_BUF) without blocking.
constexpr std::size_t piece_max = 4096;
} // namespace

void Output::write(std::string_view text) {
    if (broken()) return;
    if (waiting_.size() + text.size() > waiting_max) {
        ++lost_;
        return flush();
    }
    waiting_ += text;
    flush();
}

void Output::flush() {
    while (!broken() && !waiting_.empty() && can_take(std::chrono::milliseconds(0))) {
        if (!write_some()) return;
    }
}

void Output::finish(std::chrono::milliseconds patience) {
    while (!broken() && !waiting_.empty() && can_take(patience)) {
        if (!write_some()) return;
    }
}

bool Output::can_take(std::chrono::milliseconds patience) const {
    pollfd waited{descriptor_, POLLOUT, 0};
    int const ready = ::poll(&waited, 1, static_cast<int>(patience.count()));
    return ready > 0; // also when it is broken: write() then says so
}

bool Output::write_some() {
    auto const piece = std::min(waiting_.size(), piece_max);
    auto const written = ::write(descriptor_, waiting_.data(), piece);
    if (written > 0) {
        waiting_.erase(0, static_cast<std::size_t>(written));
        return true;
    }
    if (errno == EINTR) return true;
    if (errno == EAGAIN) return false;
    failure_ = errno;
    waiting_.clear();
    return false;
}

bool Output::is_terminal() const { return ::isatty(descriptor_) == 1; }

Output::Size Output::size() const {
    winsize window{};
    if (::ioctl(descriptor_, TIOCGWINSZ, &window) != 0 || window.ws_col == 0) return {};
    return {window.ws_col, window.ws_row == 0 ? Size().rows : window.ws_row};
}

} // namespace darkroom::report
