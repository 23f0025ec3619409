// Clips made by another program, which may be missing, fail, hang or make something else.
#include "runner/studio/tasks/clip_encoder.hpp"

#include "runner/studio/http/error.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace darkroom;
using namespace darkroom::studio;
using namespace std::chrono_literals;

namespace {

struct Programs {
    Programs()
        : directory(std::filesystem::temp_directory_path() /
                    ("darkroom-clips-" + std::to_string(::getpid()))) {
        std::filesystem::create_directories(directory);
    }
    ~Programs() {
        std::error_code ignored;
        std::filesystem::remove_all(directory, ignored);
    }

    /// Writes a program with these lines; its last argument is the movie's path, as `$movie`.
    std::string program(std::string const& lines) const {
        auto const path = (directory / "ffmpeg").string();
        std::ofstream(path) << "#!/bin/sh\nfor movie; do :; done\n" << lines << "\n";
        std::filesystem::permissions(path, std::filesystem::perms::owner_all);
        return path;
    }
    std::string why_not(std::string const& lines, Duration limit = 20s) const {
        auto const checked = ClipEncoder(program(lines), limit).check();
        BOOST_REQUIRE(!checked.has_value());
        BOOST_TEST((checked.error().code == make_error_code(Errc::clip_encoder)));
        return checked.error().detail;
    }

    std::filesystem::path directory;
};

bool ends_with(std::string const& text, char const* end) { return text.ends_with(end); }

} // namespace

BOOST_FIXTURE_TEST_SUITE(clip_encoder, Programs)

BOOST_AUTO_TEST_CASE(the_reason_why_no_mp4_can_be_made_is_reported) {
    auto const missing = ClipEncoder("/nowhere/ffmpeg").check();
    BOOST_REQUIRE(!missing.has_value());
    BOOST_TEST(missing.error().detail == "/nowhere/ffmpeg: No such file or directory");
    BOOST_TEST(ends_with(why_not("cat >/dev/null\necho \"Unknown encoder 'libx264'\" >&2\n"
                                 "echo more >&2\nexit 1"),
                         ": Unknown encoder 'libx264'"));
    BOOST_TEST(
        ends_with(why_not("cat >/dev/null\necho something else >\"$movie\""), " made no MP4"));
    BOOST_TEST(ends_with(why_not("kill -9 $$"), ": it failed without a word"));
}

BOOST_AUTO_TEST_CASE(a_program_that_hangs_is_killed_with_all_it_has_started) {
    for (auto const* lines : {"exec tail -f /dev/null", "cat >/dev/null\ntail -f /dev/null",
                              "cat >/dev/null\nexec </dev/null\nexec tail -f /dev/null"})
        BOOST_TEST(ends_with(why_not(lines, 300ms), " was killed after 300ms"), lines);
}

BOOST_AUTO_TEST_CASE(every_frame_reaches_the_program_and_what_it_writes_comes_back) {
    // The start of an MP4, and then the number of bytes.
    auto const path = program("printf 'sizeftyp' >\"$movie\"\nwc -c >>\"$movie\"");
    Clip clip;
    clip.size = {64, 32};
    clip.first = {{2, 2}, std::vector<std::uint8_t>(16, 200)};
    auto const movie = ClipEncoder(path).encode(clip);
    BOOST_REQUIRE_MESSAGE(movie.has_value(), movie.error().detail);
    BOOST_TEST(std::stoi(movie->substr(8)) == clip_frames * 64 * 32 * 3);
}

BOOST_AUTO_TEST_CASE(the_real_one_makes_the_same_bytes_again_with_the_index_first) {
    ClipEncoder const encoder;
    if (!encoder.check().has_value()) {
        BOOST_TEST_MESSAGE("this machine has no ffmpeg with libx264");
        return;
    }
    Clip clip;
    clip.size = {64, 32};
    clip.first = {{2, 2}, {255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 9, 9, 9, 255}};
    auto const movie = encoder.encode(clip);
    BOOST_REQUIRE_MESSAGE(movie.has_value(), movie.error().detail);
    BOOST_TEST(movie->find("moov") < movie->find("mdat"));
    BOOST_TEST(movie->find("mdat") != std::string::npos);
    BOOST_TEST((encoder.encode(clip).value() == *movie));
    clip.path = 1;
    BOOST_TEST((encoder.encode(clip).value() != *movie));
}

BOOST_AUTO_TEST_SUITE_END()
