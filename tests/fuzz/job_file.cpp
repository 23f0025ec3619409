// A job file: any text is either a job file or has findings with a position, always the same.
#include "jobs/read/load.hpp"
#include "tests/fuzz/support.hpp"

#include <algorithm>

using namespace darkroom;
using namespace darkroom::fuzz;
using jobs::Finding;

namespace {

// A path without tables and word lists: the result depends on the text alone.
constexpr auto path = "/nowhere/fuzz.yaml";

std::string all_of(std::vector<Finding> const& findings) {
    std::string text;
    for (auto const& finding : findings) text += finding.format() + "\n";
    return text;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string const text(text_of(data, size));
    auto const loaded = jobs::load_job_text(text, path, {});
    auto const is_error = [](Finding const& finding) {
        return finding.level == Finding::Level::error;
    };
    bool const refused = std::any_of(loaded.findings.begin(), loaded.findings.end(), is_error);
    require(loaded.file.has_value() != refused, "a text without an error is a job file");
    auto const lines = 1 + std::count(text.begin(), text.end(), '\n');
    for (auto const& finding : loaded.findings) {
        require(!finding.text.empty(), "a finding has a text");
        require(finding.line >= 0 && finding.line <= lines && finding.column >= 0,
                "a finding is about a place in the text");
    }
    if (loaded.file) require(!loaded.file->name.empty(), "a job file has a name");
    auto const again = jobs::load_job_text(text, path, {});
    require(all_of(again.findings) == all_of(loaded.findings), "a text is read the same twice");
    return 0;
}
