// `darkroom pick DIR`
#include "runner/cli/commands.hpp"
#include "runner/cli/gallery.hpp"
#include "runner/cli/pick_change.hpp"
#include "runner/cli/pick_file.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/report/pick_list.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::cli {

namespace {

constexpr auto about_pick =
    R"(Lets you choose among the pictures that wait for a pick.
It takes picks from a page or by name and saves them in DIR/picks.json; the next 'darkroom run' uses
them. Sends nothing.

Examples:
  darkroom pick out/cars                              writes out/cars/pick.html
  darkroom pick out/cars --from ~/Downloads/picks.json
  darkroom pick out/cars --list
  darkroom pick out/cars --set cars/0=upscale2 --set cars/1=upscale1,upscale3
  darkroom pick out/cars --set 'cars/*=upscale2'      the same for all pictures of a job
  darkroom pick out/cars --set cars/0=                removes a pick
)";

struct PickOptions {
    std::string directory;
    std::vector<std::string> sets;
    std::string from;
    bool list = false;
    bool json = false;
};

void list(PickOptions const& options) {
    auto const job = saved_job(options.directory);
    auto const picks = load_picks(options.directory);
    for_each_pick(job, options.directory, picks, [&](report::PickChoice const& choice) {
        if (choice.spot.is_made()) return;
        auto const card = report::card_of(choice);
        if (options.json) return print_json(to_json(card));
        print_line(pick_line(card));
    });
}

std::string branches(std::uint64_t count) {
    return count == 1 ? "1 branch is" : fmt::format("{} branches are", count);
}

void write_page(PickOptions const& options) {
    auto const& directory = options.directory;
    auto const job = saved_job(directory);
    auto const picks = load_picks(directory);
    auto waiting = waiting_choices(job, directory, picks);
    auto const count = waiting.choices.waiting;
    if (count == 0) return complain(fmt::format("{}: nothing waits for picks", directory));
    auto const note = [](std::string const& text) { complain("warning: " + text); };
    print_line(write_gallery({directory, directory + "/pick.html", note, std::move(waiting)}).path);
    complain(fmt::format("{} waiting for picks: open the page in a browser, pick, and save. Then "
                         "'darkroom pick {} --from picks.json', and run the job file again.",
                         branches(count), directory));
}

/// Returns the new picks of a file. The page saves earlier picks as well; only new ones are
/// checked.
std::vector<PickWish> wishes_of_file(jobs::Picks const& file, jobs::Picks const& known) {
    std::vector<PickWish> wishes;
    for (auto const& entry : file.by_image) {
        auto const& [image, actions] = entry;
        bool const same = std::all_of(actions.begin(), actions.end(), [&](auto const& action) {
            return known.has(entry.first, action);
        });
        if (!same) wishes.push_back({to_hex(image), actions});
    }
    return wishes;
}

void change(PickOptions const& options) {
    auto const& directory = options.directory;
    auto const job = saved_job(directory);
    std::vector<PickWish> sets;
    for (auto const& set : options.sets) sets.push_back(wish_of(set));
    std::uint64_t images = 0;
    std::uint64_t marks = 0;
    std::uint64_t waiting = 0;
    change_picks(directory, [&](jobs::Picks& picks) {
        if (!options.from.empty()) {
            auto file = read_picks_file(options.from);
            auto const wishes = wishes_of_file(file, picks);
            images += wishes.size();
            picks = with_wishes(job, directory, picks, wishes, ExitCode::bad_file).picks;
            marks = file.marks.size();
            if (marks > 0) picks.marks = std::move(file.marks); // the page has all of them
        }
        auto changed = with_wishes(job, directory, picks, sets, ExitCode::usage);
        images += changed.images;
        picks = std::move(changed.picks);
        waiting = count_waiting(job, directory, picks);
    });
    print_line(fmt::format("{}: picked for {} {}; {} still waiting", directory, images,
                           images == 1 ? "picture" : "pictures", branches(waiting)));
    if (marks > 0)
        print_line(fmt::format("{}: stars, picks or notes for {} {}", directory, marks,
                               marks == 1 ? "picture" : "pictures"));
    if (images > 0) complain("Run the job file again to continue.");
}

void pick(PickOptions const& options) {
    bool const changes = !options.sets.empty() || !options.from.empty();
    if (options.list && changes)
        throw Quit(ExitCode::usage, "--list only lists: give --set or --from without it");
    if (options.json && !options.list)
        throw Quit(ExitCode::usage, "--json needs --list: give both");
    if (options.list) return list(options);
    if (changes) return change(options);
    write_page(options);
}

} // namespace

void add_pick(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("pick", about_pick);
    command.footer(exit_codes_of_others);
    auto const options = std::make_shared<PickOptions>();
    command.add_option("DIR", options->directory, "a run directory").required();
    command.add_option("--set", options->sets, "pick by name (repeatable); KEY as --list prints it")
        .type_name("KEY=ACTION[,ACTION…]")
        .take_all()
        .one_value();
    command.add_option("--from", options->from, "read the file that the page has saved")
        .type_name("FILE");
    command.add_flag("--list", options->list, "print one line per branch that waits");
    command.add_flag("--json", options->json, "with --list: print one JSON object per line");
    command.callback([&command_line, options] {
        auto& directory = options->directory;
        while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
        command_line.action = [options] {
            pick(*options);
            return ExitCode::ok;
        };
    });
}

} // namespace darkroom::cli
