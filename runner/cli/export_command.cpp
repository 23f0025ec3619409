// `darkroom export DIR…`
#include "runner/base/text.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/export_run.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/export/split_rule.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace darkroom::cli {

namespace {

constexpr auto about_export =
    R"(Writes what runs have made as a table, a data set or a folder.
Exports the pictures that the job file wants, which are those in manifest.jsonl. Works during a run,
too, and without the job file. Started again, it goes on where it was stopped.

Examples:
  darkroom export out/cars --to csv > cars.csv
  darkroom export out/cars --to imagefolder -o cars-data --split train=0.9,test=0.1
  darkroom export out/a out/b --to webdataset -o shards --job 'car*'
  darkroom export out/cars --to folder -o for-ann --picked
)";

/// The words of the command line.
struct ExportWords {
    ExportRequest request;
    std::string format;
    std::vector<std::string> where;
    std::string captions;
    std::string split;
    std::string bytes_max;
    std::string shard_bytes;
    bool link = false;
    bool copy = false;
};

[[noreturn]] void refuse(std::string const& why) { throw Quit(ExitCode::usage, why); }

/// Refuses an option that the format does not know.
void refuse_elsewhere(bool is_given, std::string_view option, exports::Format format,
                      std::vector<exports::Format> const& formats) {
    if (!is_given || std::find(formats.begin(), formats.end(), format) != formats.end()) return;
    std::vector<std::string> names;
    for (auto const one : formats) names.emplace_back(name_of(one));
    refuse(
        fmt::format("{} is for --to {}, not for {}", option, join(names, ", "), name_of(format)));
}

void check_combinations(ExportWords const& words, exports::Options const& options) {
    using enum exports::Format;
    auto const format = options.format;
    auto const check = [format](bool is_given, std::string_view option,
                                std::vector<exports::Format> const& formats) {
        refuse_elsewhere(is_given, option, format, formats);
    };
    check(options.safe_cells, "--safe-cells", {csv});
    check(options.pairs, "--pairs", {imagefolder});
    check(!words.split.empty(), "--split", {imagefolder, webdataset});
    check(!words.shard_bytes.empty(), "--shard-size", {webdataset});
    check(words.link || words.copy, words.link ? "--link" : "--copy", {imagefolder, folder});
    check(options.verify, "--verify", {imagefolder, folder});
    std::vector<exports::Format> const with_pictures{imagefolder, webdataset, folder};
    check(!words.captions.empty(), "--captions", with_pictures);
    check(options.tiles, "--tiles", with_pictures);
    check(options.provenance, "--provenance", with_pictures);
    check(!words.bytes_max.empty(), "--max-bytes", with_pictures);
    check(!words.request.key.empty(), "--sign", with_pictures);
    if (words.link && words.copy) refuse("say --link or --copy, not both");
    if (words.link && options.provenance) refuse("--provenance changes copies; leave out --link");
    if (options.pairs && options.tiles) refuse("say --pairs or --tiles, not both");
}

std::uint64_t bytes_of(std::string const& text, std::string_view option) {
    auto const bytes = exports::parse_bytes(text);
    if (!bytes)
        refuse(fmt::format("'{}' of {} is no size; write 10GB, 500MiB or a number of bytes", text,
                           option));
    return *bytes;
}

jobs::Captions captions_of(std::string const& word, exports::Format format) {
    if (word == "none") return jobs::Captions::none;
    if (word == "prompt") return jobs::Captions::prompt;
    bool const is_default = word.empty() && format != exports::Format::folder;
    return word == "text" || is_default ? jobs::Captions::text : jobs::Captions::none;
}

/// Returns a directory without what makes no difference.
std::string plain_directory(std::string directory) {
    while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
    while (directory.starts_with("./") && directory.size() > 2) directory.erase(0, 2);
    return directory;
}

/// Each once. The order of pictures does not depend on that of the directories.
std::vector<std::string> plain_directories(std::vector<std::string> const& words,
                                           exports::Format format) {
    std::vector<std::string> directories;
    for (auto const& word : words) {
        auto directory = plain_directory(word);
        bool const is_new =
            std::find(directories.begin(), directories.end(), directory) == directories.end();
        if (is_new) directories.push_back(std::move(directory));
    }
    if (!exports::is_table(format)) std::sort(directories.begin(), directories.end());
    return directories;
}

