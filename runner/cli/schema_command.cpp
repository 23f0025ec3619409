// `darkroom schema`
#include "jobs/schema.hpp"
#include "runner/cli/commands.hpp"

#include <string>

namespace darkroom::cli {

namespace {

constexpr auto about_schema =
    R"(Prints the JSON Schema of job files, for editors.

Examples:
  darkroom schema >job.schema.json
  # yaml-language-server: $schema=job.schema.json     the first line of a job file in that folder
)";

} // namespace

void add_schema(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("schema", about_schema);
    command.footer(exit_codes_of_others);
    command.callback([&command_line] {
        command_line.action = [] {
            print(jobs::schema_text());
            return ExitCode::ok;
        };
    });
}

} // namespace darkroom::cli
