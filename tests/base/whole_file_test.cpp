#include "runner/base/whole_file.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace darkroom {

namespace {

constexpr auto too_large = boost::system::errc::file_too_large;

/// A name for a file, which is removed with the object.
struct Name {
    Name() {
        int const file = ::mkstemp(path.data());
        BOOST_REQUIRE(file >= 0);
        ::close(file);
    }
    Name(Name const&) = delete;
    Name& operator=(Name const&) = delete;
    ~Name() { ::unlink(path.c_str()); }
    std::string path = "/tmp/darkroom-whole-XXXXXX";
};

} // namespace

BOOST_AUTO_TEST_SUITE(whole_file)

BOOST_AUTO_TEST_CASE(a_file_is_read_up_to_its_limit) {
    Name const name;
    std::ofstream(name.path) << std::string(200'000, 'x');
    BOOST_TEST(read_whole_file(name.path, 200'000).value().size() == 200'000u);
    auto const larger = read_whole_file(name.path, 199'999);
    BOOST_REQUIRE(larger.has_error());
    BOOST_TEST((larger.error().code == too_large));
    BOOST_TEST(larger.error().detail.find(name.path) != std::string::npos);
    std::ofstream(name.path, std::ios::trunc) << "";
    BOOST_TEST(read_whole_file(name.path, 0).value().empty());
}

BOOST_AUTO_TEST_CASE(what_has_no_end_is_refused) {
    auto const zeros = read_whole_file("/dev/zero", 1 << 20);
    BOOST_REQUIRE(zeros.has_error());
    BOOST_TEST((zeros.error().code == too_large));
    BOOST_TEST(read_whole_file("/nowhere/file", 10).has_error());
    BOOST_TEST(read_whole_file("/tmp", 10).has_error());
}

BOOST_AUTO_TEST_CASE(a_pipe_is_read_to_its_end) {
    Name const name;
    ::unlink(name.path.c_str());
    BOOST_REQUIRE(::mkfifo(name.path.c_str(), 0600) == 0);
    std::thread writer([&name] { std::ofstream(name.path) << std::string(100'000, 'y'); });
    BOOST_TEST(read_whole_file(name.path, 200'000).value().size() == 100'000u);
    writer.join();
}

BOOST_AUTO_TEST_CASE(lines_are_read_up_to_their_limit) {
    std::istringstream file("one\n\n12345\n123456\ntail");
    std::string line;
    BOOST_TEST((read_line(file, line, 5) == LineEnd::found));
    BOOST_TEST(line == "one");
    BOOST_TEST((read_line(file, line, 5) == LineEnd::found));
    BOOST_TEST(line.empty());
    BOOST_TEST((read_line(file, line, 5) == LineEnd::found));
    BOOST_TEST(line == "12345");
    BOOST_TEST((read_line(file, line, 5) == LineEnd::too_long));
    BOOST_TEST(line == "12345");
    BOOST_TEST((read_line(file, line, 5) == LineEnd::found)); // the rest of it
    BOOST_TEST((read_line(file, line, 5) == LineEnd::end_of_file));
    BOOST_TEST(line == "tail");
    BOOST_TEST((read_line(file, line, 5) == LineEnd::end_of_file));
    BOOST_TEST(line.empty());
}

BOOST_AUTO_TEST_CASE(a_stream_is_read_to_its_end_or_its_limit) {
    Name const name;
    std::ofstream(name.path) << "text";
    BOOST_TEST(read_whole_file(name.path, 4).value() == "text");
    BOOST_TEST((read_whole_file(name.path, 3).error().code == too_large));
    BOOST_TEST(read_whole_file("/dev/null", 4).value().empty());
    BOOST_TEST((read_whole_file("/dev/zero", 100'000).error().code == too_large));
    BOOST_TEST(read_whole_file("/tmp", 4).has_error());
    BOOST_TEST(read_whole_file(name.path + "-none", 4).has_error());
    Name const pipe;
    ::unlink(pipe.path.c_str());
    BOOST_REQUIRE(::mkfifo(pipe.path.c_str(), 0600) == 0);
    auto const text = std::string(50'000, 'x');
    std::thread writer([&] { std::ofstream(pipe.path) << text; });
    auto const read = read_whole_file(pipe.path, 64'000);
    writer.join();
    BOOST_TEST(read.value() == text);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom
