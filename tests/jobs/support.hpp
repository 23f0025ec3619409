// Loads texts of job files in a line or two of a test.
#pragma once

#include "jobs/plan/plan.hpp"
#include "jobs/read/load.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

namespace darkroom::jobs::test {

/// Returns all findings, one on each line.
inline std::string lines_of(Loaded const& loaded) {
    std::string lines;
    for (auto const& finding : loaded.findings) lines += finding.format() + '\n';
    return lines;
}

/// Loads a text that must have no findings.
inline JobFile load(std::string const& text, LoadOptions const& options = LoadOptions()) {
    auto loaded = load_job_text(text, "/jobs/a.yaml", options);
    BOOST_TEST(lines_of(loaded) == "");
    BOOST_REQUIRE(loaded.file.has_value());
    return *loaded.file;
}

/// Returns the findings of a text.
inline std::string findings(std::string const& text, LoadOptions const& options = LoadOptions()) {
    return lines_of(load_job_text(text, "a.yaml", options));
}

/// Returns a file with one job that has these keys, indented by four blanks.
inline std::string one_job(std::string const& keys) {
    std::string text = "version: 1\njobs:\n  - id: a\n";
    std::size_t from = 0;
    while (from < keys.size()) {
        auto const end = std::min(keys.find('\n', from), keys.size());
        text += "    " + keys.substr(from, end - from) + '\n';
        from = end + 1;
    }
    return text;
}

inline std::vector<Item> items(JobFile const& file) {
    std::vector<Item> list;
    Plan plan(file);
    for (auto item = plan.next().value(); item; item = plan.next().value()) list.push_back(*item);
    return list;
}

inline std::string prompts(JobFile const& file) {
    std::string lines;
    for (auto const& item : items(file)) lines += item.request.prompt() + '\n';
    return lines;
}

} // namespace darkroom::jobs::test
