// `darkroom init [FILE]`
#include "jobs/table/table.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/first_job.hpp"
#include "runner/store/file.hpp"

#include <fmt/format.h>

#include <fcntl.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>

namespace darkroom::cli {

namespace {

namespace fs = std::filesystem;

constexpr auto about_init =
    R"(Writes a commented first job file, ready to run.
It uses the built-in service. The command asks for nothing and never writes over a file; '-' prints
the text.

Examples:
  darkroom init                           writes job.yaml
  darkroom init cars.yaml
  darkroom init cars.yaml --from prompts.csv     begins with the columns of a table
)";

struct InitOptions {
    std::string file = "job.yaml";
    std::string table;
};

std::optional<FirstTable> read_columns(InitOptions const& options) {
    if (options.table.empty()) return std::nullopt;
    auto const format = jobs::format_of(options.table);
    if (!format)
        throw Quit(
            ExitCode::usage,
            fmt::format("'{}' is no table: its name must end in .csv, .tsv, .jsonl, .json or .txt",
                        options.table));
    jobs::TableProblem problem;
    auto const table = jobs::Table::open({options.table, options.table, *format}, problem);
    if (!table) {
        bool const is_missing = !fs::exists(options.table);
        throw Quit(is_missing ? ExitCode::no_input : ExitCode::bad_file,
                   fmt::format("{}:{}: {}", options.table, problem.line, problem.text));
    }
    if (table->columns().empty())
        throw Quit(ExitCode::bad_file, options.table + ": the table has no columns");
    bool const is_printed = options.file == "-";
    std::error_code ignored; // without a working directory no file can be made
    auto const folder = fs::absolute(options.file, ignored).parent_path();
    auto const near = fs::absolute(options.table, ignored).lexically_proximate(folder);
    return FirstTable{is_printed ? options.table : near.string(), table->columns()};
}

/// The name of a new file that somebody else may make at the same time.
void write_new(std::string const& path, std::string const& text) {
    auto file = store::File::open(path, O_WRONLY | O_CREAT | O_EXCL);
    if (file.has_error() && file.error().code == boost::system::errc::file_exists)
        throw Quit(ExitCode::usage, path + " exists already, and stays as it is");
    auto opened = or_quit(std::move(file));
    or_quit(opened.write(text));
}

ExitCode init(InitOptions const& options) {
    auto const table = read_columns(options);
    bool const is_printed = options.file == "-";
    auto const name = is_printed ? std::string("job.yaml") : options.file;
    auto const text = first_job(name, table ? &*table : nullptr);
    if (is_printed) {
        print(text);
        return ExitCode::ok;
    }
    write_new(options.file, text);
    print_line(fmt::format("Wrote {0}. Next: 'darkroom plan {0}', then 'darkroom run {0}'.", name));
    return ExitCode::ok;
}

} // namespace

void add_init(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("init", about_init);
    command.footer(exit_codes_of_others);
    auto const options = std::make_shared<InitOptions>();
    command.add_option("FILE", options->file, "the new job file").not_empty().job_file();
    command.add_option("--from", options->table, "a table of prompts: .csv .tsv .jsonl .json .txt")
        .type_name("TABLE")
        .not_empty();
    command.callback(
        [&command_line, options] { command_line.action = [options] { return init(*options); }; });
}

} // namespace darkroom::cli
