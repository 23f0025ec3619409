// The directory of an export: what is ours in it, and what is not.
#include "runner/export/output_directory.hpp"

#include "runner/export/check_export.hpp"
#include "runner/export/picture_export.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace darkroom;
using namespace darkroom::exports;
namespace fs = std::filesystem;

namespace {

struct OutputFixture {
    OutputFixture() {
        static int number = 0;
        top = fs::temp_directory_path() /
              ("darkroom-export-" + std::to_string(::getpid()) + "-" + std::to_string(number++));
        fs::create_directories(top);
        std::ofstream(top / "fox.png") << "a fox";
        options.format = Format::folder;
    }
    ~OutputFixture() { fs::remove_all(top); }

    std::string path() const { return (top / "out").string(); }
    Result<OutputDirectory> open() {
        return OutputDirectory::open(path(), marker_of({"out/cars"}, options));
    }
    Placed place(OutputDirectory& out, std::string const& name, std::string const& sha) {
        Descriptor const file(::openat(AT_FDCWD, (top / "fox.png").c_str(), O_RDONLY));
        auto const placed = out.place(name, {file.number(), 5, sha}, options);
        BOOST_TEST_REQUIRE(placed.has_value());
        return *placed;
    }
    std::string text(std::string const& name) const {
        std::ifstream file(top / "out" / name);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::uint64_t links() const { return fs::hard_link_count(top / "fox.png"); }

    fs::path top;
    Options options;
    std::string fox = to_hex(sha256("a fox"));
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(output_directory, OutputFixture)

BOOST_AUTO_TEST_CASE(a_picture_is_a_link_or_a_copy_with_the_right_bytes) {
    auto const wrong = to_hex(sha256("a hen"));
    auto out = open();
    BOOST_TEST_REQUIRE(out.has_value());
    BOOST_TEST((place(*out, "a.png", fox) == Placed::linked));
    BOOST_TEST(links() == 2u);
    options.verify = true;
    BOOST_TEST((place(*out, "b.png", wrong) == Placed::wrong));
    options.placement = Placement::copy;
    BOOST_TEST((place(*out, "c.png", wrong) == Placed::wrong));
    BOOST_TEST((place(*out, "sub/d.png", fox) == Placed::copied));
    BOOST_TEST(links() == 2u);
    BOOST_TEST(!fs::exists(top / "out/b.png"));
    BOOST_TEST(!fs::exists(top / "out/c.png"));
    BOOST_TEST(text("sub/d.png") == "a fox");
    BOOST_TEST(out->finish().has_value());
    BOOST_TEST(text("SHA256SUMS") == fox + "  a.png\n" + fox + "  sub/d.png\n");
}

BOOST_AUTO_TEST_CASE(what_no_export_has_made_is_never_touched) {
    fs::create_directories(path());
    std::ofstream(path() + "/mine.txt") << "mine";
    auto const refused = open();
    BOOST_TEST_REQUIRE(refused.has_error());
    BOOST_TEST((refused.error().code == Errc::not_ours));
    fs::remove(path() + "/mine.txt");
    auto out = open();
    BOOST_TEST_REQUIRE(out.has_value());
    std::ofstream(path() + "/a.png") << "mine";
    BOOST_TEST((out->write("a.png", "ours").error().code == Errc::not_ours));
    fs::create_directory_symlink(top, path() + "/train");
    BOOST_TEST(out->write("train/b.png", "ours").has_error());
    fs::create_symlink(top / "fox.png", path() + "/c.png");
    BOOST_TEST(out->write("c.png", "ours").has_error());
    BOOST_TEST(text("a.png") == "mine");
    BOOST_TEST(text("c.png") == "a fox");
}

BOOST_AUTO_TEST_CASE(a_start_with_the_same_options_goes_on) {
    {
        auto out = open();
        BOOST_TEST(out->write("a.txt", "one").has_value());
        BOOST_TEST(out->write("old.txt", "old").has_value());
        auto const torn = out->create(); // the process ends here: no finish()
    }
    BOOST_TEST((open().has_value()));
    {
        auto out = open();
        BOOST_TEST(out->write("a.txt", "one").has_value());
        BOOST_TEST(out->write("b.txt", "two").has_value());
        BOOST_TEST((place(*out, "a.png", fox) == Placed::linked));
        BOOST_TEST(out->finish().has_value());
    }
    BOOST_TEST(!fs::exists(path() + "/old.txt"));
    auto again = open();
    BOOST_TEST((place(*again, "a.png", fox) == Placed::kept));
    BOOST_TEST(again->write("a.txt", "three").has_value());
    BOOST_TEST(again->finish().has_value());
    BOOST_TEST(text("a.txt") == "three");
    BOOST_TEST(!fs::exists(path() + "/b.txt"));
    std::vector<std::string> names;
    for (auto const& entry : fs::directory_iterator(path()))
        names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    BOOST_TEST((names ==
                std::vector<std::string>{".darkroom-export.json", "SHA256SUMS", "a.png", "a.txt"}));
}

BOOST_AUTO_TEST_CASE(other_options_are_refused_and_named) {
    BOOST_TEST(open().has_value());
    options.dedup = true;
    auto const refused = open();
    BOOST_TEST_REQUIRE(refused.has_error());
    BOOST_TEST((refused.error().code == Errc::other_options));
    BOOST_TEST(refused.error().message().find("dedup false instead of true") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(two_exports_do_not_write_at_a_time) {
    auto const first = open();
    BOOST_TEST((open().error().code == Errc::busy));
}

BOOST_AUTO_TEST_CASE(a_check_finds_what_is_wrong) {
    auto out = open();
    BOOST_TEST(out->write("a.txt", "one").has_value());
    BOOST_TEST(out->write("sub/b.txt", "two").has_value());
    BOOST_TEST(out->finish().has_value());
    auto const sums = text("SHA256SUMS");
    std::vector<std::string> lines;
    auto const check = [&] {
        lines.clear();
        return *check_export(path(), sums, [&lines](auto const& line) { lines.push_back(line); });
    };
    BOOST_TEST(check().is_good());
    std::ofstream(path() + "/a.txt") << "six";
    std::ofstream(path() + "/more.txt") << "more";
    fs::remove(path() + "/sub/b.txt");
    fs::create_symlink(top / "fox.png", path() + "/sub/b.txt");
    BOOST_TEST(!check().is_good());
    BOOST_TEST((lines == std::vector<std::string>{"a.txt: changed", "sub/b.txt: missing",
                                                  "more.txt: not in SHA256SUMS"}));
    BOOST_TEST(check_export(path(), "no sums\n", [](auto const&) {}).has_error());
}

BOOST_AUTO_TEST_SUITE_END()
