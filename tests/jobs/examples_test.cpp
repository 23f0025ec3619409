// Every example is a good file, and runs against the built-in service.
#include "tests/jobs/support.hpp"

#include <filesystem>

using namespace darkroom::jobs;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_CASE(every_example_loads_without_findings) {
    int files = 0;
    for (auto const& entry : fs::directory_iterator(DARKROOM_SOURCE_DIR "/examples")) {
        if (entry.path().extension() != ".yaml") continue;
        ++files;
        auto const loaded = load_job_file(entry.path().string(), {{}, true});
        BOOST_TEST_CONTEXT(entry.path()) {
            BOOST_REQUIRE(loaded.has_value());
            BOOST_TEST(test::lines_of(*loaded) == "");
            BOOST_REQUIRE(loaded->file.has_value());
            BOOST_TEST(loaded->file->service.url == "local");
            BOOST_TEST(count_items(*loaded->file, {}) == test::items(*loaded->file).size());
        }
    }
    BOOST_TEST(files >= 5);
}
