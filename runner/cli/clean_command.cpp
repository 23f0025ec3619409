// `darkroom clean DIR…`
#include "runner/base/text.hpp"
#include "runner/cli/clean_choice.hpp"
#include "runner/cli/clean_plan.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/run_note.hpp"
#include "runner/cli/run_storage.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/report/words.hpp"
#include "runner/store/clean_folder.hpp"
#include "runner/store/error.hpp"
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

/// A run directory, and what becomes of it.
struct CleanedRun {
    std::string directory;
    std::string state; ///< Printed for scripts: the words never change.
    std::string reason;
    CleanPlan plan; ///< Without files unless some are to go.
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
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

/// Returns when the last run ended; of one that left no word, when the journal was changed.
WallTime end_of_run(std::string const& directory) {
    namespace fs = std::filesystem;
    auto const journal = journal_of(directory);
    auto const note = last_run_note(journal);
    if (note && note->ending) return note->ending->at;
    WallTime last{};
    for (auto const* end : {"", "-wal"}) { // who only reads may leave an empty -wal
        std::error_code error;
        auto const changed = fs::last_write_time(journal + end, error);
        if (error || fs::file_size(journal + end, error) == 0) continue;
        auto const at = std::chrono::file_clock::to_sys(changed);
        last = std::max(last, std::chrono::floor<std::chrono::milliseconds>(at));
    }
    return last;
}

/// Returns each directory once, however it is written.
std::vector<CleanedRun> runs_of(std::vector<std::string> const& directories) {
    std::vector<CleanedRun> runs;
    for (auto directory : directories) {
        while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
        journal_of(directory);
        bool const is_known = std::any_of(runs.begin(), runs.end(), [&](auto const& run) {
            std::error_code error;
            return std::filesystem::equivalent(run.directory, directory, error);
        });
        if (is_known) continue;
        runs.push_back({});
        runs.back().directory = std::move(directory);
    }
    for (auto const& run : runs) check_run_directory(run.directory);
    return runs;
}

/// Looks at all of them before anything is removed.
void look_at_all(std::vector<CleanedRun>& runs, CleanOptions const& options, WallTime now) {
    std::vector<WallTime> ended;
    for (auto const& run : runs) ended.push_back(end_of_run(run.directory));
    auto const kept = reasons_to_keep(ended, keep_rule_of(options), now);
    for (std::size_t at = 0; at < runs.size(); ++at) {
        auto& run = runs[at];
        run.state = "kept";
        run.reason = kept[at];
        if (!run.reason.empty()) continue;
        run.plan = clean_plan(run.directory, options.wish, Held::no);
        run.reason = run.plan.why_not;
        run.state = !run.reason.empty()   ? "unsettled"
                    : run.plan.is_empty() ? "empty"
                                          : "would_clean";
        run.files = run.plan.files.size();
        run.bytes = run.plan.bytes;
    }
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

void print_run(CleanedRun const& run) {
    if (run.state == "kept")
        return print_line(fmt::format("{}: kept, {}", run.directory, run.reason));
    if (run.state == "unsettled")
        return print_line(fmt::format("{}: left as it is, {}", run.directory, run.reason));
    if (run.state == "empty")
        return print_line(
            fmt::format("{}: nothing to remove{}", run.directory, words_of_rest(run.plan)));
    print_line(fmt::format("{}: {}, {} to remove{}", run.directory,
                           report::counted(run.files, "file"), format_bytes(run.bytes),
                           words_of_rest(run.plan)));
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

/// Removes the files of a plan. What cannot be removed stays recorded as removed: the next clean-up
/// tries again.
void remove_files(CleanedRun& run) {
    auto folder = or_quit(store::CleanFolder::open(run.directory));
    std::uint64_t left = 0;
    Error first;
    run.files = 0;
    for (auto const& file : run.plan.files) {
        auto const removed = folder.remove(file);
        if (removed.has_value()) {
            run.files += *removed ? 1 : 0;
        } else if (left++ == 0) {
            first = removed.error();
        }
    }
    folder.remove_empty();
    run.state = "cleaned";
    if (left == 0) return;
    run.state = "failed";
    run.reason =
        fmt::format("{} could not be removed: {}", report::counted(left, "file"), first.message());
}

/// Looks again, now that no run can begin, records what goes, and removes it. Throws Quit.
void clean_locked(CleanedRun& run, CleanWish const& wish, WallTime now) {
    auto const leave = [&run](std::string why) {
        run.state = "unsettled";
        run.reason = std::move(why);
        run.files = run.bytes = 0;
    };
    auto const folder = store::RunFolder::open(run.directory);
    if (folder.has_error() && folder.error().code == store::Errc::locked)
        return leave("another process works on it");
    if (folder.has_error())
        throw Quit(exit_code_of_store(folder.error()), folder.error().message());
    auto const last_seq = run.plan.last_seq;
    run.plan = clean_plan(run.directory, wish, Held::yes);
    if (!run.plan.why_not.empty()) return leave(run.plan.why_not);
    if (run.plan.last_seq != last_seq) return leave("a run has worked on it meanwhile");
    or_quit(store::record_removed(folder->journal(), run.plan.images, now));
    run.bytes = run.plan.bytes;
    remove_files(run);
}

/// Returns "12 files, 3.4 MB, of 2 directories": what is to go, or is gone.
std::string sum_of_runs(std::vector<CleanedRun> const& runs) {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::uint64_t directories = 0;
    for (auto const& run : runs) {
        files += run.files;
        bytes += run.bytes;
        directories += run.files > 0 ? 1 : 0;
    }
    auto const of =
        directories == 1 ? std::string("1 directory") : fmt::format("{} directories", directories);
    return fmt::format("{}, {}, of {}", report::counted(files, "file"), format_bytes(bytes), of);
}

/// Does the same; a failure in one directory does not keep the others from being cleaned.
void clean_one(CleanedRun& run, CleanWish const& wish, WallTime now) {
    try {
        clean_locked(run, wish, now);
    } catch (Quit const& quit) {
        run.state = "failed";
        run.reason = quit.what();
        run.files = run.bytes = 0;
    }
}

ExitCode clean_all(std::vector<CleanedRun>& runs, CleanOptions const& options, WallTime now) {
    auto code = ExitCode::ok;
    for (auto& run : runs) {
        if (run.state != "would_clean") continue;
        clean_one(run, options.wish, now);
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
    auto runs = runs_of(options.directories);
    if (options.undo) return clean_undo(runs, options);
    auto const now = SteadyClock().wall();
    look_at_all(runs, options, now);
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
