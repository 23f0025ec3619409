#include "runner/cli/first_job.hpp"

#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::cli {

namespace {

constexpr auto head = R"(# yaml-language-server: $schema=job.schema.json
# (darkroom schema >job.schema.json lets an editor check this file while you type.)
#
#   darkroom plan {0}     prints what would run, what it costs and how long it takes
#   darkroom run {0}      runs it, or resumes it: nothing is paid twice
version: 1

service:
  url: local              # the built-in service: no token, no network, no cost.
  # The real one, with the name of an environment variable that holds your token:
  # url: https://api.acedata.cloud
  # token: {{env: ACEDATACLOUD_API_TOKEN}}

limits:
  concurrency: 4          # generations open at once
  rate: 2/s               # submissions per second; 30/min and 600/h work, too

# What a generation costs you, and where every run stops.
# prices: {{generate: 0.026, upscale: 0.005}}
# budget: {{generations: 100, cost: 3.00}}
)";

constexpr auto plain_jobs = R"(
jobs:
  - id: lighthouse
    # {calm sea, storm} makes two prompts of one. "params" are written behind each.
    prompt: a lighthouse at dawn, {calm sea, storm}
    params: {ar: "3:2"}
    # repeat: 2                       # buys each prompt twice
    # chain: [upscale1]               # then enlarges the first of the four candidates
    # split_images: true              # saves the four candidates as files, too
)";

constexpr auto table_jobs = R"(
jobs:
  - id: rows
    prompts: {path}
    # Each row is a picture, each column a variable: {columns}.
    prompt: {prompt}
    params: {{ar: "3:2"}}
    # sample: {{count: 3, seed: 1}}   # three rows only, always the same
    # chain: [upscale1]               # then enlarges the first of the four candidates
)";

constexpr auto tail = R"(
output:
  directory: out          # the pictures and the manifest go to out/NAME, named like this file
  # captions: text        # a text file with the prompt beside each picture
)";

/// Returns a YAML text in double quotes.
std::string yaml_quoted(std::string_view text) {
    std::string out = "\"";
    for (char const c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

std::string variable(std::string const& column) { return "{{" + column + "}}"; }

std::string job_of(FirstTable const& table) {
    constexpr std::size_t shown_max = 12;
    std::vector<std::string> shown;
    auto const& columns = table.columns;
    for (std::size_t i = 0; i < std::min(columns.size(), shown_max); ++i)
        shown.push_back(variable(columns[i]));
    if (columns.size() > shown_max) shown.push_back("…");
    bool const has_prompt = std::find(columns.begin(), columns.end(), "prompt") != columns.end();
    auto const prompt = has_prompt ? std::string("prompt") : columns.front();
    return fmt::format(table_jobs, fmt::arg("path", yaml_quoted(table.path)),
                       fmt::arg("columns", join(shown, ", ")),
                       fmt::arg("prompt", yaml_quoted(variable(prompt))));
}

} // namespace

std::string first_job(std::string const& file, FirstTable const* table) {
    return fmt::format(head, file) + (table ? job_of(*table) : plain_jobs) + tail;
}

} // namespace darkroom::cli
