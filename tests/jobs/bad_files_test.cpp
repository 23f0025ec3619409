// Every file in bad/ is refused with exactly the first error line beside it, and no other.
#include "tests/jobs/support.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace darkroom::jobs;
namespace fs = std::filesystem;

namespace {

std::string content(fs::path const& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

} // namespace

BOOST_AUTO_TEST_CASE(bad_files_are_refused_with_the_expected_line) {
    int files = 0;
    for (auto const& entry : fs::directory_iterator(DARKROOM_SOURCE_DIR "/tests/jobs/bad")) {
        if (entry.path().extension() != ".yaml") continue;
        ++files;
        auto const name = entry.path().filename().string();
        auto expected = content(fs::path(entry.path()).replace_extension(".txt"));
        expected.erase(expected.find_last_not_of('\n') + 1);
        auto const loaded = load_job_text(content(entry.path()), name, {});
        auto const is_error = [](Finding const& f) { return f.level == Finding::Level::error; };
        auto const& found = loaded.findings;
        auto const first = std::find_if(found.begin(), found.end(), is_error);
        BOOST_TEST_CONTEXT(name) {
            BOOST_TEST(!loaded.file.has_value());
            BOOST_TEST_REQUIRE((first != found.end()));
            BOOST_TEST(first->format() == name + ":" + expected);
            BOOST_TEST(std::count_if(found.begin(), found.end(), is_error) == 1);
        }
    }
    BOOST_TEST(files >= 120);
}
