// A job file as values: checked, with every default filled in.
#pragma once

#include "jobs/model/hooks.hpp"
#include "jobs/schedule/schedule.hpp"
#include "jobs/services/service_model.hpp"
#include "jobs/yaml/micros.hpp"
#include "runner/base/json.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::jobs {

using namespace std::chrono_literals;

enum class Delivery { stream, poll, callback, wait };
/// The versions of HTTP to speak; `any`: HTTP/2 wherever it is offered.
enum class HttpVersions { http1, any, http2 };

struct Timeouts {
    Duration connect = 10s;
    Duration first_event = 120s; ///< From the sent request to the first line of the answer.
    Duration idle = 120s;        ///< The longest pause between two lines.
    Duration total = 15min;      ///< One whole request, from connect to the last line.
};

/// One of several tokens that share the work.
struct Account {
    std::string name; ///< Unique. The account "" paid for images that were made without a name.
    TokenSource token;
    int concurrency = 5; ///< Same as in Limits, for this account alone.
    double rate = 1.0;
    std::optional<Micros> cost_cap = {}; ///< Spending limit within one run directory.
};

struct Service {
    ServiceModel const* model = &default_service(); ///< Never null.
    std::string url = std::string(model->url);      ///< "local": the built-in service.
    TokenSource token;
    std::vector<Account> accounts; ///< Empty: `token` alone.
    Delivery delivery = Delivery::stream;
    std::string callback_listen;
    std::string callback_public_url;
    std::string ca_file; ///< Absolute, or "" for the system's authorities only.
    TokenSource proxy;   ///< Only Kind::env or none.
    HttpVersions http = HttpVersions::any;
    Timeouts timeouts;
};

struct Limits {
    int concurrency = 5;  ///< Generations open at once.
    double rate = 1.0;    ///< Submissions a second.
    int downloads = 0;    ///< Downloads open at once; 0: see downloads_at_once().
    bool adaptive = true; ///< Lowers the number after a 429 and raises it slowly again.
    int failures = 20;    ///< A run stops after this many failed steps in a row; 0: never.

    /// As many as the generations can bring, unless the file says a number.
    int downloads_at_once() const;
    /// Pictures that have come and are not durable yet. Each is an open file.
    int landings_at_once() const;
};

struct Retry {
    int attempts = 5;      ///< Including the first.
    Duration base = 1s;    ///< Upper end of the first wait; doubled each time.
    Duration cap = 60s;    ///< Upper end of any wait.
    Duration settle = 30s; ///< Time in which a lost request may appear at the service.
};

struct Budget {
    std::optional<std::int64_t> generations;
    std::optional<Micros> cost;
    std::optional<std::int64_t> all_generations = {}; ///< The whole, where a shard has a part.
    std::optional<Micros> all_cost = {};              ///< The same.
    std::optional<Micros> per_day = {};   ///< For all runs of an account; kept in the ledger.
    std::optional<Micros> per_month = {}; ///< The same.
    std::string timezone = {};            ///< Says when those begin; "": the schedule's, else UTC.
};

struct Prices {
    std::string currency = "USD";
    std::map<std::string, Micros, std::less<>>
        by_class; ///< The price of a price class or an action.
    Micros otherwise = 26'000;
    ServiceModel const* service = &default_service(); ///< Whose price classes; never null.
    /// Looks up the action's own name first, then its class, then the default.
    Micros of(std::string_view action) const;
};

/// The number of actions that a person picks among those an image offers.
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
/// Returns true when the image above `then` waits for a person.
bool has_pick(std::vector<Branch> const& then);
/// Returns true when `output.images: leaves` keeps the image above `then`: no other image follows
/// it unless a person has seen it first.
bool is_leaf(std::vector<Branch> const& then, ServiceModel const& service);

struct JobSpec; // jobs/model/job_spec.hpp

/// The text that is saved next to each picture.
enum class Captions {
    none,
    text,   ///< The first generation's prompt, without addresses and parameters.
    prompt, ///< The prompt as it was sent, or that of the first generation.
};

struct Output {
    std::string directory = "out"; ///< Absolute once loaded. The run directory is directory/name.
    std::string layout = "images/{job}/{item:06}-{path}-{image_id}{ext}";
    bool leaves_only = false;
    bool split_grids = false;
    Captions captions = Captions::none;
    bool sidecar = false;
    bool text_files = false; ///< Texts are written to files as well.
    bool is_private = false; ///< No other user may read what a run makes.
};

struct JobFile {
    std::string path; ///< As given; "-" for stdin.
    std::string name; ///< Where it is dated: as it was written, until a start is chosen.
    std::optional<DatedName> dated_name = {};
    std::optional<Schedule> schedule = {};
    Service service;
    Limits limits;
    Retry retry;
    Budget budget;
    /// "sqlite", "none", the URL of a database, or "": as usual.
    std::string ledger;
    std::string ledger_variable; ///< The environment has the URL under this name; "".
    Duration ledger_patience = std::chrono::seconds(60); ///< So long a database may be away.
    Prices prices;
    std::vector<std::shared_ptr<JobSpec const>> jobs; ///< In file order.
    Output output;
    Hooks hooks;
    /// The other files that were read, by absolute paths: included ones and wildcards, but not
    /// those of tables, and no masks.
    std::vector<std::string> files;

    /// Returns true for the program's own service, which takes no money.
    bool is_local() const { return service.url == "local"; }
    /// Returns the currency for a person: "USD", or "pretend USD" where no money is taken.
    std::string shown_currency() const;
};

} // namespace darkroom::jobs
