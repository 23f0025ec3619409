#include "runner/cli/export_run.hpp"

#include "runner/base/signature.hpp"
#include "runner/base/text.hpp"
#include "runner/cli/console.hpp"
#include "runner/cli/ledger_view.hpp"
#include "runner/cli/manifest_rows.hpp"
#include "runner/export/picture_export.hpp"
#include "runner/export/table_export.hpp"
#include "runner/report/words.hpp"
#include "runner/store/atomic_file.hpp"
#include "runner/store/quarters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

namespace darkroom::cli {

namespace {

std::string name_of_path(std::string const& path) { return path.substr(path.rfind('/') + 1); }

/// Writes to a new file, which appears when it is complete.
exports::TableTally table_to_file(exports::Sources const& sources, ExportRequest const& request) {
    auto const& path = request.output;
    if (store::exists(path))
        throw Quit(ExitCode::usage,
                   fmt::format("{} is there already, and never written over; remove it or give "
                               "another name with -o",
                               path));
    auto const directory = store::parent_of(path);
    auto const name = name_of_path(path);
    or_quit(store::make_directories(directory));
    auto file = or_quit(store::AtomicFile::create(
        {fmt::format("{}/.{}.darkroom-part", directory, name), directory, name}));
    auto const tally = or_quit(exports::export_table(
        sources, request.options, [&file](std::string_view text) { return file.write(text); }));
    or_quit(file.commit());
    return tally;
}

ExitCode export_as_table(exports::Sources const& sources, ExportRequest const& request) {
    bool const is_file = !request.output.empty() && request.output != "-" && !request.dry_run;
    auto const to_stdout = [&request](std::string_view text) -> Result<> {
        if (!request.dry_run) print_bytes(text);
        return {};
    };
    if (request.json && !is_file && !request.dry_run)
        throw Quit(ExitCode::usage, "--json needs a file: give -o FILE");
    auto const tally = is_file
                           ? table_to_file(sources, request)
                           : or_quit(exports::export_table(sources, request.options, to_stdout));
    if (request.json) {
        json::Value out;
        out.set("output", is_file ? json::Value(request.output) : json::Value());
        out.set("format", exports::name_of(request.options.format));
        out.set("rows", tally.rows);
        out.set("duplicates", tally.duplicates);
        print_json(out);
        return ExitCode::ok;
    }
    auto line = report::counted(tally.rows, "row");
    if (tally.duplicates > 0) line += fmt::format(", {} left out as duplicates", tally.duplicates);
    if (is_file) line = request.output + ": " + line;
    if (is_file || request.dry_run) print_line(line);
    return ExitCode::ok;
}

/// Refuses a place in a run directory: a run, or a clean-up, would take the files for its own.
void check_place(std::string const& output) {
    namespace fs = std::filesystem;
    std::error_code failure;
    auto place = fs::weakly_canonical(fs::absolute(output), failure);
    if (failure) throw Quit(ExitCode::usage, fmt::format("{}: {}", output, failure.message()));
    for (; place.has_relative_path(); place = place.parent_path())
        for (auto const* name : {"journal.db", "manifest.jsonl"})
            if (store::exists((place / name).string()))
                throw Quit(ExitCode::usage,
                           fmt::format("{} lies in the run directory {}: export to another place",
                                       output, place.string()));
}

exports::Ports ports_of_export() {
    exports::Ports ports;
    ports.cut_in_four = [](std::string_view bytes) -> Result<std::vector<std::string>> {
        TRY_ASSIGN(auto const grid, store::decode_picture(bytes));
        return store::quarters_of(grid);
    };
    ports.complain = [](std::string const& line) { complain("warning: " + line); };
    return ports;
}

template <class T>
T or_quit_export(Result<T> result) {
    if (result.has_value()) {
        if constexpr (std::is_void_v<T>)
            return;
        else
            return std::move(*result);
    }
    auto const& code = result.error().code;
    using exports::Errc;
    bool const is_usage = code == Errc::not_ours || code == Errc::other_options ||
                          code == Errc::not_built || code == Errc::cannot_link ||
                          code == Errc::bad_key;
    auto const exit = is_usage             ? ExitCode::usage
                      : code == Errc::busy ? ExitCode::locked
                                           : exit_code_of_store(result.error());
    auto const& detail = result.error().detail;
    throw Quit(exit, is_usage && !detail.empty() ? detail : result.error().message());
}

json::Value to_json(exports::PictureTally const& tally, ExportRequest const& request) {
    json::Value out;
    out.set("output", request.dry_run ? json::Value() : json::Value(request.output));
    out.set("format", exports::name_of(request.options.format));
    out.set("pictures", tally.facts.pictures);
    out.set("bytes", tally.facts.bytes);
    json::Value splits{json::Object{}};
    for (auto const& [name, count] : tally.facts.splits) splits.set(name, count);
    out.set("splits", std::move(splits));
    out.set("cost", report::money_value(tally.facts.cost));
    out.set("linked", tally.linked);
    out.set("copied", tally.copied);
    out.set("kept", tally.kept);
    out.set("missing", tally.missing);
    out.set("changed", tally.changed);
    out.set("removed", tally.removed);
    out.set("over", tally.over);
    out.set("over_bytes", tally.over_bytes);
    out.set("duplicates", tally.left_out.duplicates);
    out.set("texts", tally.left_out.texts);
    out.set("videos", tally.left_out.videos);
    return out;
}

void print_left_out(exports::PictureTally const& tally) {
    struct Row {
        std::uint64_t count;
        std::string_view what;
    };
    auto const& left_out = tally.left_out;
    for (auto const& [count, what] :
         {Row{tally.missing, "missing, left out; the next 'darkroom run' loads them again"},
          Row{tally.changed, "changed since they were saved, left out; see 'darkroom verify'"},
          Row{tally.removed, "removed by 'darkroom clean', left out; 'darkroom clean --undo' lets "
                             "the next run load them again"},
          Row{left_out.duplicates, "equal to another one, left out"},
          Row{left_out.texts, "texts, which only --to csv and jsonl have"},
          Row{left_out.videos, "videos, which this format has not"},
          Row{left_out.grids, "grids whose tiles are listed, left out"},
          Row{tally.without_note, "of a format that takes no note of provenance, as they are"}})
        if (count > 0) print_line(fmt::format("  {} {}", count, what));
    if (tally.over > 0)
        print_line(fmt::format("  {} ({}) left out by --max-bytes",
                               report::counted(tally.over, "picture"),
                               format_bytes(tally.over_bytes)));
}

void print_tally(exports::PictureTally const& tally, ExportRequest const& request) {
    auto const& facts = tally.facts;
    auto line = fmt::format("{}{}, {}", request.dry_run ? "" : request.output + ": ",
                            report::counted(facts.pictures, "picture"), format_bytes(facts.bytes));
    if (facts.splits.size() > 1) {
        std::string_view before = ": ";
        for (auto const& [name, count] : facts.splits) {
            line += fmt::format("{}{} {}", before, name, count);
            before = ", ";
        }
    }
    bool const is_linked = tally.linked > 0;
    if (is_linked) line += fmt::format("; {} as hard links", tally.linked);
    print_line(line);
    print_left_out(tally);
}

/// Reads the key before anything is written.
std::optional<SignatureKey> key_of(ExportRequest const& request) {
    if (request.key.empty()) return std::nullopt;
    auto key = SignatureKey::read(request.key, SignatureKey::Kind::private_key);
    if (key.has_error())
        throw Quit(store::exists(request.key) ? ExitCode::bad_file : ExitCode::no_input,
                   key.error().message());
    return std::move(*key);
}

void sign(exports::OutputDirectory& out, SignatureKey const& key) {
    auto const sums = or_quit_export(out.read("SHA256SUMS"));
    or_quit_export(out.note("SHA256SUMS.sig", or_quit_export(key.sign(sums))));
}

ExitCode export_with_pictures(exports::Sources const& sources, ExportRequest const& request) {
    auto const ports = ports_of_export();
    exports::PictureTally tally;
    if (request.dry_run) {
        tally = or_quit_export(exports::count_pictures(sources, request.options, ports));
    } else {
        if (request.output.empty() || request.output == "-")
            throw Quit(ExitCode::usage, fmt::format("--to {} needs a directory: -o OUT",
                                                    exports::name_of(request.options.format)));
        auto const key = key_of(request);
        or_quit_export(exports::check_built(request.options));
        check_place(request.output);
        auto const marker = exports::marker_of(request.directories, request.options);
        auto out = or_quit_export(exports::OutputDirectory::open(request.output, marker));
        tally = or_quit_export(exports::export_pictures(sources, request.options, ports, out));
        if (key) sign(out, *key);
    }
    if (request.json)
        print_json(to_json(tally, request));
    else
        print_tally(tally, request);
    return tally.is_whole() ? ExitCode::ok : ExitCode::some_failed;
}

/// Warns of what the ledger has and the directories do not.
bool has_all_that_is_paid(ExportRequest const& request) {
    auto const view = view_of_ledger(request.directories, request.ledger);
    for (auto const& lacks : view.missing) complain("warning: " + text_of(lacks));
    return std::all_of(view.missing.begin(), view.missing.end(),
                       [](MissingSteps const& lacks) { return lacks.paid == 0; });
}

} // namespace

ExitCode run_export(ExportRequest const& request) {
    auto const sources = sources_of(request.directories);
    bool const is_all_here = request.ledger.empty() || has_all_that_is_paid(request);
    bool const is_table = exports::is_table(request.options.format);
    auto const code =
        is_table ? export_as_table(sources, request) : export_with_pictures(sources, request);
    return is_all_here ? code : ExitCode::some_failed;
}

} // namespace darkroom::cli
