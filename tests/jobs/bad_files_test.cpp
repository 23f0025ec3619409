// Every file in bad/ is refused with the first error line in the .txt file of the same name, and no
// other. A line that names another file (a table, an included file) has its path; the others begin
// with the line of the file.
#include "tests/jobs/support.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace darkroom::jobs;
namespace fs = std::filesystem;

namespace {

/// Makes relative paths relative to `folder` until destroyed.
class Inside {
public:
    explicit Inside(fs::path const& folder) : before_(fs::current_path()) {
        fs::current_path(folder);
    }
    Inside(Inside const&) = delete;
    Inside& operator=(Inside const&) = delete;
    ~Inside() { fs::current_path(before_); }

private:
    fs::path before_;
};

std::string content(fs::path const& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

} // namespace

BOOST_AUTO_TEST_CASE(bad_files_are_refused_with_the_expected_line) {
    Inside const folder(DARKROOM_SOURCE_DIR "/tests/jobs/bad");
    int files = 0;
    for (auto const& entry : fs::directory_iterator(".")) {
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
            bool const is_own = expected.find_first_of("123456789") == 0;
            BOOST_TEST(first->format() == (is_own ? name + ":" + expected : expected));
            BOOST_TEST(std::count_if(found.begin(), found.end(), is_error) == 1);
        }
    }
    BOOST_TEST(files >= 190);
}
