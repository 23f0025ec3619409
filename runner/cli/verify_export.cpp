#include "runner/cli/verify_export.hpp"

#include "runner/base/signature.hpp"
#include "runner/base/text.hpp"
#include "runner/cli/console.hpp"
#include "runner/export/check_export.hpp"
#include "runner/report/words.hpp"
#include "runner/store/file.hpp"

#include <fmt/format.h>

namespace darkroom::cli {

namespace {

constexpr std::uint64_t sums_bytes_max = 1u << 30;

/// Reads a file that must be there.
std::string file_of_export(std::string const& directory, char const* name) {
    auto text = store::read_file(directory + "/" + name, sums_bytes_max);
    if (text.has_error()) throw Quit(ExitCode::no_input, text.error().message());
    return std::move(*text);
}

/// Returns whether the signature and all files are right.
bool verify_export(std::string const& directory, SignatureKey const& key, bool as_json) {
    auto const sums = file_of_export(directory, "SHA256SUMS");
    auto const signature = file_of_export(directory, "SHA256SUMS.sig");
    bool const is_signed = key.is_signed(sums, signature);
    exports::CheckTally tally;
    if (is_signed)
        tally = or_quit(exports::check_export(directory, sums, [as_json](std::string const& line) {
            if (!as_json) print_line("  " + line);
        }));
    if (as_json) {
        json::Value out;
        out.set("directory", directory);
        out.set("signed", is_signed);
        out.set("files", tally.files);
        out.set("bytes", tally.bytes);
        out.set("missing", tally.missing);
        out.set("changed", tally.changed);
        out.set("unlisted", tally.unlisted);
        print_json(out);
    } else if (!is_signed) {
        print_line(directory + ": SHA256SUMS is not signed with this key; its files were not read");
    } else {
        auto const found = tally.is_good()
                               ? std::string("signed, and all as they were exported")
                               : fmt::format("signed, but {} missing, {} changed, {} not listed",
                                             tally.missing, tally.changed, tally.unlisted);
        print_line(fmt::format("{}: {}, {}: {}", directory, report::counted(tally.files, "file"),
                               format_bytes(tally.bytes), found));
    }
    return is_signed && tally.is_good();
}

} // namespace

ExitCode verify_exports(ExportCheck const& check) {
    auto const key = SignatureKey::read(check.key, SignatureKey::Kind::public_key);
    if (key.has_error())
        throw Quit(store::exists(check.key) ? ExitCode::bad_file : ExitCode::no_input,
                   key.error().message());
    bool is_good = true;
    for (auto const& directory : check.directories)
        is_good = verify_export(directory, *key, check.json) && is_good;
    return is_good ? ExitCode::ok : ExitCode::some_failed;
}

} // namespace darkroom::cli
