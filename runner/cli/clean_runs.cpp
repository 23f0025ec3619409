#include "runner/cli/clean_runs.hpp"

#include "runner/base/text.hpp"
#include "runner/cli/command.hpp"
#include "runner/cli/exit_code.hpp"
#include "runner/cli/run_note.hpp"
#include "runner/cli/run_storage.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/report/words.hpp"
#include "runner/store/clean_folder.hpp"
#include "runner/store/error.hpp"
#include "runner/store/run_folder.hpp"

#include <boost/system/errc.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace darkroom::cli {

namespace {

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

/// Removes the files of a plan. What cannot be removed stays recorded as removed: the next clean-up
/// tries again.
void remove_files(CleanedRun& run) {
    auto folder = or_quit(store::CleanFolder::open(run.directory));
    std::uint64_t left = 0;
    Error first;
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

/// Removes the files of which the record says nothing, so that the disk has room for it.
void make_room(CleanedRun& run) {
    auto folder = or_quit(store::CleanFolder::open(run.directory));
    for (auto const& file : run.plan.spare) {
        auto const found = folder.find(file);
        auto const removed = folder.remove(file);
        if (removed.has_error() || !*removed) continue;
        ++run.files;
        run.bytes += found->bytes;
    }
    folder.remove_empty();
}

/// Errors of the disk count as full: that of a quota is none of its own.
bool may_be_full(Result<> const& recorded) {
    namespace errc = boost::system::errc;
    if (!recorded.has_error()) return false;
    auto const& code = recorded.error().code;
    return code == errc::no_space_on_device || code == errc::io_error;
}

/// Records what goes. Returns false, with a state, when the disk has no room for that. Throws Quit.
bool record(CleanedRun& run, WallTime now) {
    auto const journal = journal_of(run.directory);
    auto recorded = store::record_removed(journal, run.plan.images, now);
    if (may_be_full(recorded)) {
        make_room(run);
        recorded = store::record_removed(journal, run.plan.images, now);
    }
    run.lacks_room = may_be_full(recorded);
    if (!run.lacks_room) {
        or_quit(std::move(recorded));
        return true;
    }
    run.state = "failed";
    run.reason =
        fmt::format("what goes cannot be recorded ({}), so no picture was removed: make room on "
                    "the disk, and clean again",
                    recorded.error().message());
    return false;
}

/// Looks again, now that no run can begin, records what goes, and removes it. Throws Quit.
void clean_locked(CleanedRun& run, CleanWish const& wish, WallTime now) {
    auto const leave = [&run](std::string why) {
        run.state = "unsettled";
        run.reason = std::move(why);
        run.files = run.bytes = 0;
    };
    run.files = run.bytes = 0;
    auto const lock = store::hold_for_removal(run.directory);
    if (lock.has_error() && lock.error().code == store::Errc::locked)
        return leave("another process works on it");
    if (lock.has_error()) throw Quit(exit_code_of_store(lock.error()), lock.error().message());
    auto const last_seq = run.plan.last_seq;
    run.plan = clean_plan(run.directory, wish, Held::yes);
    if (!run.plan.why_not.empty()) return leave(run.plan.why_not);
    if (run.plan.last_seq != last_seq) return leave("a run has worked on it meanwhile");
    if (!record(run, now)) return;
    run.bytes = run.plan.bytes;
    remove_files(run);
}

void clean_run(CleanedRun& run, CleanWish const& wish, WallTime now) {
    try {
        clean_locked(run, wish, now);
    } catch (Quit const& quit) {
        run.state = "failed";
        run.reason = quit.what();
        run.files = run.bytes = 0;
    }
}

/// Cleans a directory for which the disk had no room, and counts what has gone before.
void clean_again(CleanedRun& run, CleanWish const& wish, WallTime now) {
    auto const files = run.files;
    auto const bytes = run.bytes;
    run.reason.clear();
    clean_run(run, wish, now);
    run.files += files;
    run.bytes += bytes;
}

} // namespace

std::vector<CleanedRun> runs_to_clean(std::vector<std::string> const& directories) {
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

void look_at_runs(std::vector<CleanedRun>& runs, KeepRule const& rule, CleanWish const& wish,
                  WallTime now) {
    std::vector<WallTime> ended;
    for (auto const& run : runs) ended.push_back(end_of_run(run.directory));
    auto const kept = reasons_to_keep(ended, rule, now);
    for (std::size_t at = 0; at < runs.size(); ++at) {
        auto& run = runs[at];
        run.state = "kept";
        run.reason = kept[at];
        if (!run.reason.empty()) continue;
        run.plan = clean_plan(run.directory, wish, Held::no);
        run.reason = run.plan.why_not;
        run.state = !run.reason.empty()   ? "unsettled"
                    : run.plan.is_empty() ? "empty"
                                          : "would_clean";
        run.files = run.plan.files.size();
        run.bytes = run.plan.bytes;
    }
}

void clean_runs(std::vector<CleanedRun>& runs, CleanWish const& wish, WallTime now) {
    for (auto& run : runs)
        if (run.state == "would_clean") clean_run(run, wish, now);
    for (auto& run : runs) {
        bool const has_more_room = std::any_of(runs.begin(), runs.end(), [&run](auto const& other) {
            return &other != &run && other.files > 0 && !other.lacks_room;
        });
        if (run.lacks_room && has_more_room) clean_again(run, wish, now);
    }
}

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

} // namespace darkroom::cli
