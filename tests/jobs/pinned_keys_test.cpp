// The key of every kind of request. Journals hold these keys: a change would make finished runs pay
// again.
#include "tests/jobs/support.hpp"

#include <fstream>
#include <sstream>

using namespace darkroom;
using namespace darkroom::jobs;

namespace {

std::string const pinned_folder = DARKROOM_SOURCE_DIR "/tests/jobs/pinned";

/// Adds "JOB ITEM REPEAT PATH KEY" for a step and for all steps below it.
void add_lines(Step const& step, std::string& lines) {
    auto const& item = *step.item;
    std::ostringstream line;
    line << item.job << ' ' << item.index << ' ' << item.repeat << " /" << step.path << ' '
         << to_hex(step.key) << '\n';
    lines += line.str();
    for (auto const& below : steps_below(step)) add_lines(below, lines);
}

std::string read_text(std::string const& path) {
    std::ifstream const file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

} // namespace

BOOST_AUTO_TEST_CASE(the_key_of_every_kind_of_request_is_the_same_in_every_version) {
    auto const loaded = load_job_file(pinned_folder + "/keys.yaml", {}).value();
    BOOST_REQUIRE(loaded.file.has_value());
    std::string lines;
    for (auto const& item : test::items(*loaded.file))
        add_lines(first_step(std::make_shared<Item const>(item)), lines);
    BOOST_TEST(lines == read_text(pinned_folder + "/keys.txt"));
}
