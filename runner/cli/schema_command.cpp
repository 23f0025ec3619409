// `darkroom schema`
#include "jobs/schema.hpp"
#include "runner/cli/commands.hpp"
#include "runner/report/schemas.hpp"

#include <string>

namespace darkroom::cli {

namespace {

constexpr auto about_schema =
    R"(Prints the JSON Schema of job files, or of what scripts read.

Examples:
  darkroom schema >job.schema.json
  darkroom schema --of events             a line of --progress json
  # yaml-language-server: $schema=job.schema.json     the first line of a job file in that folder
)";

} // namespace

void add_schema(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("schema", about_schema);
    command.footer(exit_codes_of_others);
    auto const of = std::make_shared<std::string>("job");
    command.add_option("--of", *of, "job, events, summary, status or manifest")
        .one_of({"job", "events", "summary", "status", "manifest"})
        .type_name("WHAT");
    command.callback([&command_line, of] {
        command_line.action = [of] {
            print(*of == "job" ? jobs::schema_text() : report::schema_text(*of));
            return ExitCode::ok;
        };
    });
}

} // namespace darkroom::cli
