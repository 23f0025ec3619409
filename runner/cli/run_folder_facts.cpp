#include "runner/cli/run_folder_facts.hpp"

#include "runner/base/time_text.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/report/words.hpp"
#include "runner/store/file.hpp"
#include "runner/store/journal_meta.hpp"
#include "runner/store/journal_questions.hpp"
#include "runner/store/line_reader.hpp"
#include "runner/store/run_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <fcntl.h>
#include <filesystem>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <thread>

namespace darkroom::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t facts_told = 200;
constexpr std::size_t body_bytes_told = 4096;
constexpr std::size_t steps_told = 20;
constexpr std::size_t exchanges_told = 200;
constexpr std::size_t exchange_bytes_told = 256u << 10;
constexpr std::size_t exchanges_bytes_told = 4u << 20;
constexpr std::string_view fixed_names[] = {"journal.db",     "journal.db-wal", "manifest.jsonl",
                                            "unwanted.jsonl", "failed.jsonl",   "marks",
                                            "picks.json",     "exchanges.jsonl"};

json::Value program_facts() {
    json::Value value;
    value.set("version", DARKROOM_VERSION);
    value.set("compiler", __VERSION__);
    utsname system{};
    if (::uname(&system) == 0) {
        value.set("system", static_cast<char const*>(system.sysname));
        value.set("release", static_cast<char const*>(system.release));
        value.set("machine", static_cast<char const*>(system.machine));
    }
    value.set("processors", static_cast<int>(std::thread::hardware_concurrency()));
    rlimit open{};
    if (::getrlimit(RLIMIT_NOFILE, &open) == 0)
        value.set("open_files", static_cast<std::uint64_t>(open.rlim_max));
    return value;
}

/// Returns the number of names in a directory; none without one.
std::optional<std::uint64_t> names_in(std::string const& directory) {
    std::error_code failure;
    std::uint64_t names = 0;
    for (fs::directory_iterator each(directory, failure), end; !failure && each != end;
         each.increment(failure))
        ++names;
    return failure ? std::nullopt : std::optional(names);
}

json::Value directory_facts(std::string const& directory, std::string const& name) {
    json::Value files = json::Object();
    for (auto const each : fixed_names) {
        auto const size = store::file_size(fmt::format("{}/{}", directory, each));
        if (size.has_value()) files.set(each, *size);
    }
    json::Value value;
    value.set("name", name);
    value.set("files", std::move(files));
    if (auto const parts = names_in(directory + "/parts")) value.set("parts", *parts);
    if (auto const free = store::free_space(directory); free.has_value())
        value.set("free_bytes", *free);
    struct statfs system {};
    if (::statfs(directory.c_str(), &system) == 0)
        value.set("file_system", fmt::format("{:#x}", system.f_type));
    return value;
}

/// Returns the copy of the job file and the options of the last run. The file's path is cut down to
/// its name.
json::Value settings_facts(std::string const& snapshot) {
    auto value = json::read(snapshot);
    if (value.has_error()) return value.error().message();
    auto const path = value->text("path").value_or("");
    value->set("path", fs::path(path).filename().string());
    return std::move(*value);
}

Result<json::Value> count_facts(std::string const& journal) {
    TRY_ASSIGN(auto history, store::RunHistory::open(journal));
    TRY_ASSIGN(auto const counts, history.counts());
    TRY_ASSIGN(auto const images, history.count_images());
    TRY_ASSIGN(auto questions, store::JournalQuestions::open(journal));
    TRY_ASSIGN(auto const kinds, questions.fact_counts());
    TRY_ASSIGN(auto const runs, store::last_run(journal));
    json::Value phases = json::Object();
    for (auto const phase : {engine::Phase::wanted, engine::Phase::open, engine::Phase::finished,
                             engine::Phase::failed, engine::Phase::skipped})
        phases.set(name_of(phase), counts.of(phase));
    json::Value facts = json::Object();
    for (auto const& [kind, count] : kinds) facts.set(kind, count);
    auto const totals = counts.totals();
    json::Value value;
    value.set("steps", std::move(phases));
    value.set("gave_up", counts.gave_up);
    value.set("images", images);
    value.set("paid", totals.paid);
    value.set("cost", report::money_value(totals.cost));
    value.set("facts", std::move(facts));
    value.set("last_run", runs);
    return value;
}

