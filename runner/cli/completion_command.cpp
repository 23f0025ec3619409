// `darkroom completion SHELL`
#include "runner/cli/command_table.hpp"
#include "runner/cli/commands.hpp"

#include <memory>
#include <string>

namespace darkroom::cli {

namespace {

constexpr auto about_completion =
    R"(Prints what completes the command line in bash, zsh or fish.
An installed darkroom needs none of these lines: its package brings the completions.

Examples:
  source <(darkroom completion bash)                        in ~/.bashrc
  darkroom completion zsh >~/.zfunc/_darkroom               a folder of $fpath
  darkroom completion fish >~/.config/fish/completions/darkroom.fish
)";

} // namespace

void add_completion(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("completion", about_completion);
    command.footer(exit_codes_of_others);
    auto const shell = std::make_shared<std::string>();
    command.add_option("SHELL", *shell, "bash, zsh or fish")
        .required()
        .one_of({"bash", "zsh", "fish"});
    command.callback([&program, &command_line, shell] {
        command_line.action = [&program, shell] {
            auto const write = *shell == "bash"  ? bash_completion
                               : *shell == "zsh" ? zsh_completion
                                                 : fish_completion;
            print(write(program.table()));
            return ExitCode::ok;
        };
    });
}

} // namespace darkroom::cli
