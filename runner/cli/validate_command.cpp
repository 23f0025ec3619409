// `darkroom validate FILE…`
#include "jobs/read/job_text.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/job.hpp"
#include "runner/report/words.hpp"

#include <fmt/format.h>

namespace darkroom::cli {

namespace {

constexpr auto about_validate =
    R"(Checks job files: prints all errors and warnings.
Sends nothing.

Examples:
  darkroom validate cars.yaml
  darkroom validate --strict *.yaml       unknown actions are errors
)";

/// Checks one file. The worst code of all files is the exit code.
ExitCode validate(JobOptions const& options, std::string const& path) {
    auto const text = jobs::read_job_text(path);
    if (text.has_error()) {
        complain("darkroom: " + text.error().message());
        return ExitCode::no_input;
    }
    auto const loaded =
        check_job(*text, path, {overrides_of(options), options.strict, user_config()});
    std::size_t errors = 0;
    for (auto const& finding : loaded.findings) {
        complain(finding.format());
        if (finding.level == jobs::Finding::Level::error) ++errors;
    }
    auto const warnings = loaded.findings.size() - errors;
    if (!loaded.file) {
        print_line(fmt::format("{}: {}, {}", path, report::counted(errors, "error"),
                               report::counted(warnings, "warning")));
        return code_of(loaded.findings);
    }
    print_line(fmt::format("{}: valid, {}, {}", path,
                           report::counted(jobs::count_items(*loaded.file, {}), "item"),
                           report::counted(warnings, "warning")));
    return ExitCode::ok;
}

} // namespace

void add_validate(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("validate", about_validate);
    command.footer(exit_codes_of_others);
    auto const options = std::make_shared<JobOptions>();
    add_file_options(command, *options);
    command.callback([&command_line, options] {
        command_line.action = [options] {
            auto worst = ExitCode::ok;
            for (auto const& path : options->files) {
                auto const code = validate(*options, path);
                if (worst != ExitCode::bad_file && code != ExitCode::ok) worst = code;
            }
            return worst;
        };
    });
}

} // namespace darkroom::cli
