// `darkroom report DIR`
#include "runner/base/time_text.hpp"
#include "runner/cli/commands.hpp"
#include "runner/cli/run_folder_facts.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/cli/token.hpp"
#include "runner/report/bug_report.hpp"
#include "runner/store/file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>

namespace darkroom::cli {

namespace {

constexpr auto about_report =
    R"(Writes a file about a run, to attach to a bug report.
It has the version, the job file and its options, counts, failures, the end of the journal, and the
exchanges that 'run --keep-exchanges' kept. Tokens are removed; prompts and links are not, so look
through it. Sends nothing.

Examples:
  darkroom report out/cars
  darkroom report out/cars -o bug.json
  darkroom report out/cars -o - | less
)";

struct ReportOptions {
    std::string directory;
    std::string output;
    std::string token_file;
    bool json = false;
};

/// Adds the tokens and secrets that the job file names, as far as reading them starts no program.
class KnownSecrets {
public:
    KnownSecrets(std::optional<Job> const& job, std::string const& token_file) {
        if (!token_file.empty()) secrets_.add(read_token({}, token_file));
        if (!job) return;
        for (auto const& hook : {job->file.hooks.on_finish, job->file.hooks.on_failure}) {
            if (!hook) continue;
            secrets_.add(hook->url); // for many services it is a secret by itself
            add(hook->secret);
        }
        if (job->file.service.url == "local") return;
        auto const& service = job->file.service;
        if (service.accounts.empty() && token_file.empty()) add(service.token);
        for (auto const& account : service.accounts) add(account.token);
        if (service.proxy.kind == jobs::TokenSource::Kind::env)
            secrets_.add(environment(service.proxy.words.front().c_str()));
    }

    Secrets const& secrets() const { return secrets_; }
    /// Returns the sources that were not read.
    std::vector<std::string> const& unread() const { return unread_; }

private:
    void add(jobs::TokenSource const& source) {
        using Kind = jobs::TokenSource::Kind;
        bool const is_file = source.kind == Kind::file &&
                             store::file_size(source.words.front()).has_value(); // not a pipe
        if (source.kind != Kind::env && !is_file) {
            if (source.kind != Kind::none) unread_.push_back(source.words.front());
            return;
        }
        try {
            secrets_.add(read_secret(source));
        } catch (Quit const&) { // a variable that is not set now
            unread_.push_back(source.words.front());
        }
    }

    Secrets secrets_;
    std::vector<std::string> unread_;
};

/// Returns the job file of the last run; none when it cannot be read any more.
std::optional<Job> job_of_report(std::optional<std::string> const& snapshot) {
    if (!snapshot) return std::nullopt;
    try {
        return job_from_snapshot(*snapshot, Verbosity::nothing, JobText::on_disk);
    } catch (Quit const&) {
        return std::nullopt;
    }
}

std::string name_of_directory(std::string const& directory) {
    std::error_code failure;
    auto const whole = std::filesystem::absolute(directory, failure).lexically_normal();
    auto const name = whole.filename().string();
    return failure || name.empty() ? "run" : name;
}

/// Returns the name of a new file in the working directory.
std::string default_output(std::string const& name) {
    auto time = format_rfc3339(SteadyClock().wall()).substr(0, 19);
    std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
    return fmt::format("darkroom-report-{}-{}.json", name, time);
}

void write_report(std::string const& path, std::string const& text) {
    auto file = store::File::open(path, O_WRONLY | O_CREAT | O_EXCL);
    if (file.has_error()) {
        bool const is_there = store::exists(path);
        throw Quit(is_there ? ExitCode::usage : ExitCode::disk,
                   is_there ? fmt::format("{} is there already; give another name with -o", path)
                            : file.error().message());
    }
    ::fchmod(file->descriptor(), 0600); // prompts are in it
    auto const written = file->write(text);
    if (written.has_error()) throw Quit(ExitCode::disk, written.error().message());
}

ExitCode make_report(ReportOptions const& options) {
    auto const journal = journal_of(options.directory);
    auto const name = name_of_directory(options.directory);
    auto const snapshot = saved_snapshot(journal);
    auto const job = job_of_report(snapshot);
    KnownSecrets const known(job, options.token_file);
    for (auto const& source : known.unread())
        complain(fmt::format("warning: the token of '{}' is not known here; if it may stand in a "
                             "prompt or a link of this run, give it with --token-file",
                             source));
    report::BugReport bundle(known.secrets());
    add_facts(bundle, options.directory, name, snapshot);
    auto const text = bundle.text();
    if (options.output == "-") {
        print(text);
        return ExitCode::ok;
    }
    auto const path = options.output.empty() ? default_output(name) : options.output;
    write_report(path, text);
    if (options.json) {
        json::Value value;
        value.set("directory", options.directory);
        value.set("file", path);
        value.set("bytes", static_cast<std::uint64_t>(text.size()));
        print_json(value);
    } else {
        print_line(path);
    }
    complain("Look through it before you give it away: prompts and links are in it.");
    return ExitCode::ok;
}

} // namespace

void add_report(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("report", about_report);
    command.footer(exit_codes_of_others);
    auto const options = std::make_shared<ReportOptions>();
    command.add_option("DIR", options->directory, "a run directory").required();
    command.add_option("-o,--output", options->output, "the new file; - is standard output")
        .not_empty()
        .type_name("FILE");
    command.add_option("--token-file", options->token_file, "a token to remove, too")
        .not_empty()
        .type_name("PATH");
    command.add_flag("--json", options->json, "print one JSON object with the file's name");
    command.callback([&command_line, options] {
        auto& directory = options->directory;
        while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
        command_line.action = [options] {
            if (options->json && options->output == "-")
                throw Quit(ExitCode::usage, "--json names the file; give one with -o");
            return make_report(*options);
        };
    });
}

} // namespace darkroom::cli
