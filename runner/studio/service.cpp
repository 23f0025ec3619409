#include "runner/studio/service.hpp"

#include "runner/base/text.hpp"
#include "runner/studio/views.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace darkroom::studio {

namespace asio = boost::asio;

namespace {

constexpr std::string_view files_path = "/files/";
constexpr std::string_view samples_path = "/samples/";
constexpr std::string_view service_path = "/__service/";
constexpr std::string_view imagine_path = "/midjourney/imagine";
constexpr std::string_view tasks_path = "/midjourney/tasks";
/// Real paths of the API that this service has not got.
constexpr std::array<std::string_view, 6> not_served{
    "/midjourney/edits",     "/midjourney/videos",  "/midjourney/describe",
    "/midjourney/translate", "/midjourney/shorten", "/midjourney/seed"};

bool among(std::string_view path, std::span<std::string_view const> paths) {
    return std::find(paths.begin(), paths.end(), path) != paths.end();
}

bool is_api(std::string_view path) {
    return path == imagine_path || path == tasks_path || among(path, not_served);
}

/// The ledger's name for a path: files are counted together, strangers too.
std::string path_kind(std::string_view path) {
    if (is_api(path)) return std::string(path);
    for (auto const prefix : {files_path, samples_path, service_path})
        if (path.starts_with(prefix)) return std::string(prefix.substr(0, prefix.size() - 1));
    return "other";
}

/// Watches for the status that a request is answered with.
class NotingExchange final : public Exchange {
public:
    NotingExchange(Exchange& inner, Ledger& ledger)
        : inner_(inner), ledger_(ledger), kind_(path_kind(inner.request().path)) {}
    ~NotingExchange() override {
        if (!noted_) ledger_.asked(kind_, 0);
    }

    HttpRequest const& request() const override { return inner_.request(); }
    std::string take_body() override { return inner_.take_body(); }
    asio::awaitable<Result<>> answer(HttpReply reply) override {
        note(reply.status);
        return inner_.answer(std::move(reply));
    }
    asio::awaitable<Result<>> begin(HttpHead head) override {
        note(head.status);
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

    Exchange& inner_;
    Ledger& ledger_;
    std::string kind_;
    bool noted_ = false;
};

/// Compares in a time that tells nothing about where the texts differ.
bool same_token(std::string_view given, std::string_view expected) {
    unsigned difference = given.size() == expected.size() ? 0 : 1;
    for (std::size_t i = 0; i < given.size() && i < expected.size(); ++i)
        difference |= static_cast<unsigned char>(given[i] ^ expected[i]);
    return difference == 0;
}

HttpReply wrong_method(std::string const& allowed, std::string const& trace_id) {
    auto reply = error_reply({405, "bad_request", "use " + allowed + " here"}, trace_id);
    reply.headers.push_back({"allow", allowed});
    return reply;
}

ShopOptions shop_options(ServerOptions const& options) {
    ShopOptions shop;
    shop.threads = options.paint_threads;
    shop.cache_bytes = options.cache_bytes;
    return shop;
}

} // namespace

Service::Service(Premises& premises)
    : premises_(premises), shop_(premises.executor, shop_options(premises.options)),
      workshop_(premises), inputs_(premises, shop_), imagine_(premises, workshop_, inputs_, shop_),
      tasks_(premises), files_(premises, shop_) {}

asio::awaitable<void> Service::handle(Exchange& exchange) {
    NotingExchange noting(exchange, premises_.ledger);
    co_await route(noting, premises_.ids.uuid());
}

HttpReply Service::refusal(int status, std::string why) {
    premises_.ledger.asked("other", status);
    return error_reply({status, "bad_request", std::move(why)}, premises_.ids.uuid());
}

asio::awaitable<void> Service::route(Exchange& exchange, std::string trace_id) {
    auto const& request = exchange.request();
    std::string_view const path = request.path;
    bool const file = path.starts_with(files_path);
    bool const sample = path.starts_with(samples_path);
    bool const own = path.starts_with(service_path) && premises_.options.service_paths;
    bool const reading = request.method == "GET" || request.method == "HEAD";
    HttpReply reply;
    if ((file || sample || own) && !reading)
        reply = wrong_method("GET, HEAD", trace_id);
    else if (file) {
        std::string name(path.substr(files_path.size()));
        co_await files_.file(exchange, std::move(name), std::move(trace_id));
        co_return;
    } else if (sample) {
        std::string name(path.substr(samples_path.size()));
        co_await files_.sample(exchange, std::move(name), std::move(trace_id));
        co_return;
    } else if (own && path.substr(service_path.size()) == "ledger")
        reply = json_reply(200, premises_.ledger.to_json(), trace_id);
    else if (own && path.substr(service_path.size()) == "stats")
        reply = json_reply(200, stats(), trace_id);
    else if (is_api(path)) {
        co_await api(exchange, std::move(trace_id));
        co_return;
    } else
        reply = error_reply({404, "no_api", fmt::format("no such path: {}", path)}, trace_id);
    co_await exchange.answer(std::move(reply));
}

asio::awaitable<void> Service::api(Exchange& exchange, std::string trace_id) {
    auto const& request = exchange.request();
    if (request.method != "POST") {
        auto reply = wrong_method("POST", trace_id);
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    if (auto const refused = refuse_api(request)) {
        auto reply = error_reply(*refused, trace_id);
        co_await exchange.answer(std::move(reply));
        co_return;
    }
    if (request.path == imagine_path)
        co_await imagine_.handle(exchange, std::move(trace_id));
    else
        co_await tasks_.handle(exchange, std::move(trace_id));
}

std::optional<ApiError> Service::refuse_api(HttpRequest const& request) const {
    if (auto const refused = refuse_token(request)) return refused;
    if (among(request.path, not_served))
        return ApiError{400, "api_not_implemented",
                        request.path + " is not served by the built-in service"};
    return std::nullopt;
}

std::optional<ApiError> Service::refuse_token(HttpRequest const& request) const {
    auto const& options = premises_.options;
    if (options.open) return std::nullopt;
    auto const header = request.header("authorization");
    if (header.empty()) return ApiError{400, "no_token", "the authorization header is missing"};
    constexpr std::string_view scheme = "bearer ";
    bool const bearer = to_lower(header.substr(0, scheme.size())) == scheme;
    auto const token = bearer ? trim(header.substr(scheme.size())) : std::string_view();
    if (token.empty())
        return ApiError{401, "invalid_token", "the authorization header must be Bearer TOKEN"};
    bool known = options.tokens.empty();
    for (auto const& expected : options.tokens) known |= same_token(token, expected);
    if (known) return std::nullopt;
    return ApiError{401, "invalid_token", "this token is not known here"};
}

json::Value Service::stats() const {
    json::Array strikes;
    for (auto const count : premises_.faults.strikes()) strikes.emplace_back(count);
    json::Value value;
    value.set("tasks", static_cast<std::uint64_t>(premises_.tasks.size()));
    value.set("running", static_cast<std::uint64_t>(workshop_.running()));
    value.set("painted", shop_.painted());
    value.set("cached_bytes", static_cast<std::uint64_t>(shop_.cached_bytes()));
    value.set("fault_strikes", std::move(strikes));
    return value;
}

} // namespace darkroom::studio
