#include "runner/cli/dashboard.hpp"

#include "runner/base/in_time.hpp"
#include "runner/base/text.hpp"
#include "runner/base/try.hpp"
#include "runner/http/secret.hpp"

#include <fmt/format.h>

namespace darkroom::cli {

namespace asio = boost::asio;

namespace {

constexpr Duration heartbeat = std::chrono::seconds(15);
/// The state is sent at most so often.
constexpr Duration between_states = std::chrono::milliseconds(300);
/// A page that has heard of the end asks for the last pictures within this time.
constexpr Duration last_requests = std::chrono::milliseconds(500);

http::ServerSetup dashboard_setup() {
    http::ServerSetup setup;
    setup.connections_max = Dashboard::connections_max;
    setup.limits.body_bytes = Dashboard::order_bytes_max;
    return setup;
}

http::Reply order_reply(int status, OrderReply const& said) {
    json::Value answer;
    answer.set("done", said.is_done);
    answer.set("text", said.text);
    auto reply = data_reply("application/json", "no-store", json::write(answer));
    reply.status = status;
    return reply;
}

std::string event_text(std::string_view name, json::Value const& data) {
    return fmt::format("event: {}\ndata: {}\n\n", name, json::write(data));
}

/// The things that a viewer has been sent.
struct Sent {
    std::uint64_t version = 0;
    std::uint64_t lines = 0;
    std::uint64_t pictures = 0;
    std::size_t samples = 0;
};

/// Returns the events that a viewer lacks, after that of the state.
std::string news(report::LiveRun const& live, Sent& sent) {
    std::string text;
    if (live.lines_end() > sent.lines) text += event_text("lines", live.lines_from(sent.lines));
    if (live.pictures_end() > sent.pictures)
        text += event_text("pictures", live.pictures_from(sent.pictures));
    if (live.samples_taken() > sent.samples) text += event_text("samples", live.samples());
    sent.lines = live.lines_end();
    sent.pictures = live.pictures_end();
    sent.samples = live.samples_taken();
    return text;
}

} // namespace

Dashboard::Dashboard(asio::any_io_executor executor, Clock& clock, DashboardParts parts)
    : clock_(clock), parts_(std::move(parts)), secret_(http::make_secret()),
      pages_(parts_.directory, ServedRun::at_work), server_(executor, clock, dashboard_setup()),
      answered_(executor) {}

Dashboard::~Dashboard() = default;

Result<std::unique_ptr<Dashboard>> Dashboard::open(asio::any_io_executor executor, Clock& clock,
                                                   http::ListenAddress const& at,
                                                   DashboardParts parts) {
    std::unique_ptr<Dashboard> dashboard(new Dashboard(executor, clock, std::move(parts)));
    TRY(dashboard->server_.listen(at));
    http::HostRule rule{dashboard->server_.address().to_string(), {}};
    http::Handler& handler = *dashboard;
    dashboard->guard_ = std::make_unique<http::HostGuard>(handler, std::move(rule));
    return dashboard;
}

void Dashboard::serve_in(TaskGroup& group) { server_.serve_in(group, *guard_); }

asio::awaitable<void> Dashboard::say_goodbye(Duration patience) {
    if (viewers_ == 0) co_return;
    Time const end = clock_.now() + patience;
    while (viewers_ > 0 && clock_.now() < end) co_await in_time(clock_, end, answered_.woken());
    co_await clock_.sleep_for(last_requests);
    while (answering_ > 0 && clock_.now() < end) co_await in_time(clock_, end, answered_.woken());
}

http::Reply Dashboard::refusal(int status, std::string why) {
    return plain_reply(status, std::move(why));
}

/// Counts one more while it exists.
class Dashboard::Counted {
public:
    Counted(std::size_t& count, Gate& gate) : count_(++count), gate_(gate) {}
    Counted(Counted const&) = delete;
    Counted& operator=(Counted const&) = delete;
    ~Counted() {
        --count_;
        gate_.wake_all();
    }

private:
    std::size_t& count_;
    Gate& gate_;
};

/// Whatever goes wrong for a viewer, the run goes on: it is said, and the viewer gets no answer.
asio::awaitable<void> Dashboard::handle(http::Exchange& exchange) {
    Counted const counted(answering_, answered_);
    try {
        co_await answer(exchange);
    } catch (boost::system::system_error const& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        note_failure(error.what());
    } catch (std::exception const& error) {
        note_failure(error.what());
    }
}

void Dashboard::note_failure(std::string const& why) {
    parts_.live.say(
        {report::printable("the page could not answer: " + why), report::Ink::bad, true});
}

asio::awaitable<void> Dashboard::answer(http::Exchange& exchange) {
    std::string path = exchange.request().path;
    auto const top = "/" + secret_ + "/";
    http::Reply reply = plain_reply(404, "there is nothing here");
    if (path == top + "events" && exchange.request().method == "GET")
        co_return co_await stream(exchange);
    if (path.starts_with(top)) {
        path.erase(0, top.size());
        reply = co_await reply_to(exchange, std::move(path));
    }
    co_await pages_.send(exchange, std::move(reply));
}

asio::awaitable<http::Reply> Dashboard::reply_to(http::Exchange& exchange, std::string path) {
    auto const& method = exchange.request().method;
    if (path == "orders" && method == "POST") co_return order(exchange);
    http::Reply reply = plain_reply(405, "use GET");
    if (method != "GET" && method != "HEAD") co_return reply;
    constexpr std::string_view previews = "previews/";
    if (path.starts_with(previews))
        reply = co_await preview(path.substr(previews.size()));
    else
        reply = co_await pages_.reply_to(exchange, std::move(path));
    co_return reply;
}

asio::awaitable<http::Reply> Dashboard::preview(std::string key) {
    Digest step{};
    auto url = from_hex(key, step) ? parts_.live.preview_of(step) : std::string();
    http::Reply gone;
    gone.status = 204; // as is usual: a preview dies with its generation
    if (url.empty()) co_return gone;
    auto bytes = co_await parts_.fetch(std::move(url));
    if (!bytes) co_return gone;
    co_return data_reply("image/webp", "no-store", std::move(*bytes));
}

http::Reply Dashboard::order(http::Exchange& exchange) {
    auto const& request = exchange.request();
    auto const origin = request.header("origin");
    bool const is_ours = origin.empty() || origin == server_.url() ||
                         origin == fmt::format("http://{}", request.header("host"));
    if (!is_ours || !request.header("content-type").starts_with("application/json"))
        return order_reply(403, {false, "Orders come from the page."});
    auto const order = json::read(request.body);
    if (order.has_error()) return order_reply(400, {false, "That is no JSON."});
    return order_reply(200, parts_.obey(*order));
}

/// All viewers get the same text: to make one costs as much as the run has open steps.
std::string const& Dashboard::state_event() {
    auto const now = clock_.now();
    bool const is_fresh = state_version_ == parts_.live.version();
    bool const is_young = !parts_.live.has_ended() && now < state_made_ + between_states;
    if (!state_text_.empty() && (is_fresh || is_young)) return state_text_;
    state_version_ = parts_.live.version();
    state_made_ = now;
    state_text_ = event_text("state", parts_.live.state());
    return state_text_;
}

/// Completes: true at the next change, false after a heartbeat's time.
asio::awaitable<bool> Dashboard::until_changed() {
    Time const end = clock_.now() + heartbeat;
    bool const is_changed = co_await in_time(clock_, end, parts_.live.changed().woken());
    co_return is_changed;
}

/// A viewer that reads slowly gets fewer states, and misses none of the rest.
asio::awaitable<void> Dashboard::stream(http::Exchange& exchange) {
    Counted const counted(viewers_, answered_);
    http::Head head;
    head.headers = {{"content-type", "text/event-stream"}, {"cache-control", "no-store"}};
    make_private(head.headers);
    auto begun = co_await exchange.begin(std::move(head));
    if (!begun) co_return;
    Sent seen;
    bool has_news = true;
    for (;;) {
        bool const is_last = parts_.live.has_ended();
        std::string text = ": still here\n\n";
        if (has_news || is_last) {
            text = state_event();
            seen.version = state_version_;
            text += news(parts_.live, seen);
        }
        auto const sent = co_await exchange.write(text);
        if (!sent) co_return;
        if (is_last) break;
        co_await clock_.sleep_for(between_states);
        has_news = parts_.live.version() != seen.version;
        if (!has_news) has_news = co_await until_changed();
    }
    auto const finished = co_await exchange.finish();
    (void)finished;
}

} // namespace darkroom::cli