ExportRequest request_of(ExportWords const& words) {
    auto request = words.request;
    auto& options = request.options;
    options.format = *exports::format_of(words.format);
    check_combinations(words, options);
    request.directories = plain_directories(request.directories, options.format);
    for (auto const& one : words.where) {
        auto const equals = one.find('=');
        if (equals == one.npos || equals == 0)
            refuse(fmt::format("--where '{}' is not VARIABLE=VALUE", one));
        options.filter.where.emplace_back(one.substr(0, equals), one.substr(equals + 1));
    }
    options.captions = captions_of(words.captions, options.format);
    if (words.link) options.placement = exports::Placement::link;
    if (words.copy || options.provenance) options.placement = exports::Placement::copy;
    if (!words.bytes_max.empty()) options.bytes_max = bytes_of(words.bytes_max, "--max-bytes");
    if (!words.shard_bytes.empty())
        options.shard_bytes = bytes_of(words.shard_bytes, "--shard-size");
    auto const split = exports::parse_split(words.split.empty() ? "train=1" : words.split);
    if (!split)
        refuse(fmt::format("'{}' of --split is not NAME=SHARE,NAME=SHARE with shares that are 1 "
                           "together, such as train=0.9,test=0.1",
                           words.split));
    options.split = *split;
    return request;
}

void add_picture_options(Command const& command, ExportWords& words) {
    auto& options = words.request.options;
    command.add_option("--captions", words.captions, "none, text or prompt, as output.captions")
        .one_of({"none", "text", "prompt"});
    command.add_flag("--tiles", options.tiles, "cut grids into their four pictures");
    command.add_flag("--dedup", options.dedup, "of equal pictures only the first");
    command.add_flag("--pairs", options.pairs, "a line for each picture with the one above it");
    command.add_option("--split", words.split, "such as train=0.9,test=0.1").not_empty();
    command.add_option("--max-bytes", words.bytes_max, "stop before the pictures exceed SIZE")
        .not_empty()
        .type_name("SIZE");
    command.add_option("--shard-size", words.shard_bytes, "of a tar file; 1GB")
        .not_empty()
        .type_name("SIZE");
    command.add_flag("--link", words.link, "hard links only");
    command.add_flag("--copy", words.copy, "copies only; else a link where the disk has them");
    command.add_flag("--verify", options.verify, "read what is linked and compare it");
    command.add_flag("--provenance", options.provenance,
                     "write into the copies that a model has made them");
    command.add_option("--sign", words.request.key, "sign the sums with this Ed25519 key, PEM")
        .not_empty()
        .type_name("KEY");
}

} // namespace

void add_export(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("export", about_export);
    command.footer("Exit codes: 0 done; 2 done, but pictures were missing or changed and were left "
                   "out; 6 another export writes OUT;\n64 usage; 66 input missing; 74 "
                   "disk.\n'man darkroom' and docs/cli.md say more.");
    auto const words = std::make_shared<ExportWords>();
    auto& request = words->request;
    command.add_option("DIR", request.directories, "run directories").required().take_all();
    command.add_option("--to", words->format, "csv, jsonl, imagefolder, webdataset or folder")
        .required()
        .one_of({"csv", "jsonl", "imagefolder", "webdataset", "folder"})
        .type_name("FORMAT");
    command
        .add_option("-o,--output", request.output,
                    "the new directory, or file; - is standard output")
        .not_empty()
        .type_name("OUT");
    command.add_option("--job", request.options.filter.jobs, "only this job; * is a wildcard")
        .one_value()
        .take_all();
    command.add_option("--where", words->where, "only where the variable has this value")
        .one_value()
        .take_all()
        .type_name("NAME=VALUE");
    command.add_flag("--picked", request.options.filter.picked, "only what was picked");
    command.add_flag("--safe-cells", request.options.safe_cells,
                     "no cell is a formula for a spreadsheet");
    add_picture_options(command, *words);
    command.add_option("--ledger", request.ledger, "warn of what this ledger has and DIR… have not")
        .not_empty()
        .type_name("URL");
    command.add_flag("-n,--dry-run", request.dry_run, "only count");
    command.add_flag("--json", request.json, "print one JSON object");
    command.callback([&command_line, words] {
        command_line.action = [words] { return run_export(request_of(*words)); };
    });
}

} // namespace darkroom::cli
