// `darkroom resolve DIR STEP…`
#include "runner/cli/commands.hpp"
#include "runner/cli/person_word.hpp"
#include "runner/cli/run_ledger.hpp"
#include "runner/cli/run_storage.hpp"
#include "runner/cli/saved_job.hpp"
#include "runner/report/board.hpp"
#include "runner/store/journal.hpp"
#include "runner/store/journal_questions.hpp"
#include "runner/store/run_folder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>

namespace darkroom::cli {

namespace asio = boost::asio;

namespace {

constexpr auto about_resolve =
    R"(Records what you know about steps that stayed unknown.
Sends nothing. The next 'darkroom run' uses it. STEP is the name or the key that 'darkroom status'
prints; eight digits of the key are enough.

Examples:
  darkroom resolve out/cars cars/12 --task 5b0c2a0e-6a0f-4a52-9f0e-6a3c1f2d7e11
  darkroom resolve out/cars 3f2a9c01 --not-taken        the service never had it: send it again
  darkroom resolve out/cars 3f2a9c01 --not-ours 5b0c2a0e-6a0f-4a52-9f0e-6a3c1f2d7e11
  darkroom resolve out/cars --all --not-taken
)";

struct ResolveOptions {
    std::string directory;
    std::vector<std::string> steps;
    std::string task;
    std::string not_ours;
    bool not_taken = false;
    bool all = false;
    bool json = false;
};

/// Returns the word that the options say. Throws Quit(usage) for none, or for several.
PersonWord word_in(ResolveOptions const& options) {
    int const words =
        int{!options.task.empty()} + int{!options.not_ours.empty()} + int{options.not_taken};
    if (words != 1)
        throw Quit(ExitCode::usage, "say one thing: --task ID, --not-taken or --not-ours ID");
    if (options.all == !options.steps.empty())
        throw Quit(ExitCode::usage, "name the steps, or say --all");
    if (options.all && !options.not_taken)
        throw Quit(ExitCode::usage, "--all goes with --not-taken only: a task is one step's");
    if (!options.task.empty() && options.steps.size() > 1)
        throw Quit(ExitCode::usage, "--task names the task of one step: give one STEP");
    if (options.not_taken) return {Word::not_taken, ""};
    if (!options.task.empty()) return {Word::task, options.task};
    return {Word::not_ours, options.not_ours};
}

/// Returns the path of the journal. Throws Quit when the directory went back in time.
std::string journal_of_sound(store::RunFolder const& folder) {
    check_run_directory(folder.path());
    return folder.journal();
}

/// The run directory, held against runs, with the steps that a word may be about.
class OpenDirectory {
public:
    OpenDirectory(std::string const& directory, Word word)
        : folder_(or_quit(store::RunFolder::open(directory))),
          journal_(or_quit(
              store::SqliteJournal::open(context_.get_executor(), journal_of_sound(folder_)))) {
        auto const take = [this](engine::Phase phase) {
            return [this, phase](Digest const& key, store::StepRecord const& record) -> Result<> {
                if (record.state.phase == phase) steps_.push_back({key, record.state});
                return {};
            };
        };
        or_quit(journal_->reader().for_each_unsettled(take(engine::Phase::open)));
        // A step that was given up may turn out to have a task after all.
        if (word == Word::task)
            or_quit(journal_->reader().for_each_given_up(take(engine::Phase::failed)));
    }

