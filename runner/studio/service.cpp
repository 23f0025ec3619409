#include "runner/studio/service.hpp"

#include "runner/base/text.hpp"
#include "runner/studio/cors.hpp"
#include "runner/studio/views.hpp"

#include <fmt/format.h>

namespace darkroom::studio {

namespace asio = boost::asio;

namespace {

constexpr std::string_view files_path = "/files/";
constexpr std::string_view samples_path = "/samples/";
constexpr std::string_view service_path = "/__service/";
constexpr std::string_view api_path = "/midjourney/";
constexpr std::string_view tasks_path = "/midjourney/tasks";
constexpr std::string_view accounts_path = "/__service/accounts";

/// Returns the kind of task that a path makes; nothing for any other path.
std::optional<TaskKind> kind_of_path(std::string_view path) {
    if (!path.starts_with(api_path)) return std::nullopt;
    return task_kind_of(path.substr(api_path.size()));
}

bool is_api(std::string_view path) { return path == tasks_path || kind_of_path(path); }

/// Returns the ledger's name for a path: files are counted together, unknown paths too.
std::string path_kind(std::string_view path) {
    if (is_api(path)) return std::string(path);
    for (auto const prefix : {files_path, samples_path, service_path})
        if (path.starts_with(prefix)) return std::string(prefix.substr(0, prefix.size() - 1));
    return "other";
}

/// Records the status that a request is answered with, and adds what a browser's page needs.
class NotingExchange final : public http::Exchange {
public:
    NotingExchange(http::Exchange& inner, Ledger& ledger, bool cors)
        : inner_(inner), ledger_(ledger), kind_(path_kind(inner.request().path)), cors_(cors) {}
    ~NotingExchange() override {
        if (!noted_) ledger_.asked(kind_, 0);
    }

    http::Request const& request() const override { return inner_.request(); }
    std::string take_body() override { return inner_.take_body(); }
    asio::awaitable<Result<>> answer(http::Reply reply) override {
        note(reply.status);
        if (cors_) allow_any_origin(reply.headers);
        return inner_.answer(std::move(reply));
    }
    asio::awaitable<Result<>> begin(http::Head head) override {
        note(head.status);
        if (cors_) allow_any_origin(head.headers);
        return inner_.begin(std::move(head));
    }
    asio::awaitable<Result<>> write(std::string_view piece) override { return inner_.write(piece); }
    asio::awaitable<Result<>> finish() override { return inner_.finish(); }
    void cut() override { inner_.cut(); }
    void reset() override { inner_.reset(); }

private:
    void note(int status) {
        if (!std::exchange(noted_, true)) ledger_.asked(kind_, status);
    }