/// Adds the first rows of failed and of open steps.
Result<> add_steps(report::BugReport& bundle, std::string const& journal) {
    TRY_ASSIGN(auto history, store::RunHistory::open(journal));
    json::Array failed;
    json::Array open;
    auto const into = [](json::Array& rows) {
        return [&rows](engine::FailedRow const& row) -> Result<> {
            if (rows.size() < steps_told) rows.push_back(engine::to_json(row));
            return {};
        };
    };
    TRY(history.for_each_failed(into(failed)));
    TRY(history.for_each_open(into(open)));
    bundle.add_rows("failed", failed);
    bundle.add_rows("open", open);
    return {};
}

Result<> add_journal(report::BugReport& bundle, std::string const& journal) {
    TRY_ASSIGN(auto questions, store::JournalQuestions::open(journal));
    TRY_ASSIGN(auto const facts, questions.last_facts(facts_told));
    json::Array rows;
    for (auto const& fact : facts) {
        json::Value row;
        row.set("seq", fact.seq);
        row.set("at", format_rfc3339(fact.at));
        row.set("step", to_hex(fact.step));
        row.set("kind", fact.kind);
        auto body = json::read(fact.body);
        if (body.has_value() && fact.body.size() <= body_bytes_told)
            row.set("body", std::move(*body));
        else
            row.set("left_out", static_cast<std::uint64_t>(fact.body.size()));
        rows.push_back(std::move(row));
    }
    bundle.add_rows("journal", rows);
    return {};
}

/// Reads the last kept exchanges of a file into `lines`.
Result<> read_exchanges(std::string const& path, std::deque<std::string>& lines) {
    if (!store::exists(path)) return {};
    TRY_ASSIGN(auto const file, store::File::own(path, O_RDONLY));
    TRY_ASSIGN(auto const size, file.size());
    store::LineReader reader([&lines](std::string_view line) {
        if (line.starts_with("{\"darkroom_recording\"")) return;
        if (line.size() <= exchange_bytes_told) lines.emplace_back(line);
        if (lines.size() > exchanges_told) lines.pop_front();
    });
    return file.read(size, [&reader](std::string_view piece) { return reader(piece); });
}

Result<> add_exchanges(report::BugReport& bundle, std::string const& directory) {
    std::deque<std::string> lines;
    TRY(read_exchanges(directory + "/exchanges-older.jsonl", lines));
    TRY(read_exchanges(directory + "/exchanges.jsonl", lines));
    std::size_t bytes = 0;
    for (auto const& line : lines) bytes += line.size();
    for (; bytes > exchanges_bytes_told; lines.pop_front()) bytes -= lines.front().size();
    json::Array rows;
    for (auto const& line : lines) {
        auto value = json::read(line);
        if (value.has_value()) rows.push_back(std::move(*value));
    }
    bundle.add_rows("exchanges", rows);
    return {};
}

} // namespace

std::optional<std::string> saved_snapshot(std::string const& journal) {
    auto snapshot = store::read_meta(journal, saved_job_key);
    return snapshot.has_value() ? std::move(*snapshot) : std::nullopt;
}

void add_facts(report::BugReport& bundle, std::string const& directory, std::string const& name,
               std::optional<std::string> const& snapshot) {
    auto const journal = directory + "/journal.db";
    bundle.add("darkroom_report", 1);
    bundle.add("at", format_rfc3339(SteadyClock().wall()));
    bundle.add("program", program_facts());
    bundle.add("directory", directory_facts(directory, name));
    bundle.add("settings", snapshot ? settings_facts(*snapshot) : json::Value());
    auto const note = [&bundle](std::string_view section, Result<> const& made) {
        if (made.has_error()) bundle.add_problem(section, made.error().message());
    };
    auto counts = count_facts(journal);
    if (counts.has_value()) bundle.add("counts", *counts);
    if (counts.has_error()) bundle.add_problem("counts", counts.error().message());
    note("steps", add_steps(bundle, journal));
    note("journal", add_journal(bundle, journal));
    note("exchanges", add_exchanges(bundle, directory));
}

} // namespace darkroom::cli
