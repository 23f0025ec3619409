// `darkroom validate FILE…`
#include "jobs/read/job_text.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/job.hpp"
#include "runner/report/script_lines.hpp"
#include "runner/report/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace darkroom::cli {

namespace {

constexpr auto about_validate =
    R"(Checks job files: prints all errors and warnings.
Sends nothing.

Examples:
  darkroom validate cars.yaml
  darkroom validate --strict *.yaml       every warning is an error
  darkroom validate cars.yaml --all       every wrong row of a table, not only the first ten
  darkroom validate cars.yaml --json      findings as objects
)";

struct ValidateOptions {
    JobOptions job;
    bool json = false;
    bool all = false;
};

/// Holds the findings of one file.
struct Checked {
    std::string path;
    ExitCode code = ExitCode::ok;
    std::vector<jobs::Finding> findings;
    std::optional<std::uint64_t> items; ///< None unless the file is valid.

    std::size_t errors() const {
        return static_cast<std::size_t>(
            std::count_if(findings.begin(), findings.end(), [](jobs::Finding const& finding) {
                return finding.level == jobs::Finding::Level::error;
            }));
    }
};

Checked check(ValidateOptions const& options, std::string const& path) {
    Checked checked;
    checked.path = path;
    auto const text = jobs::read_job_text(path);
    if (text.has_error()) {
        jobs::Finding finding;
        finding.text = text.error().message();
        checked.findings.push_back(std::move(finding));
        checked.code = ExitCode::no_input;
        return checked;
    }
    auto loaded = check_job(
        *text, path, {overrides_of(options.job), options.job.strict, user_config(), options.all});
    checked.findings = std::move(loaded.findings);
    if (loaded.file)
        checked.items = jobs::count_items(*loaded.file, {});
    else
        checked.code = code_of(checked.findings);
    return checked;
}

void print_text(Checked const& checked) {
    for (auto const& finding : checked.findings) {
        if (finding.file.empty())
            complain_of_error(finding.text);
        else
            complain(finding);
    }
    if (checked.code == ExitCode::no_input) return;
    auto const errors = checked.errors();
    auto const warnings = report::counted(checked.findings.size() - errors, "warning");
    if (checked.items)
        print_line(fmt::format("{}: valid, {}, {}", checked.path,
                               report::counted(*checked.items, "item"), warnings));
    else
        print_line(
            fmt::format("{}: {}, {}", checked.path, report::counted(errors, "error"), warnings));
}

void print_object(Checked const& checked) {
    json::Array findings;
    for (auto const& finding : checked.findings) {
        bool const is_error = finding.level == jobs::Finding::Level::error;
        auto value = report::to_json(finding);
        if (finding.file.empty()) value.set("file", checked.path);
        value.set("severity", is_error ? "error" : "warning");
        findings.push_back(std::move(value));
    }
    json::Value value;
    value.set("file", checked.path);
    value.set("exit", static_cast<int>(checked.code));
    value.set("items", checked.items ? json::Value(*checked.items) : json::Value());
    value.set("findings", std::move(findings));
    print_json(value);
}

/// Returns the worst code of all files.
ExitCode validate(ValidateOptions const& options) {
    auto worst = ExitCode::ok;
    for (auto const& path : options.job.files) {
        auto const checked = check(options, path);
        if (options.json)
            print_object(checked);
        else
            print_text(checked);
        if (worst != ExitCode::bad_file && checked.code != ExitCode::ok) worst = checked.code;
    }
    return worst;
}

} // namespace

void add_validate(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("validate", about_validate);
    command.footer(exit_codes_of_others);
    auto const options = std::make_shared<ValidateOptions>();
    add_file_options(command, options->job);
    command.add_flag("--all", options->all, "list every wrong row of a table");
    command.add_flag("--json", options->json, "print one JSON object per file, with all findings");
    command.callback([&command_line, options] {
        command_line.action = [options] { return validate(*options); };
    });
}

} // namespace darkroom::cli