    http::Exchange& inner_;
    Ledger& ledger_;
    std::string kind_;
    bool cors_;
    bool noted_ = false;
};

http::Reply wrong_method(std::string const& allowed, std::string const& trace_id) {
    auto reply = error_reply({405, "bad_request", "use " + allowed + " here"}, trace_id);
    reply.headers.push_back({"allow", allowed});
    return reply;
}

/// Returns true for the type of a JSON text. A page of another origin can send any other one, and
/// none, without asking first.
bool is_json_type(std::string_view type) {
    auto const name = to_lower(trim(type.substr(0, type.find(';'))));
    constexpr std::string_view family = "application/";
    bool const suffixed = name.starts_with(family) && name.ends_with("+json");
    return name == "application/json" || suffixed;
}

/// Returns why a body is refused by its type; nothing for JSON and for no body.
std::optional<ApiError> wrong_type(http::Request const& request) {
    auto const type = request.header("content-type");
    if (request.body.empty() || is_json_type(type)) return std::nullopt;
    return ApiError{415, "bad_request",
                    fmt::format("the content type is '{}': send JSON, with the header "
                                "content-type: application/json",
                                type.empty() ? "none" : type.substr(0, 100))};
}

RenderOptions render_options(ServerOptions const& options) {
    RenderOptions made;
    made.threads = options.paint_threads;
    made.cache_bytes = options.cache_bytes;
    made.clips = options.clips;
    made.notify = options.notify;
    return made;
}

} // namespace

Service::Service(ServerState& state)
    : state_(state), renders_(state.executor, render_options(state.options)), runner_(state),
      inputs_(state, renders_), work_(state, runner_, inputs_, renders_), tasks_(state),
      files_(state, renders_) {}

asio::awaitable<void> Service::handle(http::Exchange& exchange) {
    auto const& request = exchange.request();
    // Whoever opens a page must not let it see all prompts, or ban accounts.
    bool const cors = state_.options.cors && !request.path.starts_with(service_path);
    NotingExchange noting(exchange, state_.ledger, cors);
    if (cors && request.method == "OPTIONS") {
        auto reply = preflight_reply(request);
        co_await noting.answer(std::move(reply));
        co_return;
    }
    co_await route(noting, state_.ids.uuid());
}

http::Reply Service::refusal(int status, std::string why) {
    state_.ledger.asked("other", status);
    return error_reply({status, "bad_request", std::move(why)}, state_.ids.uuid());
}

Result<> Service::check_clips() {
    if (state_.options.clips != ClipFormat::mp4) return {};
    TRY(renders_.makes_mp4_now());
    return {};
}

void Service::resume(ArchivedTask archived) {
    auto const& [task, answered] = archived;
    // The ffmpeg of the earlier process may be gone.
    if (task->material && task->material->mp4) {
        auto const can = renders_.makes_mp4_now();
        task->material->mp4 = can && *can;
    }
    runner_.resume(task);
    if (answered) state_.ledger.answered(task->id);
    bool const due = task->callback && !task->called;
    // The allowed hosts may have changed since the task was accepted.
    if (due && !work_.callbacks().refuse(task->callback->url)) work_.callbacks().watch(task);
}

void Service::cancel() {
    runner_.cancel();
    work_.callbacks().cancel();
}

asio::awaitable<void> Service::join() {
    co_await runner_.join();
    co_await work_.callbacks().join();
}

asio::awaitable<void> Service::route(http::Exchange& exchange, std::string trace_id) {
    auto const& request = exchange.request();
    std::string_view const path = request.path;
    if (is_api(path)) {
        co_await api(exchange, std::move(trace_id));
        co_return;
    }
    bool const file = path.starts_with(files_path);
    bool const sample = path.starts_with(samples_path);
    bool const reading = request.method == "GET" || request.method == "HEAD";
    if (file && reading) {
        std::string name(path.substr(files_path.size()));
        co_await files_.file(exchange, std::move(name), std::move(trace_id));
        co_return;
    }
    if (sample && reading) {
        std::string name(path.substr(samples_path.size()));
        co_await files_.sample(exchange, std::move(name), std::move(trace_id));
        co_return;
    }
    Checked<http::Reply> reply = ApiError{404, "no_api", fmt::format("no such path: {}", path)};
    if (file || sample)
        reply = wrong_method("GET, HEAD", trace_id);
    else if (path.starts_with(service_path) && state_.options.service_paths)
        reply = own(exchange, trace_id);
    auto answer = reply ? std::move(*reply) : error_reply(reply.error(), trace_id);
    co_await exchange.answer(std::move(answer));
}

/// Answers /__service/…: reports on the service, and the change of an account. They show and change
/// what belongs to every token, and so need one where tokens are set.
Checked<http::Reply> Service::own(http::Exchange& exchange, std::string const& trace_id) {
    auto const& request = exchange.request();
    if (!state_.options.open && !state_.allowances.takes_any()) {
        auto const payer = state_.allowances.payer_of(request.header("authorization"));
        // The API's own answer to a missing token is 400, for its clients' sake.
        if (!payer && payer.error().status == 400)
            return ApiError{401, payer.error().code, payer.error().message};
        if (!payer) return payer.error();
    }
    std::string_view const path = request.path;
    if (path.starts_with(accounts_path) && path.size() > accounts_path.size() + 1)
        return account(exchange, trace_id);
    if (request.method != "GET" && request.method != "HEAD")
        return wrong_method("GET, HEAD", trace_id);
    if (path == "/__service/ledger") return json_reply(200, state_.ledger.to_json(), trace_id);
    if (path == "/__service/stats") return json_reply(200, stats(), trace_id);
    if (path == accounts_path) return json_reply(200, runner_.accounts().to_json(), trace_id);
    return ApiError{404, "no_api", fmt::format("no such path: {}", path)};
}

Checked<http::Reply> Service::account(http::Exchange& exchange, std::string const& trace_id) {
    auto const& request = exchange.request();
    if (request.method != "PATCH") return wrong_method("PATCH", trace_id);
    if (!request.from_loopback)
        return ApiError{403, "forbidden", "accounts are changed from this machine only"};
    auto const wanted = json::read(exchange.take_body());
    if (!wanted) return bad_request("the body is not JSON: " + wanted.error().message());
    auto const id = request.path.substr(accounts_path.size() + 1);
    auto changed = runner_.accounts().change(id, *wanted);
    if (!changed) return changed.error();
    return json_reply(200, *changed, trace_id);
}

asio::awaitable<void> Service::api(http::Exchange& exchange, std::string trace_id) {
    auto const& request = exchange.request();
    if (request.method != "POST") {
        auto reply = wrong_method("POST", trace_id);
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    Checked<std::string> payer = std::string();
    if (!state_.options.open) payer = state_.allowances.payer_of(request.header("authorization"));
    if (!payer) {
        auto reply = error_reply(payer.error(), trace_id);
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    if (auto const refused = wrong_type(request)) {
        auto reply = error_reply(*refused, trace_id);
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    auto const kind = kind_of_path(request.path);
    if (!kind) {
        Requester requester{std::move(*payer), std::move(trace_id)};
        co_await tasks_.handle(exchange, std::move(requester));
        co_return;
    }
    RequestContext context{*kind, std::move(trace_id), std::move(*payer)};
    co_await work_.handle(exchange, std::move(context));
}

json::Value Service::stats() const {
    json::Array strikes;
    for (auto const count : state_.faults.strikes()) strikes.emplace_back(count);
    json::Value value;
    value.set("tasks", static_cast<std::uint64_t>(state_.tasks.size()));
    value.set("running", static_cast<std::uint64_t>(runner_.running()));
    value.set("waiting", static_cast<std::uint64_t>(runner_.accounts().waiting()));
    value.set("painted", renders_.painted());
    value.set("cached_bytes", static_cast<std::uint64_t>(renders_.cached_bytes()));
    value.set("fault_strikes", std::move(strikes));
    return value;
}

} // namespace darkroom::studio
