#include "runner/cli/trusted_job.hpp"

#include "jobs/model/job_spec.hpp"
#include "runner/base/text.hpp"
#include "runner/cli/console.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace darkroom::cli {

namespace {

namespace fs = std::filesystem;

/// The settings that change neither what is sent nor where it goes.
constexpr std::array<std::string_view, 4> harmless{"limits.", "retry.", "budget.", "prices."};

bool is_harmless(jobs::Override const& set) {
    if (set.path == "service.url" && set.value == "local") return true;
    if (set.path == "name") return true; // as each run with a dated name has it
    return std::any_of(harmless.begin(), harmless.end(),
                       [&set](auto const start) { return set.path.starts_with(start); });
}

bool is_below(fs::path const& path, fs::path const& directory) {
    std::error_code failure;
    auto const whole = fs::weakly_canonical(path, failure);
    auto const top = fs::weakly_canonical(directory, failure);
    auto const [end, rest] = std::mismatch(top.begin(), top.end(), whole.begin(), whole.end());
    return end == top.end();
}

/// Returns why the text of the job is not the user's own; "" when it is.
std::string doubt_about(Job const& job, std::string const& directory) {
    if (job.is_kept_text) return fmt::format("its job file {} is gone", job.path);
    if (is_below(job.path, directory))
        return fmt::format("its job file {} came with the run directory", job.path);
    struct stat info {};
    bool const is_others =
        ::stat(job.path.c_str(), &info) == 0 && info.st_uid != ::geteuid() && info.st_uid != 0;
    return is_others ? fmt::format("its job file {} belongs to another user", job.path) : "";
}

std::string words_of(jobs::TokenSource const& token) {
    using Kind = jobs::TokenSource::Kind;
    switch (token.kind) {
    case Kind::env: return "the environment variable " + token.words.front();
    case Kind::file: return "the file " + token.words.front();
    case Kind::command: return "the output of the command: " + join(token.words, " ");
    case Kind::none: break;
    }
    return "";
}

void add_service(std::vector<std::string>& wishes, jobs::Service const& service) {
    wishes.push_back("requests go to " + service.url);
    if (auto const words = words_of(service.token); !words.empty())
        wishes.push_back("the token is " + words);
    for (auto const& account : service.accounts)
        wishes.push_back(
            fmt::format("the token of '{}' is {}", account.name, words_of(account.token)));
    if (!service.ca_file.empty())
        wishes.push_back("certificates are accepted that are signed by " + service.ca_file);
    if (auto const words = words_of(service.proxy); !words.empty())
        wishes.push_back("the proxy is " + words);
    if (!service.callback_public_url.empty())
        wishes.push_back("answers are called back to " + service.callback_public_url);
}

void add_hook(std::vector<std::string>& wishes, std::string_view when,
              std::optional<jobs::Hook> const& hook) {
    if (!hook) return;
    if (hook->url.empty()) {
        wishes.push_back(fmt::format("{} it runs the command: {}", when, join(hook->command, " ")));
        return;
    }
    auto const secret = words_of(hook->secret);
    wishes.push_back(fmt::format("{} the summary goes to {}{}", when, hook->url,
                                 secret.empty() ? "" : ", signed with " + secret));
}

/// Returns whether an override changes a hook.
bool is_of_hooks(jobs::Override const& set) {
    return set.path == "hooks" || set.path.starts_with("hooks.");
}

void add_tables(std::vector<std::string>& wishes, jobs::JobFile const& file) {
    std::set<std::string> shown;
    for (auto const& spec : file.jobs) {
        if (spec->table && shown.insert(spec->table->shown()).second)
            wishes.push_back("prompts are made of the table " + spec->table->shown());
    }
}

} // namespace

std::vector<std::string> wishes_of(Job const& job, std::string const& directory, JobUse use) {
    std::vector<std::string> wishes;
    bool const is_local = job.file.service.url == "local"; // no request leaves the machine
    bool const is_doubtful = !doubt_about(job, directory).empty();
    bool const has_hooks = use == JobUse::run;
    if (is_doubtful && has_hooks) {
        add_hook(wishes, "at the end", job.file.hooks.on_finish);
        add_hook(wishes, "after a failure", job.file.hooks.on_failure);
    }
    if (is_doubtful && !is_local) {
        add_service(wishes, job.file.service);
        add_tables(wishes, job.file);
    }
    for (auto const& set : job.load.overrides) {
        if (is_of_hooks(set) ? has_hooks : !is_local && !is_harmless(set))
            wishes.push_back(fmt::format("the last run had --set {}={}", set.path, set.value));
    }
    return wishes;
}

Job trusted_job(std::string const& directory, Verbosity verbosity, bool is_trusted, JobUse use) {
    auto job = saved_job(directory, verbosity, JobText::on_disk);
    if (is_trusted) return job;
    auto const wishes = wishes_of(job, directory, use);
    if (wishes.empty()) return job;
    auto const doubt = doubt_about(job, directory);
    complain(fmt::format("{}: {}. This is what it keeps:", directory,
                         doubt.empty() ? "some settings are not from its job file" : doubt));
    for (auto const& wish : wishes) complain("  " + wish);
    throw Quit(ExitCode::usage,
               fmt::format("nothing was sent. If all of it is what you want, say --trust; or give "
                           "the job file: 'darkroom run FILE --output {}'",
                           directory));
}

} // namespace darkroom::cli
