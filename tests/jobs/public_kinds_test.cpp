// Files of the shapes that people have, in files/: each NAME.yaml has the plan in NAME.plan.
#include "jobs/model/job_spec.hpp"
#include "jobs/table/table.hpp"
#include "tests/jobs/support.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace darkroom::jobs;
namespace fs = std::filesystem;

namespace {

/// Returns the findings, what was found out of the table, and "FILE:LINE BODY DRAWN" of each item,
/// the last where something was drawn.
std::string plan_of(fs::path const& path) {
    auto const loaded = load_job_file(path.string(), {}).value();
    auto text = test::lines_of(loaded);
    if (!loaded.file) return text;
    auto const& table = *loaded.file->jobs.front()->table;
    for (auto const& form : table.found())
        text += fs::path(form.file).filename().string() + ": " + form.text() + '\n';
    for (auto const& item : test::items(*loaded.file)) {
        text += fs::path(table.shown(item.file)).filename().string() + ':' +
                std::to_string(item.line) + ' ' + darkroom::json::write(item.request.body);
        if (!item.drawn.is_null()) text += ' ' + darkroom::json::write(item.drawn);
        text += '\n';
    }
    return text;
}

std::string whole(fs::path const& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

} // namespace

BOOST_AUTO_TEST_CASE(files_as_people_have_them_make_the_expected_plan) {
    int files = 0;
    for (auto const& entry : fs::directory_iterator(DARKROOM_SOURCE_DIR "/tests/jobs/files")) {
        if (entry.path().extension() != ".yaml") continue;
        ++files;
        BOOST_TEST_CONTEXT(entry.path().filename().string())
        BOOST_TEST(plan_of(entry.path()) ==
                   whole(fs::path(entry.path()).replace_extension(".plan")));
    }
    BOOST_TEST(files >= 16);
}
