// `darkroom verify DIR…`
#include "runner/base/text.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/run_storage.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/cli/verify_export.hpp"
#include "runner/report/words.hpp"
#include "runner/store/file_check.hpp"
#include "runner/store/journal_reader.hpp"
#include "runner/store/journal_removed.hpp"
#include "runner/store/run_folder.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <latch>
#include <thread>

namespace darkroom::cli {

namespace {

constexpr auto about_verify =
    R"(Compares every file that a run lists with its SHA-256.
Works during a run, too. Sends nothing. What is damaged or missing is loaded again, at no cost, by
the next 'darkroom run'; until then a damaged file lies in parts/.

Examples:
  darkroom verify out/cars
  darkroom verify out/* --json
  darkroom verify out/cars -n             moves nothing
  darkroom verify --signature public.pem cars-data      checks a signed export
)";

struct VerifyOptions {
    std::vector<std::string> directories;
    std::string signature; ///< The file of a public key: the directories are exports.
    bool dry_run = false;
    bool json = false;
};

/// A file that is not as it was saved.
struct FileProblem {
    store::ListedFile listed;
    store::FileFinding finding;
    std::string kept; ///< Where it is now, relative to the run directory; "" if it was not moved.
};

struct VerifiedFiles {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::uint64_t missing = 0;
    std::uint64_t damaged = 0;
    std::uint64_t unreadable = 0;
    std::uint64_t removed = 0;      ///< Files that `darkroom clean` has removed.
    std::uint64_t unlisted = 0;     ///< Images of the journal that no list has.
    std::uint64_t loaded_again = 0; ///< The next run loads them.
    std::uint64_t loaded_later = 0; ///< The same, once their steps are wanted again.
    std::vector<FileProblem> first; ///< At most problems_max.

    static constexpr std::size_t problems_max = 1000;

    std::uint64_t wrong() const { return missing + damaged + unreadable; }
    bool is_good() const { return wrong() + unlisted == 0; }
    void add(FileProblem problem);
};

void VerifiedFiles::add(FileProblem problem) {
    switch (problem.finding.state) {
    case store::FileState::good: return;
    case store::FileState::missing: ++missing; break;
    case store::FileState::damaged: ++damaged; break;
    case store::FileState::unreadable: ++unreadable; break;
    }
    if (first.size() < problems_max) first.push_back(std::move(problem));
}

/// Returns whether a run finds without reading the file that it is to be loaded again.
bool is_loaded_again(FileProblem const& problem) {
    auto const& [listed, finding, kept] = problem;
    if (finding.state == store::FileState::missing || !kept.empty()) return true;
    bool const has_other_size = listed.bytes && *listed.bytes != finding.bytes;
    return finding.state == store::FileState::damaged && has_other_size && !finding.is_behind_link;
}

void print_problem(FileProblem const& problem) {
    auto const state = name_of(problem.finding.state);
    auto line = fmt::format("  {}  {}", problem.listed.file, state);
    if (problem.finding.state != store::FileState::missing) line += ": " + problem.finding.why;
    if (!problem.kept.empty()) line += "; moved to " + problem.kept;
    print_line(line);
}

/// Checks the files of one run directory, some hundred at a time, in the memory of those.
class VerifyRun {
public:
    VerifyRun(std::string directory, VerifyOptions const& options)
        : directory_(std::move(directory)), options_(options),
          journal_(or_quit(store::JournalReader::open(journal_of(directory_)))),
          removed_(or_quit(journal_.removed_images())) {}

    VerifiedFiles const& run();

private:
    /// Returns the number of images that the list has; 0 for a list that is not there.
    std::uint64_t check_list(std::string const& name, std::uint64_t VerifiedFiles::*gone);
    void check_batch(std::uint64_t VerifiedFiles::*gone);
    void look_again(FileProblem& problem);
    void take(FileProblem problem, std::uint64_t VerifiedFiles::*gone);

    static constexpr std::size_t batch_max = 256;
    static unsigned threads() { return std::clamp(std::thread::hardware_concurrency(), 1U, 8U); }

    std::string directory_;
    VerifyOptions const& options_;
    store::JournalReader journal_;
    store::RemovedImages removed_;
    VerifiedFiles verified_;
    std::vector<FileProblem> batch_;
    boost::asio::thread_pool pool_{threads()};
};

/// A run at work lists an image after it has recorded it.
VerifiedFiles const& VerifyRun::run() {
    bool const is_at_work = or_quit(store::holder_of(directory_)).has_value();
    auto const images = static_cast<std::uint64_t>(or_quit(journal_.count_images()));
    if (!store::exists(directory_ + "/manifest.jsonl") && images > 0)
        throw Quit(ExitCode::no_input,
                   fmt::format("{}: manifest.jsonl is gone; the next 'darkroom run FILE' writes it "
                               "again",
                               directory_));
    auto const listed = check_list("manifest.jsonl", &VerifiedFiles::loaded_again) +
                        check_list("unwanted.jsonl", &VerifiedFiles::loaded_later);
    if (!is_at_work && listed < images) verified_.unlisted = images - listed;
    return verified_;
}

std::uint64_t VerifyRun::check_list(std::string const& name, std::uint64_t VerifiedFiles::*gone) {
    auto const path = directory_ + "/" + name;
    std::uint64_t images = 0;
    if (!store::exists(path)) return images;
    or_quit(store::for_each_listed_file(path, [&](store::ListedFile listed) -> Result<> {
        images += listed.is_further_name ? 0 : 1;
        if (listed.file.empty()) return {};
        batch_.push_back({std::move(listed), {}, ""});
        if (batch_.size() == batch_max) check_batch(gone);
        return {};
    }));
    check_batch(gone);
    return images;
}

void VerifyRun::check_batch(std::uint64_t VerifiedFiles::*gone) {
    std::latch left(static_cast<std::ptrdiff_t>(batch_.size()));
    for (auto& problem : batch_) {
        boost::asio::post(pool_, [this, &problem, &left] {
            problem.finding = store::check_file(directory_, problem.listed);
            left.count_down();
        });
    }
    left.wait();
    for (auto& problem : batch_) take(std::move(problem), gone);
    batch_.clear();
}

/// A run that is at work may have saved the image again since its line was written.
void VerifyRun::look_again(FileProblem& problem) {
    auto& listed = problem.listed;
    if (listed.is_further_name) return;
    auto const record = or_quit(journal_.find(listed.image.step));
    for (auto const& saved : record.state.saved) {
        bool const is_other = saved.tile == listed.image.tile &&
                              (saved.file != listed.file || saved.sha256 != listed.sha256);
        if (!is_other) continue;
        listed.file = saved.file;
        listed.bytes = saved.bytes;
        listed.sha256 = saved.sha256;
        problem.finding = store::check_file(directory_, listed);
    }
}

void VerifyRun::take(FileProblem problem, std::uint64_t VerifiedFiles::*gone) {
    if (problem.finding.state != store::FileState::good) look_again(problem);
    bool const is_good = problem.finding.state == store::FileState::good;
    if (!is_good && removed_.has(problem.listed.image)) {
        ++verified_.removed;
        return;
    }
    ++verified_.files;
    verified_.bytes += problem.finding.bytes;
    if (problem.finding.state == store::FileState::good) return;
    bool const is_moved = problem.finding.state == store::FileState::damaged && !options_.dry_run;
    if (is_moved) {
        auto kept = store::set_aside(directory_, problem.listed);
        if (kept.has_value())
            problem.kept = std::move(*kept);
        else
            complain(fmt::format("warning: {} cannot be moved to parts/, so it is not loaded "
                                 "again: {}",
                                 problem.listed.file, kept.error().message()));
    }
    verified_.*gone += is_loaded_again(problem) ? 1 : 0;
    if (!options_.json) print_problem(problem);
    verified_.add(std::move(problem));
}

void print_verified(std::string const& directory, VerifiedFiles const& verified) {
    auto line = fmt::format("{}: {}, {}: ", directory, report::counted(verified.files, "file"),
                            format_bytes(verified.bytes));
    auto const removed = verified.removed == 0
                             ? std::string()
                             : fmt::format(", {} removed by clean", verified.removed);
    if (verified.is_good()) return print_line(line + "all as they were saved" + removed);
    line += fmt::format("{} damaged, {} missing", verified.damaged, verified.missing);
    if (verified.unreadable > 0) line += fmt::format(", {} unreadable", verified.unreadable);
    print_line(line + removed + '.');
    if (verified.unlisted > 0)
        print_line(fmt::format("{} in no list and not read; the next 'darkroom run' lists {}.",
                               report::counted(verified.unlisted, "saved image") +
                                   (verified.unlisted == 1 ? " is" : " are"),
                               verified.unlisted == 1 ? "it" : "them"));
    if (verified.loaded_again > 0)
        print_line(fmt::format("The next 'darkroom run' loads {} again, at no cost.",
                               report::counted(verified.loaded_again, "file")));
    if (auto const later = verified.loaded_later; later > 0)
        print_line(
            fmt::format("{} of {} that the job file no longer wanted: {} loaded again, at no cost, "
                        "once {} wanted.",
                        report::counted(later, "file") + (later == 1 ? " is" : " are"),
                        later == 1 ? "a step" : "steps", later == 1 ? "it is" : "they are",
                        later == 1 ? "it is" : "they are"));
    if (verified.wrong() > verified.loaded_again + verified.loaded_later)
        print_line("What is still in its place is not loaded again: move it away, or run 'darkroom "
                   "verify' without -n.");
}

json::Value to_json(std::string const& directory, VerifiedFiles const& verified) {
    json::Array problems;
    for (auto const& problem : verified.first) {
        json::Value value;
        value.set("file", problem.listed.file);
        value.set("key", to_hex(problem.listed.image.step));
        value.set("state", name_of(problem.finding.state));
        value.set("why", problem.finding.why);
        value.set("kept", problem.kept.empty() ? json::Value() : json::Value(problem.kept));
        problems.push_back(std::move(value));
    }
    json::Value out;
    out.set("directory", directory);
    out.set("files", verified.files);
    out.set("bytes", verified.bytes);
    out.set("damaged", verified.damaged);
    out.set("missing", verified.missing);
    out.set("unreadable", verified.unreadable);
    out.set("unlisted", verified.unlisted);
    out.set("removed", verified.removed);
    out.set("problems", std::move(problems));
    return out;
}

ExitCode verify(VerifyOptions const& options) {
    for (auto const& directory : options.directories) journal_of(directory);
    auto code = ExitCode::ok;
    for (auto const& directory : options.directories) {
        check_run_directory(directory);
        VerifyRun run(directory, options);
        auto const& verified = run.run();
        if (options.json)
            print_json(to_json(directory, verified));
        else
            print_verified(directory, verified);
        if (!verified.is_good()) code = ExitCode::some_failed;
    }
    return code;
}

} // namespace

void add_verify(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("verify", about_verify);
    command.footer("Exit codes: 0 all files are as they were saved; 2 some are not; 64 usage; "
                   "66 no run directory; 74 disk;\n78 the run directory is older than it was.\n"
                   "'man darkroom' and docs/cli.md say more.");
    auto const options = std::make_shared<VerifyOptions>();
    command.add_option("DIR", options->directories, "run directories").required().take_all();
    command.add_flag("-n,--dry-run", options->dry_run, "only print: leave damaged files in place");
    command
        .add_option("--signature", options->signature,
                    "DIR is an export: check its signature with this public key, and its sums")
        .not_empty()
        .type_name("KEY");
    command.add_flag("--json", options->json, "print one JSON object per directory");
    command.callback([&command_line, options] {
        for (auto& directory : options->directories)
            while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
        command_line.action = [options] {
            if (options->signature.empty()) return verify(*options);
            return verify_exports({options->directories, options->signature, options->json});
        };
    });
}

} // namespace darkroom::cli
