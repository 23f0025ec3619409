// The library within a process that is not ours: what it throws, and the signals it keeps away.
#include "runner/embed/darkroom/run.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace darkroom::embed {

namespace {

namespace fs = std::filesystem;

constexpr int another_exception = 200;

/// A directory with a job of one picture, which the built-in service makes.
struct JobFixture {
    JobFixture() {
        std::string pattern = (fs::temp_directory_path() / "darkroom-embed-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        folder = pattern;
        std::ofstream(path()) << "version: 1\nservice: {url: local}\njobs: [{prompt: a fox}]\n";
    }
    ~JobFixture() {
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    }
    std::string path() const { return folder + "/job.yaml"; }

    std::string folder;
};

/// Returns what a call in a process of its own returns, or the code of the Failure that it throws;
/// the number of a signal that ends it, with a minus.
template <class Call>
int in_child(Call call) {
    auto const child = ::fork();
    if (child == 0) {
        for (int const signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_DFL);
        int code = another_exception;
        try {
            code = call();
        } catch (Failure const& failure) {
            code = failure.exit_code();
        } catch (std::exception const& error) {
            std::fprintf(stderr, "not a Failure: %s\n", error.what());
        }
        std::_Exit(code);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

void limit(int resource, rlim_t most) {
    rlimit const both{most, most};
    ::setrlimit(static_cast<__rlimit_resource_t>(resource), &both);
}

int run_whole(Job const& job) {
    Run run(job);
    Observer nobody;
    return run.run(nobody).exit_code;
}

bool is_quiet_or_has_come(int signal) {
    sigset_t set;
    ::sigpending(&set);
    bool const has_come = ::sigismember(&set, signal) == 1;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &set);
    return has_come || ::sigismember(&set, signal) == 1;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(library, JobFixture)

BOOST_AUTO_TEST_CASE(a_file_that_may_not_grow_is_an_error_of_the_disk_and_no_signal) {
    int const code = in_child([this] {
        auto const job = Job::load(path());
        limit(RLIMIT_FSIZE, 20'000);
        int const ended = run_whole(job);
        return is_quiet_or_has_come(SIGXFSZ) ? 201 : ended;
    });
    BOOST_TEST(code == 74);
}

BOOST_AUTO_TEST_CASE(signals_are_as_they_were_after_a_failure) {
    int const code = in_child([this] {
        auto const job = Job::load(path());
        limit(RLIMIT_FSIZE, 10);
        try {
            run_whole(job);
        } catch (Failure const&) {
        }
        return is_quiet_or_has_come(SIGXFSZ) || is_quiet_or_has_come(SIGPIPE) ? 201 : 0;
    });
    BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_CASE(whatever_goes_wrong_is_a_failure) {
    int const code = in_child([this] {
        auto const job = Job::load(path());
        limit(RLIMIT_NOFILE, 3); // the loop itself needs more
        return run_whole(job);
    });
    BOOST_TEST(code == 1);
    BOOST_TEST(in_child([this] {
                   Job::load(folder + "/none.yaml");
                   return 0;
               }) == 66);
    BOOST_TEST(in_child([this] {
                   Settings settings;
                   settings.set = {{"limits.rate", "often"}};
                   Job::load(path(), settings);
                   return 0;
               }) == 64);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::embed