    std::vector<OpenStep> const& steps() const { return steps_; }
    /// Throws Quit(usage) for a step that the journal has, and that is not unknown.
    void refuse_settled(std::string const& text) const;
    /// Throws Quit(usage) when the task belongs to another step.
    void refuse_task_of_other(std::string const& task, OpenStep const& step) const;
    /// Writes the facts, durably. Throws Quit(disk).
    void write(std::vector<engine::Event> events);

private:
    asio::io_context context_{1};
    store::RunFolder folder_;
    std::unique_ptr<store::SqliteJournal> journal_;
    std::vector<OpenStep> steps_;
};

void OpenDirectory::refuse_settled(std::string const& text) const {
    constexpr std::size_t key_digits_min = 8;
    bool const is_open = std::any_of(steps_.begin(), steps_.end(), [&text](auto const& step) {
        return to_hex(step.key).starts_with(text);
    });
    if (text.size() < key_digits_min || is_open) return;
    auto questions = or_quit(store::JournalQuestions::open(folder_.journal()));
    auto const keys = or_quit(questions.keys_beginning(text, 1));
    if (keys.empty()) return;
    auto const record = or_quit(journal_->reader().find(keys.front()));
    throw Quit(ExitCode::usage,
               fmt::format("'{}' is not unknown: {} is {}", text,
                           report::step_name(record.state.info), name_of(record.state.phase)));
}

void OpenDirectory::refuse_task_of_other(std::string const& task, OpenStep const& step) const {
    auto questions = or_quit(store::JournalQuestions::open(folder_.journal()));
    for (auto const& owner : or_quit(journal_->reader().steps_of(task))) {
        if (owner == step.key || or_quit(questions.is_set_aside(owner, task))) continue;
        auto const record = or_quit(journal_->reader().find(owner));
        throw Quit(ExitCode::usage,
                   fmt::format("task {} belongs to another step: {} ({})", task,
                               report::step_name(record.state.info), report::short_key(owner)));
    }
    refuse_task_of_other_directory(folder_.journal(), step.state.identity, task);
}

asio::awaitable<Result<>> append_all(store::SqliteJournal& journal,
                                     std::vector<engine::Event> events) {
    engine::Event last = std::move(events.back());
    events.pop_back();
    for (auto& event : events) journal.note(std::move(event)); // in the commit of the last one
    Result<> const written = co_await journal.append(std::move(last));
    co_return written;
}

void OpenDirectory::write(std::vector<engine::Event> events) {
    std::exception_ptr defect;
    Result<> written;
    auto const on_end = [&](std::exception_ptr error, Result<> result) {
        defect = std::move(error);
        written = std::move(result);
    };
    asio::co_spawn(context_, append_all(*journal_, std::move(events)), on_end);
    context_.run();
    if (defect) std::rethrow_exception(defect);
    or_quit(written);
    journal_->close();
}

using Steps = std::vector<OpenStep const*>;

Steps named_steps(ResolveOptions const& options, OpenDirectory const& open) {
    Steps chosen;
    for (auto const& text : options.steps) {
        open.refuse_settled(text);
        auto const* step = &step_named(text, open.steps(), options.directory);
        if (std::find(chosen.begin(), chosen.end(), step) == chosen.end()) chosen.push_back(step);
    }
    return chosen;
}

json::Array keys_of(Steps const& steps) {
    json::Array all;
    for (auto const* step : steps) {
        json::Value value;
        value.set("key", to_hex(step->key));
        value.set("step", report::step_name(step->state.info));
        all.push_back(std::move(value));
    }
    return all;
}

void print_resolved_json(ResolveOptions const& options, PersonWord const& word, Steps const& chosen,
                         Steps const& left_out) {
    json::Value out;
    out.set("directory", options.directory);
    out.set("word", name_of(word.word));
    out.set("task_id", word.task_id.empty() ? json::Value() : json::Value(word.task_id));
    out.set("resolved", keys_of(chosen));
    out.set("left_out", keys_of(left_out));
    print_json(out);
}

void print_text(ResolveOptions const& options, PersonWord const& word, Steps const& chosen,
                Steps const& left_out) {
    for (auto const* step : chosen) {
        auto const name = report::step_name(step->state.info);
        print_line(fmt::format("{}  {}  {}{}; {}", name, report::short_key(step->key),
                               name_of(word.word), word.task_id.empty() ? "" : " " + word.task_id,
                               what_follows(word.word)));
        if (word.word == Word::not_taken && is_named_by_service(*step))
            complain(fmt::format("warning: the service named task {} for {}: if that succeeds, "
                                 "it is paid twice",
                                 step->state.task_id, name));
    }
    if (!left_out.empty())
        complain(fmt::format("{} more were left as they are: the service named their tasks, so "
                             "it took them, and their records end them. Name a step to say that "
                             "it was not taken all the same.",
                             left_out.size()));
    if (chosen.empty() && left_out.empty())
        complain(fmt::format("{}: no step is unknown", options.directory));
}

ExitCode resolve(ResolveOptions const& options) {
    auto const word = word_in(options);
    journal_of(options.directory);
    OpenDirectory open(options.directory, word.word);
    Steps chosen;
    Steps left_out;
    if (options.all) {
        for (auto const& step : open.steps())
            (is_named_by_service(step) ? left_out : chosen).push_back(&step);
    } else {
        chosen = named_steps(options, open);
    }
    SteadyClock const clock;
    std::vector<engine::Event> events;
    for (auto const* step : chosen) {
        if (!word.task_id.empty()) open.refuse_task_of_other(word.task_id, *step);
        events.push_back({step->key, clock.wall(), fact_of(word)});
    }
    if (!events.empty()) open.write(std::move(events));
    if (options.json)
        print_resolved_json(options, word, chosen, left_out);
    else
        print_text(options, word, chosen, left_out);
    return ExitCode::ok;
}

} // namespace

void add_resolve(Program& program, CommandLine& command_line) {
    auto const command = program.add_command("resolve", about_resolve);
    command.footer(exit_codes_of_others);
    auto const options = std::make_shared<ResolveOptions>();
    command.add_option("DIR", options->directory, "a run directory").required();
    command.add_option("STEP", options->steps, "steps, by name or by key").take_all();
    command.add_option("--task", options->task, "this task is the step's own")
        .not_empty()
        .type_name("ID");
    command.add_flag("--not-taken", options->not_taken, "the service never took the request");
    command.add_option("--not-ours", options->not_ours, "this task is not the step's own")
        .not_empty()
        .type_name("ID");
    command.add_flag("--all", options->all, "with --not-taken: all unknown steps");
    command.add_flag("--json", options->json, "print one JSON object");
    command.callback([&command_line, options] {
        auto& directory = options->directory;
        while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
        command_line.action = [options] { return resolve(*options); };
    });
}

} // namespace darkroom::cli
