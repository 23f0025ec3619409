// `darkroom merge DIR… -o DIR`
#include "runner/cli/commands.hpp"
#include "runner/cli/merge_draft.hpp"
#include "runner/cli/option_checks.hpp"
#include "runner/cli/pick_file.hpp"
#include "runner/cli/remembered.hpp"
#include "runner/report/words.hpp"
#include "runner/store/image_gatherer.hpp"
#include "runner/store/journal_merge.hpp"
#include "runner/store/journal_meta.hpp"
#include "runner/store/manifest_writer.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <filesystem>
#include <set>

namespace darkroom::cli {

namespace {

namespace fs = std::filesystem;

constexpr auto about =
    R"(Makes one run directory of several, such as the shards of a job. Pictures are linked,
not copied; the old directories do not change. Sends nothing.

Examples:
  darkroom merge out/cars-shard-* -o out/cars
  darkroom merge node1/out/cars node2/out/cars -o out/cars --json
)";

struct Options {
    std::vector<std::string> directories;
    std::string output;
    bool json = false;
};

/// What has become of them.
struct Merged {
    store::MergeTally tally;
    engine::Totals totals;
    std::int64_t images = 0;
    std::uint64_t linked = 0;
    std::uint64_t copied = 0;
    std::uint64_t missing = 0;
    bool has_job = false; ///< It remembers its job.
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

/// Captions and the like are made as a run would make them; a job that can no longer be read, which
/// says so as soon as it is run, has none.
store::Companions companions_of(std::optional<std::string> const& memory) {
    if (!memory) return {};
    try {
        auto const output = from_memory(*memory, Say::nothing).file.output;
        return {output.captions, output.sidecar};
    } catch (Quit const&) {
        return {};
    }
}

void unite_picks(std::vector<std::string> const& directories, std::string const& target) {
    jobs::Picks all;
    for (auto const& directory : directories) all.by_image.merge(load_picks(directory).by_image);
    if (all.by_image.empty()) return;
    change_picks(target, [&all](jobs::Picks& picks) { picks = all; });
}

/// The whole lines of a file; a last line that was cut off stays behind.
Result<> append_lines(std::string const& from, store::File& to) {
    auto file = store::File::open(from, O_RDONLY);
    if (file.has_error()) return file.error();
    auto const size = file->size();
    if (size.has_error()) return size.error();
    std::string rest;
    return file->read(*size, [&](std::string_view piece) -> Result<> {
        auto const end = piece.rfind('\n') + 1; // 0: none
        rest += piece.substr(0, end);
        auto const done = end == 0 ? Result<>() : to.write(rest);
        if (end != 0) rest.clear();
        rest += piece.substr(end);
        return done;
    });
}

/// What the built-in service knows of its tasks, one fact a line, and the images it was given.
void unite_services(std::vector<std::string> const& directories, std::string const& target) {
    std::string const service = "/service";
    store::ImageGatherer inputs(target + service);
    std::optional<store::File> tasks;
    for (auto const& directory : directories) {
        auto const from = directory + service;
        if (!store::exists(from + "/tasks.jsonl")) continue;
        or_quit(store::make_directories(target + service + "/inputs"));
        if (!tasks)
            tasks = or_quit(store::File::open(target + service + "/tasks.jsonl",
                                              O_WRONLY | O_CREAT | O_APPEND));
        or_quit(append_lines(from + "/tasks.jsonl", *tasks));
        std::error_code none; // a service without inputs has no such directory
        for (auto const& entry : fs::directory_iterator(from + "/inputs", none)) {
            auto const name = "inputs/" + entry.path().filename().string();
            bool const has_it = store::exists(target + service + "/" + name); // by their contents
            if (!has_it) or_quit(inputs.bring(from, name));
        }
    }
    if (tasks) or_quit(tasks->sync());
    or_quit(inputs.sync());
}

Merged merge_into(store::RunFolder const& folder, std::vector<std::string> const& directories) {
    store::ImageGatherer images(folder.path());
    std::vector<std::string> journals;
    for (auto const& directory : directories) journals.push_back(journal_of(directory));
    auto const bring = [&](std::size_t source, std::string const& file) {
        return images.bring(directories.at(source), file);
    };
    Merged merged;
    merged.tally = or_quit(store::merge_journals(journals, folder.journal(), bring));
    or_quit(images.sync());
    auto const memory = common_memory(directories);
    if (memory) or_quit(store::remember(folder.journal(), memory_of_job, *memory));
    merged.has_job = memory.has_value();
    unite_picks(directories, folder.path());
    unite_services(directories, folder.path());
    auto journal = or_quit(store::JournalReader::open(folder.journal()));
    auto const manifest =
        or_quit(store::ManifestWriter::open(folder, journal, companions_of(memory)));
    or_quit(manifest->finish());
    merged.images = or_quit(journal.count_images());
    merged.totals = or_quit(journal.totals());
    merged.linked = images.linked();
    merged.copied = images.copied();
    merged.missing = images.missing();
    return merged;
}

json::Value to_json(Merged const& merged, Options const& options) {
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
    return out;
}

void print_merged(Merged const& merged, Options const& options) {
    auto const& tally = merged.tally;
    print_line(fmt::format("{}: {} steps, {} images; {} generations paid, {}", options.output,
                           tally.steps, merged.images, merged.totals.paid,
                           report::format_money(merged.totals.cost)));
    if (merged.copied > 0)
        print_line(fmt::format("Files copied, since they could not be linked: {}", merged.copied));
    if (merged.missing > 0)
        print_line(fmt::format("Files that are missing where the journals name them: {}; the next "
                               "run loads them again, for nothing",
                               merged.missing));
    if (tally.doubles > 0)
        print_line(fmt::format("Steps that more than one directory has, kept once: {}; for what is "
                               "left out {} was paid ({} generations)",
                               tally.doubles, report::format_money(tally.cost_again),
                               tally.paid_again));
    if (tally.unknown_again > 0)
        print_line(fmt::format("Left out with them, sent but with an unknown outcome: {}; they "
                               "may have been paid, too",
                               tally.unknown_again));
    if (!merged.has_job)
        print_line(fmt::format("They ran different jobs: to go on, name the file, 'darkroom run "
                               "FILE --output {}'",
                               options.output));
}

ExitCode merge(Options const& options) {
    check_sources(options.directories);
    MergeDraft draft(options.output);
    std::vector<store::File> held;
    for (auto const& directory : options.directories)
        held.push_back(or_quit(store::hold_for_reading(directory)));
    auto const merged = merge_into(draft.folder(), options.directories);
    draft.finish();
    if (options.json) print_line(json::write(to_json(merged, options)));
    if (!options.json) print_merged(merged, options);
    return ExitCode::ok;
}

} // namespace

void add_merge(CLI::App& app, Desk& desk) {
    auto* command = app.add_subcommand("merge", about);
    auto const options = std::make_shared<Options>();
    command->add_option("DIR", options->directories, "run directories")->required()->take_all();
    command->add_option("-o,--output", options->output, "the new run directory")
        ->required()
        ->check(not_empty())
        ->type_name("DIR");
    command->add_flag("--json", options->json, "print one JSON object");
    command->callback([&desk, options] {
        for (auto& directory : options->directories) directory = without_slash(directory);
        options->output = without_slash(options->output);
        desk.action = [options] { return merge(*options); };
    });
}

} // namespace darkroom::cli
