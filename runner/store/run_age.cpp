#include "runner/store/run_age.hpp"

#include "runner/base/json.hpp"
#include "runner/base/sha256.hpp"
#include "runner/store/digest_table.hpp"
#include "runner/store/error.hpp"
#include "runner/store/file.hpp"
#include "runner/store/journal_meta.hpp"
#include "runner/store/journal_reader.hpp"
#include "runner/store/line_reader.hpp"
#include "runner/store/manifest_line.hpp"
#include "runner/store/send_marks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <optional>
#include <vector>

namespace darkroom::store {

namespace {

/// The files that are written after the journal and name steps that it has finished.
constexpr std::string_view listings[] = {"manifest.jsonl", "unwanted.jsonl"};
/// The files that are there only after a journal was.
constexpr std::string_view followers[] = {"manifest.jsonl", "unwanted.jsonl", "failed.jsonl",
                                          "marks"};

Error went_back(std::string_view directory, std::string_view found) {
    return {Errc::went_back, fmt::format("{}: {}", directory, found)};
}

/// Returns the size of a file; 0 when it is not there.
std::uint64_t size_of(std::string const& path) {
    auto const size = file_size(path);
    return size.has_value() ? *size : 0;
}

Result<> check_empty(std::string const& directory, std::string const& journal) {
    if (size_of(journal) > 0) return {};
    for (auto const name : followers) {
        if (size_of(fmt::format("{}/{}", directory, name)) == 0) continue;
        return went_back(directory, fmt::format("journal.db is empty, but there is {}", name));
    }
    return {};
}

Result<> check_log(std::string const& directory, std::string const& journal) {
    if (size_of(journal + "-wal") > 0) return {};
    TRY_ASSIGN(auto const word, read_meta(journal, log_key));
    if (!word || *word != log_missing) return {};
    return went_back(directory, "journal.db is here without its journal.db-wal, which has what the "
                                "last run did");
}

/// Returns true when the journal has an attempt with this number, or a higher one. They are
/// recorded nearly in order: as many steps as are under way may overtake each other.
Result<bool> has_attempt(JournalReader& journal, std::uint64_t number) {
    constexpr int facts_max = 5000;
    bool found = false;
    int facts = 0;
    auto const take = [&](engine::Submitted const& fact) {
        found = fact.attempt >= number;
        return !found && ++facts < facts_max;
    };
    TRY(journal.for_each_submitted_backwards(take));
    return found;
}

} // namespace

Result<bool> are_older(MarksFile const& marks, std::string const& journal) {
    constexpr int facts_max = 5000;
    TRY_ASSIGN(auto reader, JournalReader::open(journal));
    bool found = false;
    int facts = 0;
    auto const take = [&](engine::Submitted const& fact) {
        found = fact.sent_after >> 32 == marks.run && fact.sent_after > marks.last_order();
        return !found && ++facts < facts_max;
    };
    TRY(reader.for_each_submitted_backwards(take));
    return found;
}

namespace {

Result<> check_marks(std::string const& directory, std::string const& journal) {
    auto const marks = read_marks(directory + "/marks");
    if (marks.has_error() && marks.error().code == Errc::damaged_marks) return {};
    if (marks.has_error()) return marks.error();
    if (!*marks) return {};
    TRY_ASSIGN(auto const last, last_run(journal));
    if ((*marks)->run > last)
        return went_back(directory, fmt::format("the file marks is of run {}, but journal.db knows "
                                                "{} runs only",
                                                (*marks)->run, last));
    if ((*marks)->run < last || (*marks)->last_attempt() == 0) return {};
    TRY_ASSIGN(auto reader, JournalReader::open(journal));
    TRY_ASSIGN(auto const recorded,
               has_attempt(reader, (*marks)->run << 32 | (*marks)->last_attempt()));
    if (recorded) return {};
    return went_back(directory, "the file marks shows requests that were sent, and journal.db has "
                                "no record of them");
}

struct Nothing {};
/// The steps that a journal has finished.
using FinishedSteps = DigestTable<Nothing>;

Result<FinishedSteps> finished_steps(JournalReader& journal) {
    FinishedSteps steps;
    TRY(journal.for_each_finished_key([&steps](Digest const& step) { steps.add(step, {}); }));
    return steps;
}

/// Returns the step that a line lists; nothing for a line that is none of ours.
std::optional<Digest> step_in(std::string_view line) {
    Digest step{};
    if (from_hex(key_of_line(line), step)) return step;
    auto const value = json::read(line); // a person may have changed the spaces
    auto const key = value.has_value() ? value->text("key") : std::nullopt;
    if (key && from_hex(*key, step)) return step;
    return std::nullopt;
}

struct Listing {
    std::string_view name;
    File file;
    std::uint64_t size = 0;
};

Result<std::vector<Listing>> open_listings(std::string const& directory) {
    std::vector<Listing> open;
    for (auto const name : listings) {
        auto const path = fmt::format("{}/{}", directory, name);
        if (size_of(path) == 0) continue;
        TRY_ASSIGN(auto file, File::own(path, O_RDONLY));
        TRY_ASSIGN(auto const size, file.size());
        open.push_back({name, std::move(file), size});
    }
    return open;
}

/// Counts the lines whose step is not finished, and returns the first such step.
struct Unknown {
    std::uint64_t lines = 0;
    Digest first{};
};

Result<Unknown> unknown_in(Listing const& listing, FinishedSteps const& finished) {
    Unknown unknown;
    LineReader lines([&](std::string_view line) {
        auto const step = step_in(line);
        if (!step || finished.find(*step) != nullptr) return;
        if (unknown.lines++ == 0) unknown.first = *step;
    });
    auto const read =
        listing.file.read(listing.size, [&lines](std::string_view piece) { return lines(piece); });
    // A file of such lines is none that a run has written: it lists nothing.
    if (read.has_error() && read.error().code != Errc::too_large) return read.error();
    return unknown;
}

} // namespace

Result<> check_age(std::string const& directory) {
    auto const journal = directory + "/journal.db";
    if (!exists(journal)) return {};
    TRY(check_empty(directory, journal));
    if (size_of(journal) == 0) return {};
    TRY(JournalReader::open(journal)); // it is one of ours
    TRY(check_log(directory, journal));
    return check_marks(directory, journal);
}

Result<> check_listed(std::string const& directory) {
    auto const journal = directory + "/journal.db";
    if (size_of(journal) == 0) return {};
    // The lists come first: what they hold now is in the journal that is read after them.
    TRY_ASSIGN(auto const open, open_listings(directory));
    if (open.empty()) return {};
    TRY_ASSIGN(auto reader, JournalReader::open(journal));
    TRY_ASSIGN(auto const finished, finished_steps(reader));
    for (auto const& listing : open) {
        TRY_ASSIGN(auto const unknown, unknown_in(listing, finished));
        if (unknown.lines == 0) continue;
        return went_back(directory,
                         fmt::format("{} lists {} image{} whose steps journal.db has not finished, "
                                     "the first of step {}",
                                     listing.name, unknown.lines, unknown.lines == 1 ? "" : "s",
                                     to_hex(unknown.first).substr(0, 16)));
    }
    return {};
}

} // namespace darkroom::store
