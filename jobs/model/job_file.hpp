// A job file as values: what the user asked for, checked, with every default filled in.
#pragma once

#include "jobs/services/midjourney/request.hpp"
#include "jobs/yaml/micros.hpp"
#include "runner/base/clock.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace darkroom::jobs {

using namespace std::chrono_literals;

/// Where the token comes from; its value is never in a job file.
struct TokenSource {
    enum class Kind { none, env, file, command } kind = Kind::none;
    std::vector<std::string> words; ///< The variable's name, the path, or the argv.
};

enum class Delivery { stream, poll, callback, wait };

struct Timeouts {
    Duration connect = 10s;
    Duration first_event = 120s; ///< From the request sent to the first line of the answer.
    Duration idle = 120s;        ///< Between two lines.
    Duration total = 15min;      ///< Of one request, from connect to the last line.
};

/// One of several tokens that share the work.
struct Account {
    std::string name; ///< Unique; "": the one that paid for what was made without a name.
    TokenSource token;
    int concurrency = 5; ///< As in Limits, of this account alone.
    double rate = 1.0;
    std::optional<Micros> cost_cap = {}; ///< What it may spend within one run directory.
};

struct Service {
    std::string url = "https://api.acedata.cloud"; ///< "local": the built-in service.
    TokenSource token;
    std::vector<Account> accounts; ///< Empty: `token` alone.
    Delivery delivery = Delivery::stream;
    std::string callback_listen;
    std::string callback_public_url;
    std::string ca_file; ///< Absolute, or "" for the system's authorities only.
    TokenSource proxy;   ///< Only Kind::env or none.
    Timeouts timeouts;
};

struct Limits {
    int concurrency = 5;  ///< Generations open at once.
    double rate = 1.0;    ///< Submissions a second.
    int downloads = 8;    ///< Downloads open at once.
    bool adaptive = true; ///< Fewer at once after a 429, back up slowly.
    int failures = 20;    ///< This many failed steps in a row stop the run; 0: never.
};

struct Retry {
    int attempts = 5;      ///< Including the first.
    Duration base = 1s;    ///< Upper end of the first wait; doubled each time.
    Duration cap = 60s;    ///< Upper end of any wait.
    Duration settle = 30s; ///< How long a lost request may take to show up at the service.
};

struct Budget {
    std::optional<std::int64_t> generations;
    std::optional<Micros> cost;
};

struct Prices {
    std::string currency = "USD";
    std::map<std::string, Micros, std::less<>> by_class; ///< By price class or action name.
    Micros otherwise = 26'000;
    /// An action's own name first, then its class, then the default.
    Micros of(std::string_view action) const;
};

/// How many of the actions that an image offers a person takes.
struct PickCount {
    std::uint64_t least = 1;
    std::uint64_t most = 1;
    friend bool operator==(PickCount const&, PickCount const&) = default;
};

/// `then:` below one image. Shared by every item of a job, never copied.
struct Branch {
    std::vector<std::string> actions; ///< Names or globs.
    bool download = true;
    json::Value fields; ///< Request fields of this branch's steps (mode, prompt, mask …), or null.
    std::vector<Branch> then;
    std::optional<PickCount> pick = {}; ///< A person chooses among `actions`; none: all are taken.
};
/// Whether the image above `then` waits for a person.
bool has_pick(std::vector<Branch> const& then);
/// Whether `output.images: leaves` keeps the image above `then`: no other image follows from it
/// without a person having looked at it.
bool is_leaf(std::vector<Branch> const& then);

struct JobSpec; // what expands to items: jobs/job_spec.hpp

struct Output {
    std::string directory = "out"; ///< Absolute once loaded. The run directory is directory/name.
    std::string layout = "images/{job}/{item:06}-{path}-{image_id}{ext}";
    bool leaves_only = false;
    bool split_grids = false;
    bool captions = false;
    bool sidecar = false;
    bool text_files = false; ///< What is a text gets a file as well.
};

struct JobFile {
    std::string path; ///< As given; "-" for stdin.
    std::string name;
    Service service;
    Limits limits;
    Retry retry;
    Budget budget;
    Prices prices;
    std::vector<std::shared_ptr<JobSpec const>> jobs; ///< In file order.
    Output output;
};

} // namespace darkroom::jobs
