// `darkroom clean DIR…`
#include "runner/base/text.hpp"
#include "runner/cli/clean_runs.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/report/words.hpp"
#include "runner/store/run_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace darkroom::cli {

namespace {

constexpr auto about_clean =
    R"(Removes the pictures of old runs, and nothing that is unsettled.
What was asked, made and paid stays in the journal and the manifest. The next 'darkroom run' buys
nothing and loads nothing again; it loads again what 'darkroom clean --undo' gives back.

Examples:
  darkroom clean out/nightly-* --keep 14d -n       only prints what would go
  darkroom clean out/nightly-* --keep 14d -y       in a nightly job, which nobody watches
  darkroom clean out/nightly-* --keep-last 30
  darkroom clean out/cars --parts                  only downloads that did not end well
  darkroom clean out/cars --undo                   the next run loads the pictures again
)";

struct CleanOptions {
    std::vector<std::string> directories;
    std::string keep;
    std::optional<std::uint64_t> keep_last;
    CleanWish wish;
    bool undo = false;
    bool dry_run = false;
    bool yes = false;
    bool json = false;
};

void check_clean_words(CleanOptions const& options) {
    bool const chooses = !options.keep.empty() || options.keep_last || options.wish.pictures ||
                         options.wish.parts || options.wish.all || options.wish.picked;
    if (options.undo && chooses)
        throw Quit(ExitCode::usage, "--undo is about whole directories, and goes with -n alone");
    bool const asks_nothing = options.undo || options.dry_run || options.yes;
    if (!asks_nothing && !can_ask())
        throw Quit(ExitCode::usage, "nobody can be asked here: say --yes to remove the files, or "
                                    "-n to see what would go");
}

KeepRule keep_rule_of(CleanOptions const& options) {
    KeepRule rule;
    rule.last = options.keep_last;
    if (options.keep.empty()) return rule;
    rule.age = parse_age(options.keep);
    if (!rule.age)
        throw Quit(ExitCode::usage,
                   fmt::format("'{}' of --keep is no time; write 12h, 14d or 2w", options.keep));
    return rule;
}

/// Says what stays although everything of its kind goes.
std::string words_of_rest(CleanPlan const& plan) {
    std::string words;
    if (plan.picked > 0)
        words += fmt::format("; {} that you picked or gave stars {}",
                             report::counted(plan.picked, "picture"),
                             plan.picked == 1 ? "stays" : "stay");
    if (plan.changed > 0)
        words += fmt::format(
            "; {} that {} not as {} saved {}", report::counted(plan.changed, "file"),
            plan.changed == 1 ? "is" : "are", plan.changed == 1 ? "it was" : "they were",
            plan.changed == 1 ? "stays" : "stay");
    return words;
}

/// A directory that is given is followed; what is behind a link within it is not.
std::string with_way(std::string const& directory) {
    std::error_code error;
    auto const way = std::filesystem::read_symlink(directory, error);
    return error ? directory : fmt::format("{} (a link to {})", directory, way.string());
}

void print_run(CleanedRun const& run) {
    auto const name = with_way(run.directory);
    if (run.state == "kept") return print_line(fmt::format("{}: kept, {}", name, run.reason));
    if (run.state == "unsettled")
        return print_line(fmt::format("{}: left as it is, {}", name, run.reason));
    if (run.state == "empty")
        return print_line(fmt::format("{}: nothing to remove{}", name, words_of_rest(run.plan)));
    print_line(fmt::format("{}: {}, {} to remove{}", name, report::counted(run.files, "file"),
                           format_bytes(run.bytes), words_of_rest(run.plan)));
}

json::Value to_json(CleanedRun const& run) {
    json::Value out;
    out.set("directory", run.directory);
    out.set("state", run.state);
    out.set("files", run.files);
    out.set("bytes", run.bytes);
    out.set("reason", report::text_or_null(run.reason));
    return out;
}

