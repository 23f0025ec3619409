#include "runner/base/spelling.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/script_end.hpp"
#include "runner/cli/script_forms.hpp"
#include "runner/http/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <string_view>
#include <vector>

namespace darkroom::cli {

namespace {

constexpr auto about_program =
    "Buys pictures from a Midjourney-style image API in bulk, and never pays twice.\n";

constexpr auto end_of_help =
    R"('darkroom COMMAND --help' begins with examples; docs/cli.md has the rest.
A first run, free of charge: darkroom init cars.yaml && darkroom run cars.yaml)";

bool is_job_file(std::string_view word) {
    return word.ends_with(".yaml") || word.ends_with(".yml");
}

/// Explains a first word that is no command; "" when it is one, or there is none.
std::string why_no_command(Program const& program, int argc, char** argv) {
    if (argc < 2) return {};
    auto const names = program.command_names();
    std::vector<std::string_view> const views(names.begin(), names.end());
    std::string_view const first = argv[1];
    if (first.starts_with('-') || std::find(views.begin(), views.end(), first) != views.end())
        return {};
    if (is_job_file(first))
        return fmt::format("say what to do with {0}: 'darkroom plan {0}' prints what would run and "
                           "what it costs, 'darkroom run {0}' runs it",
                           first);
    return fmt::format("there is no command '{}'{}", first, did_you_mean(first, views));
}

/// Returns the words with the address behind `--dashboard` joined to it: `--dashboard 127.0.0.1:80`
/// is `--dashboard=127.0.0.1:80`. Any other word behind it is a job file.
std::vector<std::string> with_joined_address(int argc, char** argv) {
    std::vector<std::string> words;
    for (int i = 0; i < argc; ++i) {
        words.emplace_back(argv[i]);
        bool const has_address =
            words.back() == "--dashboard" && i + 1 < argc && http::read_listen_address(argv[i + 1]);
        if (has_address) words.back() += fmt::format("={}", argv[++i]);
    }
    return words;
}

[[noreturn]] void explain(std::string const& message) {
    complain_of_error(message);
    complain("'darkroom --help' lists the commands, 'darkroom COMMAND --help' their options.");
    throw Quit(ExitCode::usage, "");
}

ExitCode run_command_line(int argc, char** argv) {
    Program program(about_program, "darkroom", "darkroom " DARKROOM_VERSION);
    CommandLine command_line;
    program.add_flag("--no-color", command_line.globals.no_colour,
                     "use no colours, like NO_COLOR=1");
    for (auto* add :
         {add_init,   add_validate, add_plan,  add_run,        add_schedule, add_status,
          add_ctl,    add_retry,    add_pick,  add_gallery,    add_export,   add_merge,
          add_verify, add_clean,    add_diff,  add_resolve,    add_audit,    add_ledger,
          add_report, add_schema,   add_serve, add_completion, add_help,     add_version})
        add(program, command_line);
    program.footer(end_of_help);
    auto const outcome = program.parse(argc, argv);
    switch (outcome.kind) {
    case Program::Outcome::Kind::chosen: return command_line.action();
    case Program::Outcome::Kind::shown: return ExitCode::ok;
    case Program::Outcome::Kind::wrong: break;
    }
    if (argc < 2) {
        complain(program.help(""));
        return ExitCode::usage;
    }
    auto const why = why_no_command(program, argc, argv);
    explain(why.empty() ? outcome.message : why);
}

} // namespace

int run_program(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN); // a file beyond 'ulimit -f' is an error of the disk
    auto joined = with_joined_address(argc, argv);
    std::vector<char*> pointers;
    for (auto& word : joined) pointers.push_back(word.data());
    argc = static_cast<int>(pointers.size());
    pointers.push_back(nullptr);
    argv = pointers.data();
    std::vector<std::string_view> const words(argv, argv + argc);
    promise(script_forms_of(words));
    auto code = ExitCode::internal;
    bool failed = true;
    try {
        code = run_command_line(argc, argv);
        failed = false;
    } catch (Quit const& quit) {
        code = quit.code;
        if (*quit.what() != '\0') complain_of_error(quit.what());
    } catch (std::exception const& error) {
        complain_of_error(fmt::format("internal error: {}. Nothing is lost: run it again to "
                                      "continue, and please report this.",
                                      error.what()));
    }
    end_for_scripts(code, failed);
    return static_cast<int>(code);
}

} // namespace darkroom::cli
