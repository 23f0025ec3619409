#include "runner/provider/client.hpp"

#include "runner/base/sha256.hpp"
#include "runner/base/text.hpp"
#include "runner/engine/answer_limits.hpp"
#include "runner/http/hook_listener.hpp"
#include "runner/net/error.hpp"
#include "runner/net/recording.hpp"
#include "runner/provider/connections.hpp"
#include "runner/provider/problem.hpp"
#include "runner/provider/submit_reader.hpp"
#include "runner/provider/verdict.hpp"
#include "runner/provider/watched_sink.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>

namespace darkroom::provider {

namespace {

constexpr std::string_view json_type = "application/json";
constexpr std::string_view lines_type = "application/x-ndjson";
/// A page of fifty records, each with its prompt and links.
constexpr std::size_t tasks_body_max = 16u << 20;

Error unusable(std::string text) {
    return {boost::system::errc::make_error_code(boost::system::errc::invalid_argument),
            std::move(text)};
}

Result<> check(ClientOptions const& options) {
    for (auto const& [account, token] : options.tokens) {
        if (!is_header_text(token))
            return unusable("the token has a space, a line end or another character that no token "
                            "has; see how it is stored");
    }
    return {};
}

net::TimeLimits limits_of(jobs::Timeouts const& timeouts) {
    return {timeouts.connect, timeouts.first_event, timeouts.idle, timeouts.total};
}

/// Returns true when the service refused the token, and so took nothing.
bool is_token_refused(engine::Problem const* problem) {
    return problem != nullptr && problem->status == 401 &&
           problem->verdict == engine::Verdict::account;
}

/// A task was named in a good answer, and no line of it was the last word.
bool is_taken(net::Reply const& reply, SubmitReader const& heard) {
    bool const good = reply.head.status / 100 == 2;
    return good && !heard.task_id().empty() && !heard.error();
}

/// A link that leads nowhere: another one may be had from the task's record.
engine::Problem unusable_link(std::string const& url, Error const& why) {
    engine::Problem problem;
    problem.verdict = engine::Verdict::expired;
    problem.code = url.empty() ? "no_link" : net::word_for(why.code);
    problem.message = url.empty() ? "the service gave no link" : why.message();
    return problem;
}

} // namespace

Client::Client(boost::asio::any_io_executor executor, Clock& clock, ClientOptions options,
               net::Url base)
    : clock_(clock), options_(std::move(options)),
      tokens_(executor, options_.tokens, options_.renew_token),
      wire_(*options_.wire, tokens_.secrets()), base_(std::move(base)),
      http_(options_.exchanger, clock, options_.recording), has_spoken_(options_.has_spoken) {
    tokens_.keep_secret(options_.proxy.password);
    if (!options_.recording) return;
    for (auto const& [account, token] : options_.tokens) options_.recording->hide(token);
    options_.recording->hide(options_.proxy.password);
}

Result<std::unique_ptr<Client>> Client::create(boost::asio::any_io_executor executor, Clock& clock,
                                               ClientOptions options) {
    if (auto const fit = check(options); !fit) return fit.error();
    auto base = net::parse_url(options.url);
    if (!base) return base.error();
    while (base->target.ends_with('/')) base->target.pop_back(); // an endpoint begins with one
    if (base->target.find('?') != std::string::npos)
        return unusable("service.url: " + base->shown() + " must not have a query");
    if (!options.exchanger) {
        auto connections = connections_for(options.tls, options.proxy, options.http, base->origin);
        connections.on_no_http2 = options.on_no_http2;
        options.exchanger =
            std::make_shared<net::PooledExchanger>(executor, clock, std::move(connections));
    }
    std::unique_ptr<Client> client(
        new Client(executor, clock, std::move(options), std::move(*base)));
    TRY(client->open_hook(executor));
    return client;
}

Result<> Client::open_hook(boost::asio::any_io_executor executor) {
    hook_ = options_.hook;
    if (!hook_ && !options_.callback_listen.empty()) {
        auto opened = http::HookListener::open(executor, clock_, options_.callback_listen);
        if (!opened) return Error(opened.error().code, "callback.listen: " + opened.error().detail);
        hook_ = std::move(*opened);
    }
    if (!hook_) return {};
    auto origin = options_.callback_public_url;
    while (origin.ends_with('/')) origin.pop_back();
    if (origin.empty()) origin = hook_->origin();
    callback_url_ = origin + hook_->path();
    return {};
}

bool Client::attend(TaskGroup& group, engine::UpdateSink& updates) {
    if (!hook_) return false;
    hook_->serve_in(group, [this, &updates](http::HookPost const& post) {
        return take_callback(post, updates);
    });
    return true;
}

std::string Client::identity_of(std::string const& account) const {
    constexpr std::size_t digits = 16;
    auto const& token = tokens_.of(account);
    auto const url = options_.identity.empty() ? base_.text() : options_.identity;
    return token.empty() ? url : url + "#" + to_hex(sha256(token)).substr(0, digits);
}

void Client::note_spoken() {
    if (std::exchange(has_spoken_, true)) return;
    if (options_.on_spoken) options_.on_spoken();
}

/// Learns from an answer in the service's own words.
void Client::note_word(net::Reply const& reply) {
    note_spoken();
    if (auto const date = date_of(reply.head)) service_ahead_ = *date - reply.head_at;
}

/// Ids keep their masks, since the service is asked about them again; texts are only read.
engine::Problem Client::without_tokens(engine::Problem problem) const {
    auto const& secrets = tokens_.secrets();
    secrets.hide(problem.message);
    for (auto* id : {&problem.task_id, &problem.trace_id}) secrets.mask(*id);
    engine::cut_words(problem); // afterwards: a part of a token would not be found
    return problem;
}

/// Makes an outcome into one that may leave the client: without tokens, and with links in place of
/// images.
engine::Outcome Client::own(engine::Outcome outcome) {
    if (auto* problem = std::get_if<engine::Problem>(&outcome))
        return without_tokens(std::move(*problem));
    return own(std::get<engine::Answer>(std::move(outcome)));
}

/// The bytes of an image within the answer are as they came; no text is made of them.
engine::Answer Client::own(engine::Answer answer) {
    engine::cut_lists(answer);
    auto const& secrets = tokens_.secrets();
    secrets.unmask(answer.url);
    for (auto& url : answer.sub_urls) secrets.unmask(url);
    held_.take_from(answer); // then its addresses are short
    engine::cut_links(answer);
    for (auto* text : {&answer.url, &answer.trace_id}) secrets.mask(*text);
    for (auto& url : answer.sub_urls) secrets.mask(url);
    return answer;
}

/// Returns false when the body is nothing that the service would say.
bool Client::take_callback(http::HookPost const& post, engine::UpdateSink& updates) {
    auto const value = read_service_json(post.body);
    auto event = value ? wire_.read_event(*value, "") : std::nullopt;
    if (event) cut_lists(*event);
    if (!event || event->task_id.empty()) return false;
    engine::TaskUpdate update;
    update.task_id = event->task_id;
    update.tag = post.tag;
    update.percent = event->percent;
    if (event->error) {
        Evidence const ended{Source::record, 0, event->error->code, net::Sent::none};
        auto const verdict = wire_.verdict_of(ended);
        auto problem = without_tokens(task_problem(*event->error, verdict));
        problem.task_id = event->task_id;
        problem.trace_id = event->trace_id;
        update.outcome = std::move(problem);
    } else if (event->answer) {
        update.outcome = own(*event->answer);
    }
    updates.on_update(std::move(update));
    return true;
}

PaidRequest Client::paid_request(engine::Submission const& submission) const {
    DeliveryWish wish;
    wish.streams = options_.delivery == jobs::Delivery::stream;
    wish.later = options_.delivery == jobs::Delivery::poll;
    wish.callback_url = callback_url_;
    if (!callback_url_.empty() && !submission.tag.empty())
        wish.callback_url += "/" + submission.tag;
    return wire_.paid_request(submission, wish);
}

net::PostRequest Client::post_of(WireRequest asked, std::string const& account) const {
    net::PostRequest request;
    request.url = base_;
    request.url.target += asked.path;
    request.body = std::move(asked.body);
    auto const& token = tokens_.of(account);
    if (!token.empty()) request.authorization = "Bearer " + token;
    request.accept = json_type;
    return request;
}

/// A stream waits in one frame less where no token can take the place of a refused one.
engine::awaitable<engine::SubmitResult> Client::submit(engine::Submission submission,
                                                       engine::ProgressSink& progress) {
    if (!tokens_.may_change()) return submit_once(std::move(submission), progress);
    return submit_with_fresh_token(std::move(submission), progress);
}

engine::awaitable<engine::SubmitResult>
Client::submit_with_fresh_token(engine::Submission submission, engine::ProgressSink& progress) {
    auto const account = submission.account;
    auto const used = tokens_.of(account);
    for (bool again = false;; again = true) {
        auto result = co_await submit_once(submission, progress);
        if (again || !is_token_refused(std::get_if<engine::Problem>(&result))) co_return result;
        bool const renewed = co_await tokens_.replace(account, used);
        if (!renewed) co_return result;
    }
}

/// Holds nothing of the request while its answer is awaited: thousands of streams wait for minutes.
engine::awaitable<engine::SubmitResult> Client::submit_once(engine::Submission submission,
                                                            engine::ProgressSink& progress) {
    auto paid = paid_post(submission, progress);
    auto reader = std::make_unique<SubmitReader>(progress, wire_, std::move(submission.endpoint));
    reader->when_heard([this] { note_spoken(); });
    auto answer = http_.post_stream(std::move(paid.post), paid.limits, *reader);
    return read_answer(std::move(answer), std::move(reader), paid.later);
}

engine::awaitable<engine::SubmitResult> Client::read_answer(engine::awaitable<net::Reply> answer,
                                                            std::unique_ptr<SubmitReader> reader,
                                                            bool later) {
    auto const reply = co_await std::move(answer);
    if (!reply.error.code) reader->finish();
    co_return result_of(reply, *reader, later);
}

Client::PaidPost Client::paid_post(engine::Submission const& submission,
                                   engine::ProgressSink& progress) const {
    auto asked = paid_request(submission);
    PaidPost paid{post_of(std::move(asked.request), submission.account),
                  limits_of(options_.timeouts), asked.later};
    if (asked.streams)
        paid.post.accept = lines_type;
    else if (!asked.later)
        paid.limits.first = paid.limits.idle = paid.limits.total; // the one line is the last word
    paid.post.before_first_byte = [&progress] { return progress.on_sending(); };
    return paid;
}

/// Reads the answer to a paid request. `later`: its end may be a task that goes on.
engine::SubmitResult Client::result_of(net::Reply const& reply, SubmitReader const& reader,
                                       bool later) {
    if (reader.heard_service() || is_own_word(wire_, reply)) note_word(reply);
    if (!reader.answer() && later && is_taken(reply, reader))
        return engine::Acknowledged{reader.task_id()};
    if (!reader.answer())
        return without_tokens(submit_problem(view(), reply, reader, clock_.wall()));
    auto answer = *reader.answer();
    answer.task_id = reader.task_id();
    answer.trace_id = reader.trace_id();
    if (answer.trace_id.empty()) answer.trace_id = reply.head.find("x-trace-id").value_or("");
    engine::cut_id(answer.trace_id);
    return own(std::move(answer));
}

engine::awaitable<std::variant<engine::TaskPage, engine::Problem>>
Client::look_up(engine::TaskQuery query) {
    auto const account = query.account;
    auto const used = tokens_.of(account);
    auto result = co_await look_up_once(query);
    if (!is_token_refused(std::get_if<engine::Problem>(&result))) co_return result;
    bool const again = co_await tokens_.replace(account, used);
    if (!again) co_return result;
    result = co_await look_up_once(std::move(query));
    co_return result;
}

engine::Problem Client::look_up_failure(net::Reply const& reply, Error const& why) {
    bool const refused = reply.head.status / 100 != 2;
    if (refused && is_own_word(wire_, reply)) note_word(reply);
    return without_tokens(look_up_problem(view(), reply, why, clock_.wall()));
}

engine::awaitable<std::variant<engine::TaskPage, engine::Problem>>
Client::look_up_once(engine::TaskQuery query) {
    auto const& wire = wire_;
    auto request = post_of(wire.look_up_request(query), query.account);
    request.body_max = tasks_body_max;
    request.repeatable = true;
    auto const limits = limits_of(options_.timeouts);
    auto const reply = co_await http_.post(std::move(request), limits);
    engine::TaskPage page;
    page.service_time = date_of(reply.head);
    if (!reply.error.code && reply.head.status == 404 && query.ids.size() == 1) {
        auto problem = look_up_failure(reply, Error());
        if (wire.is_no_such_task(problem.code)) co_return page;
        co_return problem; // a wrong path, or a gateway's page: says nothing about the task
    }
    bool const good = !reply.error.code && reply.head.status / 100 == 2;
    auto const value = read_service_json(good ? reply.body : "null");
    if (good && value && wire.is_own_word(reply.head.status, *value)) note_word(reply);
    auto tasks = good && value ? wire.read_tasks(*value, query) : std::nullopt;
    if (!tasks) {
        Error why =
            value ? unusable("the answer speaks of no tasks, or of far too many") : value.error();
        co_return look_up_failure(reply, why);
    }
    page.tasks = std::move(*tasks);
    page.given = page.tasks.size();
    for (auto& task : page.tasks) {
        engine::cut_id(task.task_id);
        if (task.outcome) task.outcome = own(std::move(*task.outcome));
    }
    co_return page;
}

/// Returns a link as the service gave it if it leads to the service itself. Any other link keeps
/// the masks of tokens: no image host is sent one.
std::string Client::link_to_send(std::string const& link) const {
    auto whole = link;
    if (!tokens_.secrets().unmask(whole)) return link;
    auto const url = net::parse_url(trim(whole));
    return url && url->origin == base_.origin ? whole : link;
}

/// Does the same for the target of a redirect.
net::Url Client::target_to_send(net::Url target) const {
    if (target.origin != base_.origin) tokens_.secrets().mask(target.target);
    return target;
}

/// Writes an image that came within an answer.
std::optional<engine::Problem> Client::write_held(std::string const& link, ByteSink& into) {
    auto const written = held_.write(link, into);
    if (written.has_error()) {
        net::Reply reply;
        reply.error = written.error();
        return fetch_problem(reply, true, clock_.wall());
    }
    if (*written) return std::nullopt;
    engine::Problem problem;
    problem.verdict = engine::Verdict::expired;
    problem.code = "not_held";
    problem.message = "the image came within an answer that is gone";
    return problem;
}

engine::awaitable<std::optional<engine::Problem>> Client::fetch(engine::ImageLink link,
                                                                ByteSink& into) {
    if (HeldImages::is_link(link.url)) co_return write_held(link.url, into);
    std::optional<engine::Problem> problem;
    net::GetRequest request;
    auto url = net::parse_url(trim(link_to_send(link.url)));
    if (!url) co_return unusable_link(link.url, url.error());
    request.url = std::move(*url);
    request.offset = link.offset;
    request.etag = std::move(link.etag);
    request.on_redirect = [this](net::Url target) { return target_to_send(std::move(target)); };
    net::GetLimits limits;
    limits.time = limits_of(options_.timeouts);
    limits.time.idle = std::min(limits.time.idle, Duration(std::chrono::seconds(30)));
    WatchedSink sink(into, tokens_.secrets());
    auto const reply = co_await http_.get(std::move(request), limits, sink);
    bool const whole = !reply.error.code && (reply.head.status == 200 || reply.head.status == 206);
    if (!whole) problem = without_tokens(fetch_problem(reply, sink.failed(), clock_.wall()));
    co_return problem;
}

} // namespace darkroom::provider
