// The writer: a slow reader, a full buffer, a broken pipe.
#include "runner/report/output.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include <array>

using darkroom::report::Output;

namespace {

struct Pipe {
    Pipe() {
        std::signal(SIGPIPE, SIG_IGN);
        BOOST_REQUIRE(::pipe(ends.data()) == 0);
        BOOST_REQUIRE(::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
    }
    ~Pipe() {
        close_reader();
        ::close(ends[1]);
    }
    void close_reader() {
        if (ends[0] >= 0) ::close(ends[0]);
        ends[0] = -1;
    }
    std::string read() const {
        std::string all;
        std::array<char, 8192> buffer{};
        for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
            all.append(buffer.data(), static_cast<std::size_t>(got));
        return all;
    }
    std::array<int, 2> ends{-1, -1};
};

} // namespace

BOOST_AUTO_TEST_SUITE(output)

BOOST_FIXTURE_TEST_CASE(what_is_written_arrives_at_once, Pipe) {
    Output out(ends[1]);
    out.write("one\n");
    out.write("two\n");
    BOOST_TEST(read() == "one\ntwo\n");
    BOOST_TEST(!out.is_terminal());
    BOOST_TEST(out.size().columns == 80u);
}

BOOST_FIXTURE_TEST_CASE(a_slow_reader_gets_everything_later_and_holds_up_nothing, Pipe) {
    Output out(ends[1]);
    std::string expected;
    for (int i = 0; i < 20'000; ++i) {
        auto const line = "line " + std::to_string(i) + "\n";
        out.write(line);
        expected += line;
    }
    BOOST_TEST(out.waiting() > 0u);
    std::string got;
    while (out.waiting() > 0) {
        got += read();
        out.flush();
    }
    got += read();
    BOOST_TEST((got == expected));
    BOOST_TEST(out.lost() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_reader_that_sleeps_costs_whole_lines_never_memory, Pipe) {
    Output out(ends[1]);
    std::string const line(1023, 'x');
    for (int i = 0; i < 4096; ++i) out.write(line + "\n");
    BOOST_TEST(out.waiting() <= 1u << 20);
    BOOST_TEST(out.lost() > 0u);
    std::string got;
    while (out.waiting() > 0) {
        got += read();
        out.flush();
    }
    got += read();
    BOOST_TEST(got.size() % 1024 == 0u);
    BOOST_TEST(got.size() / 1024 + out.lost() == 4096u);
}

BOOST_FIXTURE_TEST_CASE(after_a_broken_pipe_nothing_is_written_and_nothing_waits, Pipe) {
    Output out(ends[1]);
    close_reader();
    out.write("gone\n");
    BOOST_TEST(out.broken());
    out.write("gone too\n");
    out.finish(std::chrono::milliseconds(1000));
    BOOST_TEST(out.waiting() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