ExitCode clean_all(std::vector<CleanedRun>& runs, CleanOptions const& options, WallTime now) {
    auto code = ExitCode::ok;
    std::vector<CleanedRun const*> chosen;
    for (auto const& run : runs)
        if (run.state == "would_clean") chosen.push_back(&run);
    clean_runs(runs, options.wish, now);
    for (auto const* at : chosen) {
        auto const& run = *at;
        if (run.state == "unsettled" && !options.json) print_run(run);
        if (run.state != "failed") continue;
        complain_of_error(fmt::format("{}: {}", run.directory, run.reason));
        code = ExitCode::disk;
    }
    if (!options.json) print_line(fmt::format("Removed {}.", sum_of_runs(runs)));
    return code;
}

ExitCode clean_undo(std::vector<CleanedRun>& runs, CleanOptions const& options) {
    for (auto& run : runs) {
        auto const journal = journal_of(run.directory);
        if (options.dry_run) {
            run.files = or_quit(store::removed_images(journal)).count();
        } else {
            auto const folder = or_quit(store::RunFolder::open(run.directory));
            run.files = or_quit(store::forget_removed(journal));
        }
        run.state = options.dry_run ? "would_undo" : "undone";
        if (options.json)
            print_json(to_json(run));
        else if (run.files == 0)
            print_line(fmt::format("{}: nothing was removed by clean", run.directory));
        else
            print_line(fmt::format("{}: {} {}; the next 'darkroom run' loads {} again, at no cost, "
                                   "as far as the links still work",
                                   run.directory, report::counted(run.files, "image"),
                                   options.dry_run ? "would be given back" : "given back",
                                   run.files == 1 ? "it" : "them"));
    }
    return ExitCode::ok;
}

ExitCode clean(CleanOptions options) {
    auto& wish = options.wish;
    check_clean_words(options);
    if (!wish.parts && !wish.all) wish.pictures = true;
    auto runs = runs_to_clean(options.directories);
    if (options.undo) return clean_undo(runs, options);
    auto const now = SteadyClock().wall();
    look_at_runs(runs, keep_rule_of(options), wish, now);
    if (!options.json)
        for (auto const& run : runs) print_run(run);
    bool const has_any = std::any_of(runs.begin(), runs.end(),
                                     [](auto const& run) { return run.state == "would_clean"; });
    auto code = ExitCode::ok;
    if (has_any && !options.dry_run) {
        if (!options.yes && !confirm(fmt::format("Remove {}?", sum_of_runs(runs))))
            throw Quit(ExitCode::interrupted, "nothing was removed; --yes asks no question");
        code = clean_all(runs, options, now);
    }
    if (options.json)
        for (auto const& run : runs) print_json(to_json(run));
    return code;
}

} // namespace

void add_clean(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("clean", about_clean);
    command.footer("Exit codes: 0 done, also where directories were left; 6 a run is at work (with "
                   "--undo); 7 you said no;\n64 usage; 66 no run directory; 74 disk; 78 the run "
                   "directory is older than it was.\n'man darkroom' and docs/cli.md say more.");
    auto const options = std::make_shared<CleanOptions>();
    command.add_option("DIR", options->directories, "run directories").required().take_all();
    command.add_option("--keep", options->keep, "keep runs that ended less than AGE ago: 14d")
        .not_empty()
        .type_name("AGE");
    command.add_option("--keep-last", options->keep_last, "keep the N of them that ended last")
        .whole_number()
        .type_name("N");
    command.add_flag("--images", options->wish.pictures,
                     "remove pictures, videos and thumbnails: the default");
    command.add_flag("--parts", options->wish.parts, "remove downloads that did not end well");
    command.add_flag("--all", options->wish.all, "remove texts, captions, sidecars and pages, too");
    command.add_flag("--picked", options->wish.picked,
                     "also pictures that you have picked or given stars");
    command.add_flag("--undo", options->undo,
                     "remove nothing: the next run loads the pictures again");
    command.add_flag("-n,--dry-run", options->dry_run, "print what would go, and remove nothing");
    command.add_flag("-y,--yes", options->yes, "ask no question");
    command.add_flag("--json", options->json, "print one JSON object per directory");
    command.callback(
        [&command_line, options] { command_line.action = [options] { return clean(*options); }; });
}

} // namespace darkroom::cli
