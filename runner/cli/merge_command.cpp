// `darkroom merge DIR… -o DIR`
#include "runner/cli/commands.hpp"
#include "runner/cli/ledger_view.hpp"
#include "runner/cli/line_arranger.hpp"
#include "runner/cli/merge_output.hpp"
#include "runner/cli/pick_file.hpp"
#include "runner/cli/run_storage.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/cli/shard_rule.hpp"
#include "runner/report/board.hpp"
#include "runner/report/words.hpp"
#include "runner/store/directory.hpp"
#include "runner/store/image_linker.hpp"
#include "runner/store/journal_merge.hpp"
#include "runner/store/journal_meta.hpp"
#include "runner/store/journal_questions.hpp"
#include "runner/store/journal_removed.hpp"
#include "runner/store/manifest_writer.hpp"
#include "runner/store/shared_tasks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <set>

namespace darkroom::cli {

namespace {

namespace fs = std::filesystem;

constexpr auto about_merge =
    R"(Makes one run directory of several, such as the shards.
Pictures are linked, not copied; the old directories do not change. Sends nothing.

Examples:
  darkroom merge out/cars-shard-* -o out/cars
  darkroom merge node1/out/cars node2/out/cars -o out/cars --json
)";

struct MergeOptions {
    std::vector<std::string> directories;
    std::string output;
    std::string ledger; ///< The URL of one; "": none is asked.
    bool json = false;
};

/// The result of a merge.
struct Merged {
    store::MergeTally tally;
    engine::Totals totals;
    std::int64_t images = 0;
    std::uint64_t linked = 0;
    std::uint64_t copied = 0;
    std::uint64_t missing = 0;
    std::vector<store::SharedTask> shared; ///< Tasks that two steps have.
    bool has_job = false;                  ///< It has a saved job.
    std::string currency = {};             ///< The currency of that job; or "".
    std::optional<LedgerView> ledger = {};
};

std::string without_slash(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
}

void check_sources(std::vector<std::string> const& directories) {
    std::set<fs::path> seen;
    for (auto const& directory : directories) {
        journal_of(directory);
        if (!seen.insert(fs::canonical(directory)).second)
            throw Quit(ExitCode::usage, fmt::format("{} is given twice", directory));
    }
}

/// Returns the job that the directories share. None when they share none, or when its file can no
/// longer be read; the next run reports its errors.
std::optional<Job> job_of(std::optional<std::string> const& snapshot) {
    if (!snapshot) return std::nullopt;
    try {
        return job_from_snapshot(*snapshot, Verbosity::nothing);
    } catch (Quit const&) {
        return std::nullopt;
    }
}

/// Writes the manifest from the journal, in the order of the job if there is one.
void write_manifest(store::RunFolder const& folder, store::JournalReader& journal,
                    std::optional<Job> const& job) {
    store::Sidecars sidecars;
    if (job) sidecars = {job->file.output.captions, job->file.output.sidecar};
    auto const manifest = or_quit(store::ManifestWriter::open(folder, journal, sidecars));
    if (job) {
        auto files = store::arrange_lines(folder, or_quit(manifest->present()),
                                          plan_of_lines(*job, folder.path()));
        // A table that has changed is the next run's concern: the lines stay in another order.
        if (files.has_value()) or_quit(manifest->adopt(std::move(*files)));
    }
    or_quit(manifest->finish());
}

void merge_picks(std::vector<std::string> const& directories, std::string const& target) {
    jobs::Picks all;
    for (auto const& directory : directories) {
        auto picks = load_picks(directory);
        picks.take(std::move(all)); // the first directory's word counts
        all = std::move(picks);
    }
    if (all.is_empty()) return;
    change_picks(target, [&all](jobs::Picks& picks) { picks = all; });
}

/// Appends the complete lines of a file; a torn last line is left out.
Result<> append_lines(store::File const& from, store::File& to) {
    TRY_ASSIGN(auto const size, from.size());
    std::string rest;
    return from.read(size, [&](std::string_view piece) -> Result<> {
        auto const end = piece.rfind('\n') + 1; // 0: no line ends here
        rest += piece.substr(0, end);
        auto const done = end == 0 ? Result<>() : to.write(rest);
        if (end != 0) rest.clear();
        rest += piece.substr(end);
        return done;
    });
}

/// Links the input images of a service, which are named by their contents.
void merge_inputs(store::Directory const& service, std::string const& target) {
    constexpr std::size_t name_digits = 64;
    store::ImageLinker inputs(target);
    auto const directory = service.below("inputs", store::Directory::Missing::is_error);
    if (directory.has_error()) return; // a service without inputs has none
    for (auto const& name : or_quit(directory->names())) {
        auto const file = directory->file(name, O_RDONLY);
        Digest digest{};
        bool const is_one = name.size() == name_digits && from_hex(name, digest);
        if (!is_one || file.has_error() || store::exists(target + "/inputs/" + name)) continue;
        or_quit(inputs.link(service.path(), {"inputs/" + name, or_quit(file->size()), name}));
    }
    or_quit(inputs.sync());
}

/// Merges the tasks of the built-in service, one fact a line, and its input images.
void merge_services(std::vector<std::string> const& directories, std::string const& target) {
    auto const into = target + "/service";
    std::optional<store::File> tasks;
    for (auto const& directory : directories) {
        auto const whole = or_quit(store::Directory::open(directory));
        auto const service = whole.below("service", store::Directory::Missing::is_error);
        if (service.has_error()) continue; // it used another service, or this is none of ours
        auto const from = service->file("tasks.jsonl", O_RDONLY);
        if (from.has_error()) continue;
        or_quit(store::make_directories(into + "/inputs"));
        if (!tasks)
            tasks = or_quit(store::File::own(into + "/tasks.jsonl", O_WRONLY | O_CREAT | O_APPEND));
        or_quit(append_lines(*from, *tasks));
        merge_inputs(*service, into);
    }
    if (tasks) or_quit(tasks->sync());
}

/// Reads from the journals what the files of their pictures must hold.
class ImageBook {
public:
    explicit ImageBook(std::vector<std::string> const& journals) : journals_(journals) {}

