#include "runner/studio/tasks/clip_encoder.hpp"

#include "runner/base/text.hpp"
#include "runner/base/whole_file.hpp"
#include "runner/studio/http/error.hpp"

#include <fmt/format.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace darkroom::studio {

namespace {

Error unusable(std::string why) { return {Errc::clip_encoder, std::move(why)}; }

/// The directory that the program writes the movie to: an MP4 with its index first cannot be
/// written to a pipe.
struct Directory {
    Directory() : path(std::filesystem::temp_directory_path() / "darkroom-clip-XXXXXX") {
        made = ::mkdtemp(path.data()) != nullptr;
    }
    ~Directory() {
        std::error_code ignored; // a few files in the temporary folder are no reason to fail
        if (made) std::filesystem::remove_all(path, ignored);
    }
    Directory(Directory const&) = delete;
    Directory& operator=(Directory const&) = delete;

    std::string movie() const { return path + "/movie.mp4"; }
    std::string words() const { return path + "/stderr"; }
    std::string path;
    bool made = false;
};

/// The limits of what an encoder writes: a clip has some hundred kilobytes.
constexpr std::size_t movie_bytes_max = 256u << 20;
constexpr std::size_t words_bytes_max = 1u << 20;

/// Returns "" for a file that cannot be read, or is too large.
std::string read_file(std::string const& path, std::size_t most) {
    auto read = read_whole_file(path, most);
    return read ? std::move(*read) : std::string();
}

/// Returns a command line that does not depend on the machine: no dates, no version, one thread.
std::vector<std::string> command(std::string const& program, Size size, std::string const& movie) {
    return {program,     "-nostdin",
            "-v",        "error",
            "-f",        "rawvideo",
            "-pix_fmt",  "rgb24",
            "-s",        fmt::format("{}x{}", size.width, size.height),
            "-r",        std::to_string(1000 / clip_frame_ms),
            "-i",        "pipe:0",
            "-c:v",      "libx264",
            "-preset",   "veryfast",
            "-crf",      "23",
            "-pix_fmt",  "yuv420p",
            "-threads",  "1",
            "-fflags",   "+bitexact",
            "-flags:v",  "+bitexact",
            "-movflags", "+faststart",
            "-f",        "mp4",
            "-y",        movie};
}

/// A program that reads from a socket, so that its end causes no signal here.
class Child {
public:
    Child(std::vector<std::string> const& words, std::string const& words_file) {
        std::array<int, 2> ends{-1, -1};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
            failure_ = errno;
            return;
        }
        socket_ = ends[0];
        failure_ = start(words, words_file, ends[1]);
        ::close(ends[1]);
    }
    ~Child() {
        if (process_ > 0) {
            ::kill(-process_, SIGKILL);
            reap();
        }
        if (socket_ >= 0) ::close(socket_);
    }
    Child(Child const&) = delete;
    Child& operator=(Child const&) = delete;

    int failure() const { return failure_; } ///< An errno; 0 when it was started.

    /// Returns false when it accepts no more, or not before `end`.
    bool feed(std::span<std::uint8_t const> bytes, Time end) {
        while (!bytes.empty()) {
            if (!is_ready(socket_, POLLOUT, end)) return false;
            auto const sent =
                ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent < 0 && (errno == EINTR || errno == EAGAIN)) continue;
            if (sent < 0) return false;
            bytes = bytes.subspan(static_cast<std::size_t>(sent));
        }
        return true;
    }
    /// Closes its input. Returns true when it has ended successfully before `end`.
    bool finish(Time end) {
        ::shutdown(socket_, SHUT_WR);
        int const watched = static_cast<int>(::syscall(SYS_pidfd_open, process_, 0));
        bool const ended = watched >= 0 && is_ready(watched, POLLIN, end);
        if (watched >= 0) ::close(watched);
        if (!ended) return false;
        return reap() == 0;
    }

private:
    int start(std::vector<std::string> const& words, std::string const& words_file, int end) {
        std::vector<char*> arguments;
        for (auto const& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, end, STDIN_FILENO);
        ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, words_file.c_str(),
                                           O_WRONLY | O_CREAT | O_TRUNC, 0600);
        // Otherwise it would keep the service's port and its clients' connections open.
        ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
        posix_spawnattr_t attributes;
        ::posix_spawnattr_init(&attributes);
        sigset_t usual; // the service ignores this one
        ::sigemptyset(&usual);
        ::sigaddset(&usual, SIGPIPE);
        ::sigaddset(&usual, SIGXFSZ);
        ::posix_spawnattr_setsigdefault(&attributes, &usual);
        // A process group of its own: Ctrl-C is for the service, and its children end with it.
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
        int const failure = ::posix_spawnp(&process_, arguments.front(), &actions, &attributes,
                                           arguments.data(), environ);
        ::posix_spawn_file_actions_destroy(&actions);
        ::posix_spawnattr_destroy(&attributes);
        if (failure != 0) process_ = 0;
        return failure;
    }
    bool is_ready(int descriptor, short events, Time end) const {
        for (;;) {
            auto const left =
                std::chrono::ceil<std::chrono::milliseconds>(end - clock_.now()).count();
            if (left <= 0) return false;
            pollfd waited{descriptor, events, 0};
            int const ready = ::poll(&waited, 1, static_cast<int>(left));
            if (ready >= 0 || errno != EINTR) return ready > 0;
        }
    }
    int reap() {
        int status = -1;
        while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
        }
        process_ = 0;
        return status;
    }

    SteadyClock clock_;
    pid_t process_ = 0;
    int socket_ = -1;
    int failure_ = 0;
};

/// Returns the first line of its output for the log: it is the cause of the others.
std::string first_words(Directory const& directory, std::string otherwise) {
    auto const text = read_file(directory.words(), words_bytes_max);
    auto const line = trim(std::string_view(text).substr(0, text.find('\n')));
    return line.empty() ? otherwise : std::string(line.substr(0, 300));
}

} // namespace

Result<> ClipEncoder::check() const {
    Clip clip;
    clip.size = {16, 16};
    clip.first.size = clip.size;
    clip.first.rgba.assign(16 * 16 * 4, 255);
    TRY(encode(clip));
    return {};
}

Result<std::string> ClipEncoder::encode(Clip const& clip) const {
    Directory const directory;
    if (!directory.made) return unusable("no temporary folder can be made");
    auto const end = SteadyClock().now() + limit_;
    Child child(command(program_, clip.size, directory.movie()), directory.words());
    if (child.failure() != 0)
        return unusable(program_ + ": " + std::generic_category().message(child.failure()));
    bool fed = true;
    for (int i = 0; fed && i < clip_frames; ++i) fed = child.feed(clip_frame(clip, i), end);
    bool const ended = fed && child.finish(end);
    if (!ended && SteadyClock().now() >= end)
        return unusable(fmt::format("{} was killed after {}", program_, format_duration(limit_)));
    if (!ended)
        return unusable(program_ + ": " + first_words(directory, "it failed without a word"));
    auto movie = read_file(directory.movie(), movie_bytes_max);
    if (movie.size() < 8 || movie.compare(4, 4, "ftyp") != 0)
        return unusable(program_ + " made no MP4");
    return movie;
}

} // namespace darkroom::studio
