#include "runner/provider/problem.hpp"

#include "runner/base/out_of_files.hpp"
#include "runner/base/text.hpp"
#include "runner/net/error.hpp"
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
}

/// Reads the error in the body of an answer other than 2xx; an empty one when the body is not the
/// service's.
ServiceError error_in(ServiceWire const& wire, Reply const& reply, Problem& problem) {
    auto const value = json::read(reply.body);
    if (!value) return {};
    if (problem.trace_id.empty()) problem.trace_id = value->text("trace_id").value_or("");
    problem.task_id = value->text("task_id").value_or("");
    return wire.read_error(*value).value_or(ServiceError());
}

void set_status_error(Problem& problem, ServiceError const& error, Reply const& reply) {
    problem.code = error.code.empty() ? fmt::format("http_{}", reply.head.status) : error.code;
    problem.message = error.message;
    if (!problem.message.empty()) return;
    problem.message = fmt::format("the answer has status {}", reply.head.status);
    if (auto const place = reply.head.find("location"); place && reply.head.status / 100 == 3)
        problem.message += ", a redirect; check the service's URL";
}

void set_answer_error(ServiceWire const& wire, Problem& problem, Reply const& reply) {
    auto const error = error_in(wire, reply, problem);
    set_status_error(problem, error, reply);
    problem.verdict = wire.verdict_of({Source::answer, reply.head.status, error.code, reply.sent});
}

/// A 2xx that ended well and yet had no result.
void set_silence(Problem& problem, Reply const& reply, SubmitReader const& heard) {
    problem.verdict = Verdict::unknown;
    if (heard.heard_service()) {
        problem.code = "no_result";
        problem.message = "the answer ended before there was a result";
        return;
    }
    problem.code = "bad_answer";
    problem.message = fmt::format("the answer is not the service's JSON (content type '{}')",
                                  reply.head.find("content-type").value_or("none"));
}

} // namespace

std::optional<WallTime> date_of(net::ResponseHead const& head) {
    auto const text = head.find("date");
    return text ? parse_http_date(*text) : std::nullopt;
}

Problem submit_problem(Reply const& reply, SubmitReader const& heard, WallTime now) {
    auto problem = problem_from(reply, now);
    auto const& wire = heard.wire();
    if (heard.error()) {
        problem.code = heard.error()->code.empty() ? "task_failed" : heard.error()->code;
        problem.message = heard.error()->message;
        problem.verdict =
            wire.verdict_of({Source::stream, reply.head.status, heard.error()->code, reply.sent});
    } else if (reply.head.status != 0 && !is_good(reply.head)) {
        // Also when the body broke off: the status alone decides then.
        set_answer_error(wire, problem, reply);
    } else if (reply.error.code) {
        set_network_error(problem, reply.error);
        problem.verdict = wire.verdict_of({Source::network, reply.head.status, "", reply.sent});
        // A passing state of our own: the request did not leave, and uses up no attempt.
        if (is_out_of_files(reply.error.code) && reply.sent == net::Sent::none)
            problem.verdict = Verdict::rate;
    } else {
        set_silence(problem, reply, heard);
    }
    if (!heard.task_id().empty()) problem.task_id = heard.task_id();
    if (!heard.trace_id().empty()) problem.trace_id = heard.trace_id();
    return problem;
}

Problem look_up_problem(ServiceWire const& wire, Reply const& reply, Error const& why,
                        WallTime now) {
    auto problem = problem_from(reply, now);
    if (reply.error.code) {
        set_network_error(problem, reply.error);
    } else if (is_good(reply.head)) {
        problem.code = "bad_answer";
        problem.message = why.message();
    } else {
        set_answer_error(wire, problem, reply);
    }
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
