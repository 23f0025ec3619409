// `darkroom gallery DIR`
#include "runner/cli/commands.hpp"
#include "runner/cli/gallery.hpp"
#include "runner/report/words.hpp"

#include <fmt/format.h>

#include <memory>

namespace darkroom::cli {

namespace {

constexpr auto about_gallery =
    R"~(Writes a page of all pictures of a run, which needs no network.
Works during a run, too. Sends nothing. The page has search, filters, lineage and comparison, and
links to the pictures where they are; their thumbnails are made once, in DIR/thumbs.

Examples:
  darkroom gallery out/cars               writes out/cars/gallery.html
  darkroom gallery out/cars -o cars.html
  xdg-open "$(darkroom gallery out/cars)"
)~";

/// So many pictures without a thumbnail are named.
constexpr std::uint64_t named_max = 10;

ExitCode gallery(std::string const& directory, std::string const& file) {
    std::uint64_t notes = 0;
    auto const written = write_gallery({directory, file, [&notes](std::string const& text) {
                                            if (++notes <= named_max) complain("warning: " + text);
                                        }});
    if (written.without > named_max)
        complain(fmt::format("warning: {} have no thumbnail; 'darkroom verify {}' lists what is "
                             "damaged",
                             report::counted(written.without, "picture"), directory));
    print_line(written.path);
    return ExitCode::ok;
}

} // namespace

void add_gallery(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("gallery", about_gallery);
    command.footer(exit_codes_of_others);
    struct Options {
        std::string directory;
        std::string file;
    };
    auto const options = std::make_shared<Options>();
    command.add_option("DIR", options->directory, "a run directory").required();
    command.add_option("-o,--output", options->file, "the file of the page").type_name("FILE");
    command.callback([&command_line, options] {
        auto& directory = options->directory;
        while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
        command_line.action = [options] { return gallery(options->directory, options->file); };
    });
}

} // namespace darkroom::cli
