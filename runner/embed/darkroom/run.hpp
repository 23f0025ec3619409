// darkroom as a library: load a job file, see what it would pay for, run it, cancel it. The same
// promises as those of the program hold: nothing is paid twice, and whoever runs the file again
// goes on with it.
//
// A run keeps its calling thread until it ends, and calls the observer on it. In one process run
// one job at a time: the number of open files and, for private output, the rights of new files are
// the whole process's.
//
// What is declared here throws Failure and, without memory, std::bad_alloc; nothing else. No signal
// reaches the host because of a run: SIGPIPE and SIGXFSZ are blocked for its threads while it
// lasts, and what the host does with them stays as it is.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace darkroom::embed {

/// A job file that cannot be used, or a run that could not begin or broke off. `what()` is for a
/// person, and may have several lines.
class Failure : public std::runtime_error {
public:
    Failure(int exit_code, std::string const& what)
        : std::runtime_error(what), exit_code_(exit_code) {}
    /// Returns the exit code that the program would have ended with; docs/cli.md lists them. 1 is
    /// for what nobody has foreseen.
    int exit_code() const noexcept { return exit_code_; }

private:
    int exit_code_;
};

/// Changes the way in which a job file is read. The default is the file as it is.
struct Settings {
    /// Paths and values as of the option --set: {"limits.rate", "2/s"}.
    std::vector<std::pair<std::string, std::string>> set;
    std::string service;           ///< An address, or "local"; "": the file's.
    std::vector<std::string> only; ///< Ids of jobs; empty: all.
    std::uint64_t limit = 0;       ///< The most items; 0: all.
    std::string directory;         ///< The run directory; "": that of the file and its name.
    bool strict = false;           ///< Every warning is an error.
};

/// The work and the cost of a job of which nothing is done yet. Least and most differ where the
/// service decides, as with a glob of actions.
struct Plan {
    std::uint64_t items = 0;
    std::uint64_t least_steps = 0, most_steps = 0;
    std::uint64_t least_images = 0, most_images = 0;
    double least_cost = 0, most_cost = 0;
    std::string currency;
};

/// A job file that was read and checked.
class Job {
public:
    /// Throws Failure.
    static Job load(std::string const& path, Settings const& settings = Settings());

    std::string name() const;
    std::string directory() const; ///< The run directory.
    std::vector<std::string> const& warnings() const { return warnings_; }
    /// Throws Failure.
    Plan plan() const;

private:
    friend class Run;
    struct Loaded;
    std::shared_ptr<Loaded const> loaded_; ///< Never null.
    std::vector<std::string> warnings_;
};

/// Something has happened to a step, and is durable.
struct Event {
    enum class Kind {
        submitted,     ///< The request leaves.
        accepted,      ///< The service has named its task.
        finished,      ///< It is paid; its images follow.
        saved,         ///< One of its files is there.
        failed,        ///< An attempt failed; `is_final`: the step is given up.
        skipped,       ///< The step above it failed.
        charged_again, ///< An attempt that the service had called failed was paid after all.
    } kind = Kind::submitted;
    std::string key;  ///< The step's, as in the manifest.
    std::string step; ///< Its name for a person, such as "cars/0/upscale1".
    std::string action;
    std::string prompt;
    std::string task_id; ///< "": not known.
    double cost = 0;     ///< With finished and charged_again.
    std::string file;    ///< With saved: absolute, or relative as the run directory is.
    std::string failure; ///< With failed: its class, such as "rejected". docs/operating.md.
    std::string message; ///< With failed and skipped.
    bool is_final = false;
};

/// Watches a run. It may call Run::cancel(), and nothing else of the library. What it throws ends
/// the process.
class Observer {
public:
    virtual ~Observer() = default;
    virtual void on_event(Event const& event) { (void)event; }
    virtual void on_progress(std::string const& key, int percent) { (void)key, (void)percent; }
    /// The run says something: a warning, or its closing words.
    virtual void on_message(std::string const& text) { (void)text; }
};

/// The end of a run. The counts of steps are those of the plan.
struct Result {
    int exit_code = 0; ///< As of the program: 0, when everything is done.
    std::uint64_t done = 0, failed = 0, skipped = 0, unknown = 0, pending = 0;
    std::uint64_t images = 0; ///< Saved by this run.
    std::uint64_t bytes = 0;
    std::int64_t paid = 0; ///< Generations that this run has caused.
    double cost = 0;
};

class Run {
public:
    explicit Run(Job job);
    Run(Run const&) = delete;
    Run& operator=(Run const&) = delete;
    ~Run();

    /// Runs, or resumes, to the end. Call it once. Throws Failure when it cannot begin, or breaks
    /// off: what is recorded stays, and another run goes on with it.
    Result run(Observer& observer);
    /// Ends it calmly: what is open may finish. Called again, it ends at once; what is open is
    /// looked up by the next run. Any thread may call it, at any time.
    void cancel();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace darkroom::embed