    Result<store::ExpectedFile> find(std::size_t source, std::string const& file) {
        if (source != open_ || !questions_) {
            TRY_ASSIGN(questions_, store::JournalQuestions::open(journals_.at(source)));
            open_ = source;
        }
        TRY_ASSIGN(auto const image, questions_->image_in(file));
        return image ? store::ExpectedFile{file, image->bytes, image->sha256}
                     : store::ExpectedFile{file, 0, ""};
    }

private:
    std::vector<std::string> const& journals_;
    std::optional<store::JournalQuestions> questions_; // of the source `open_`
    std::size_t open_ = 0;
};

/// The numbers of attempts stay higher than those of all sources.
void keep_last_run(std::vector<std::string> const& journals, std::string const& target) {
    std::uint64_t last = 0;
    for (auto const& journal : journals) last = std::max(last, or_quit(store::last_run(journal)));
    if (last > 0) or_quit(store::write_last_run(target, last));
}

Merged merge_into(store::RunFolder const& folder, std::vector<std::string> const& directories) {
    store::ImageLinker images(folder.path());
    std::vector<std::string> journals;
    for (auto const& directory : directories) journals.push_back(journal_of(directory));
    ImageBook book(journals);
    auto const bring = [&](std::size_t source, std::string const& file) -> Result<std::string> {
        TRY_ASSIGN(auto const expected, book.find(source, file));
        return images.link(directories.at(source), expected);
    };
    Merged merged;
    merged.tally = or_quit(store::merge_journals(journals, folder.journal(), bring));
    or_quit(images.sync());
    auto const snapshot = common_snapshot(directories);
    if (snapshot) or_quit(store::write_meta(folder.journal(), saved_job_key, *snapshot));
    merged.has_job = snapshot.has_value();
    keep_last_run(journals, folder.journal());
    keep_shared_ledger(journals, folder.journal());
    if (auto const rule = common_shard_rule(journals)) write_shard_rule(folder.journal(), *rule);
    merge_picks(directories, folder.path());
    merge_services(directories, folder.path());
    auto journal = or_quit(store::JournalReader::open(folder.journal()));
    auto const job = job_of(snapshot);
    if (job) merged.currency = job->file.shown_currency();
    write_manifest(folder, journal, job);
    merged.images = or_quit(journal.count_pictures());
    merged.totals = or_quit(journal.totals());
    merged.shared = or_quit(store::shared_tasks(journal));
    merged.linked = images.linked();
    merged.copied = images.copied();
    auto const removed = or_quit(
        store::merge_removed(journals, folder.journal(), folder.path(), SteadyClock().wall()));
    merged.missing = images.missing() - std::min(images.missing(), removed);
    return merged;
}

json::Value to_json(Merged const& merged, MergeOptions const& options) {
    json::Value out;
    out.set("directory", options.output);
    out.set("sources", static_cast<std::uint64_t>(options.directories.size()));
    out.set("steps", merged.tally.steps);
    out.set("images", merged.images);
    out.set("paid", merged.totals.paid);
    out.set("cost", report::money_value(merged.totals.cost));
    out.set("linked", merged.linked);
    out.set("copied", merged.copied);
    out.set("missing", merged.missing);
    out.set("doubles", merged.tally.doubles);
    out.set("paid_again", merged.tally.paid_again);
    out.set("cost_again", report::money_value(merged.tally.cost_again));
    out.set("unknown_again", merged.tally.unknown_again);
    json::Array shared;
    for (auto const& task : merged.shared) shared.emplace_back(task.task_id);
    out.set("shared_tasks", std::move(shared));
    if (merged.ledger) out.set("ledger", to_json(*merged.ledger));
    return out;
}

/// Returns "cars 3, cars 7 upscale1".
std::string names_of(store::SharedTask const& task) {
    std::string names;
    for (auto const& [step, info] : task.steps)
        names += (names.empty() ? "" : ", ") + report::step_name(info);
    return names;
}

void print_merged(Merged const& merged, MergeOptions const& options) {
    auto const& tally = merged.tally;
    auto const images = static_cast<std::uint64_t>(merged.images);
    auto const generations = static_cast<std::uint64_t>(merged.totals.paid);
    print_line(fmt::format("{}: {}, {}; {} paid, {}", options.output,
                           report::counted(tally.steps, "step"), report::counted(images, "image"),
                           report::counted(generations, "generation"),
                           report::money_text(merged.totals.cost, merged.currency)));
    if (merged.copied > 0)
        print_line(fmt::format("Files copied, since they could not be linked: {}", merged.copied));
    if (merged.missing > 0)
        print_line(fmt::format("Files that are missing where the journals name them, or have other "
                               "bytes: {}; the next run loads them again at no cost",
                               merged.missing));
    if (tally.doubles > 0)
        print_line(fmt::format("Steps that more than one directory has, kept once: {}; {} was paid "
                               "for the copies left out ({})",
                               tally.doubles, report::money_text(tally.cost_again, merged.currency),
                               report::counted(std::uint64_t(tally.paid_again), "generation")));
    if (tally.unknown_again > 0)
        print_line(fmt::format("Left out with them, sent but with an unknown outcome: {}; they "
                               "may have been paid as well",
                               tally.unknown_again));
    for (auto const& task : merged.shared)
        print_line(fmt::format("Task {} belongs to {} steps, but was paid once: {}", task.task_id,
                               task.steps.size(), names_of(task)));
    if (!merged.has_job)
        print_line(fmt::format("They ran different jobs: to continue, give the job file, 'darkroom "
                               "run FILE --output {}'",
                               options.output));
    if (merged.ledger) print(text_of(*merged.ledger));
}

ExitCode merge(MergeOptions const& options) {
    check_sources(options.directories);
    MergeOutput output(options.output);
    std::vector<store::File> held;
    for (auto const& directory : options.directories)
        held.push_back(or_quit(store::hold_for_reading(directory)));
    std::vector<std::string> journals;
    for (auto const& directory : options.directories) {
        check_run_directory(directory);
        journals.push_back(journal_of(directory));
    }
    common_shard_rule(journals); // refuses a mix
    std::optional<LedgerView> ledger;
    if (!options.ledger.empty()) ledger = view_of_ledger(options.directories, options.ledger);
    auto merged = merge_into(output.folder(), options.directories);
    merged.ledger = std::move(ledger);
    output.finish();
    if (options.json) print_json(to_json(merged, options));
    if (!options.json) print_merged(merged, options);
    return ExitCode::ok;
}

} // namespace

void add_merge(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("merge", about_merge);
    command.footer(exit_codes_of_others);
    auto const options = std::make_shared<MergeOptions>();
    command.add_option("DIR", options->directories, "run directories").required().take_all();
    command.add_option("-o,--output", options->output, "the new run directory")
        .required()
        .not_empty()
        .type_name("DIR");
    command
        .add_option("--ledger", options->ledger,
                    "say what this ledger has and the directories "
                    "have not")
        .not_empty()
        .type_name("URL");
    command.add_flag("--json", options->json, "print one JSON object");
    command.callback([&command_line, options] {
        for (auto& directory : options->directories) directory = without_slash(directory);
        options->output = without_slash(options->output);
        command_line.action = [options] { return merge(*options); };
    });
}

} // namespace darkroom::cli
