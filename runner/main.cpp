// The program `darkroom`. Everything it can do is in runner/cli.
#include "runner/cli/commands.hpp"

int main(int argc, char** argv) { return darkroom::cli::run_program(argc, argv); }
