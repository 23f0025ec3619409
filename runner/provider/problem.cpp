#include "runner/provider/problem.hpp"

#include "runner/base/out_of_files.hpp"
#include "runner/base/text.hpp"
#include "runner/net/url.hpp"
#include "runner/provider/verdict.hpp"

#include <fmt/format.h>

namespace darkroom::provider {

using engine::Problem;
using engine::Verdict;
using net::Reply;

namespace {

bool is_good(net::ResponseHead const& head) { return head.status / 100 == 2; }

/// The parts of a Problem that come from the reply alone.
Problem problem_from(Reply const& reply, WallTime now) {
    Problem problem;
    problem.status = reply.head.status;
    problem.trace_id = reply.head.find("x-trace-id").value_or("");
    if (auto const text = reply.head.find("retry-after"))
        problem.retry_after = read_retry_after(*text, date_of(reply.head).value_or(now));
    return problem;
}

void set_network_error(Problem& problem, Error const& error) {
    problem.code = net::word_for(error.code);
    problem.message = error.message();
    if (problem.code == engine::code_no_http2)
        problem.message =
            fmt::format("service.http is 2, and {} does not speak HTTP/2", error.detail);
}

void set_status_error(Problem& problem, ServiceError const& error, Reply const& reply) {
    problem.code = error.code.empty() ? fmt::format("http_{}", reply.head.status) : error.code;
    problem.message = error.message;
    if (!problem.message.empty()) return;
    problem.message = fmt::format("the answer has status {}", reply.head.status);
    if (auto const place = reply.head.find("location"); place && reply.head.status / 100 == 3)
        problem.message += ", a redirect; check the service's URL";
}

/// Reads the JSON of an answer; null for anything else. An object that came whole is whole, also
/// when the transfer broke off behind it.
json::Value value_in(Reply const& reply) {
    auto value = read_service_json(reply.body);
    return value ? std::move(*value) : json::Value();
}

std::string content_type(Reply const& reply) {
    return std::string(reply.head.find("content-type").value_or("none"));
}

/// Returns true when the URL may be wrong: nothing there has spoken as the service yet.
bool is_stranger(Reply const& reply, ServiceView const& service) {
    auto const status = reply.head.status;
    return !service.has_spoken && (may_be_a_stranger(status) || is_good(reply.head));
}

/// Says what a person can do about an answer that is not in the service's words.
std::string advice_on(Reply const& reply, ServiceView const& service) {
    auto const status = reply.head.status;
    if (status == 407) return "a proxy refuses this program; check service.proxy";
    if (!is_stranger(reply, service)) {
        if (status == 413) return "a server on the way refuses a request of this size";
        return fmt::format("a server on the way to {} has answered in its place", service.url);
    }
    std::string where;
    if (auto const place = reply.head.find("location"); place && status / 100 == 3) {
        auto const there = net::parse_url(*place);
        where = there ? fmt::format(", which redirects to {}", there->shown()) : ", a redirect";
    }
    return fmt::format("this is not the service at {}{}; check service.url", service.url, where);
}

/// Describes an answer that is not in the service's words.
void set_gateway_error(ServiceView const& service, Problem& problem, Reply const& reply) {
    auto const status = reply.head.status;
    problem.verdict = verdict_of_gateway(status, reply.sent, service.has_spoken);
    problem.code = is_stranger(reply, service) ? "not_the_service" : fmt::format("http_{}", status);
    problem.message = fmt::format("the answer with status {} and content type '{}' is not the "
                                  "service's own",
                                  status, content_type(reply));
    if (problem.verdict != Verdict::rate) problem.message += ": " + advice_on(reply, service);
}

void set_answer_error(ServiceView const& service, Problem& problem, Reply const& reply) {
    auto const value = value_in(reply);
    if (problem.trace_id.empty()) problem.trace_id = value.text("trace_id").value_or("");
    problem.task_id = value.text("task_id").value_or("");
    if (!service.wire.is_own_word(reply.head.status, value))
        return set_gateway_error(service, problem, reply);
    auto const error = service.wire.read_error(value).value_or(ServiceError());
    set_status_error(problem, error, reply);
    problem.verdict =
        service.wire.verdict_of({Source::answer, reply.head.status, error.code, reply.sent});
}

/// A 2xx that ended well and yet had no result.
void set_silence(ServiceView const& service, Problem& problem, Reply const& reply,
                 SubmitReader const& heard) {
    problem.verdict = Verdict::unknown;
    if (heard.heard_service()) {
        problem.code = "no_result";
        problem.message = "the answer ended before there was a result";
        return;
    }
    problem.code = "bad_answer";
    problem.message =
        fmt::format("the answer with status {} is not the service's JSON (content "
                    "type '{}'): {}",
                    reply.head.status, content_type(reply), advice_on(reply, service));
}

bool is_too_large(error_code const& code) {
    return code == net::Errc::body_too_large || code == json::Errc::too_large;
}

} // namespace

bool is_own_word(ServiceWire const& wire, Reply const& reply) {
    return reply.head.status != 0 && wire.is_own_word(reply.head.status, value_in(reply));
}

std::optional<WallTime> date_of(net::ResponseHead const& head) {
    auto const text = head.find("date");
    return text ? parse_http_date(*text) : std::nullopt;
}

Problem submit_problem(ServiceView const& service, Reply const& reply, SubmitReader const& heard,
                       WallTime now) {
    auto problem = problem_from(reply, now);
    auto const& wire = service.wire;
    if (heard.error()) {
        problem.code = heard.error()->code.empty() ? "task_failed" : heard.error()->code;
        problem.message = heard.error()->message;
        problem.verdict =
            wire.verdict_of({Source::stream, reply.head.status, heard.error()->code, reply.sent});
    } else if (reply.head.status != 0 && !is_good(reply.head)) {
        // Also when the body broke off: the status alone decides then.
        set_answer_error(service, problem, reply);
    } else if (reply.error.code) {
        set_network_error(problem, reply.error);
        problem.verdict = wire.verdict_of({Source::network, reply.head.status, "", reply.sent});
        // A passing state of our own: the request did not leave, and uses up no attempt.
        bool const is_own = is_out_of_files(reply.error.code) ||
                            reply.error.code == make_error_code(net::Errc::held_back);
        if (is_own && reply.sent == net::Sent::none) problem.verdict = Verdict::rate;
    } else {
        set_silence(service, problem, reply, heard);
    }
    if (!heard.task_id().empty()) problem.task_id = heard.task_id();
    if (!heard.trace_id().empty()) problem.trace_id = heard.trace_id();
    return problem;
}

Problem look_up_problem(ServiceView const& service, Reply const& reply, Error const& why,
                        WallTime now) {
    auto problem = problem_from(reply, now);
    if (reply.head.status != 0 && !is_good(reply.head)) {
        set_answer_error(service, problem, reply);
    } else if (reply.error.code) {
        set_network_error(problem, reply.error);
    } else {
        problem.code = "bad_answer";
        problem.message = why.message();
    }
    if (is_too_large(reply.error.code) || is_too_large(why.code)) problem.code = "page_too_large";
    // Asking is free and changes nothing: whatever is not about the account may be asked again.
    bool const kept = problem.verdict == Verdict::rate || problem.verdict == Verdict::account ||
                      problem.verdict == Verdict::empty;
    if (!kept) problem.verdict = Verdict::transient;
    return problem;
}

Problem fetch_problem(Reply const& reply, bool sink_failed, WallTime now) {
    auto problem = problem_from(reply, now);
    problem.trace_id.clear(); // an image host's, which the service does not know
    if (reply.error.code) {
        set_network_error(problem, reply.error);
        bool const out_of_files = is_out_of_files(reply.error.code);
        // The system's own errors in writing are the disk's; the sink's others are about the image.
        bool const disk = sink_failed && !out_of_files &&
                          reply.error.code.category() == boost::system::system_category();
        problem.verdict = disk ? Verdict::disk : Verdict::download;
        if (out_of_files) problem.verdict = Verdict::rate; // a passing state
        if (sink_failed && !out_of_files) problem.code = disk ? "disk" : "bad_image";
    } else {
        set_status_error(problem, ServiceError(), reply);
        problem.verdict = verdict_of_fetch(reply.head.status);
    }
    return problem;
}

} // namespace darkroom::provider
