#include "runner/provider/verdict.hpp"

#include "runner/base/number.hpp"
#include "runner/base/text.hpp"

#include <algorithm>
#include <array>

namespace darkroom::provider {

using engine::Verdict;

namespace {

struct CodeRow {
    std::string_view code;
    Verdict verdict;
};

/// Codes that mean the same wherever they stand: the account's. Two of the refusals come with 400
/// as well as with 401.
constexpr std::array account_codes = {
    CodeRow{"used_up", Verdict::empty},
    CodeRow{"insufficient_balance", Verdict::empty},
    CodeRow{"disabled", Verdict::account},
    CodeRow{"no_token", Verdict::account},
    CodeRow{"invalid_token", Verdict::account},
    CodeRow{"token_expired", Verdict::account},
    CodeRow{"token_mismatched", Verdict::account},
};

struct StatusRow {
    int status;
    Verdict verdict;
};

constexpr std::array statuses = {
    StatusRow{401, Verdict::account},   StatusRow{402, Verdict::empty},
    StatusRow{408, Verdict::unknown}, // a gateway's word for a slow service, too
    StatusRow{429, Verdict::rate},      StatusRow{502, Verdict::transient},
    StatusRow{503, Verdict::transient},
};

bool is_timeout(std::string_view code) { return code == "timeout" || code == "gateway_timeout"; }

bool is_refusal_of_the_request(std::string_view code) {
    return code == "bad_request" || code == "forbidden";
}

/// A task that the service took, and that failed there: not charged.
Verdict verdict_of_task(Evidence const& evidence) {
    if (is_refusal_of_the_request(evidence.code)) return Verdict::rejected;
    if (evidence.code == "too_many_requests" || evidence.code == "rate_limited")
        return Verdict::rate;
    // A stream that gives up waiting says nothing about the task; a record's word is the last.
    if (evidence.source == Source::stream && is_timeout(evidence.code)) return Verdict::unknown;
    return Verdict::generation;
}

Verdict verdict_of_answer(Evidence const& evidence) {
    for (auto const& row : statuses) {
        if (row.status == evidence.status) return row.verdict;
    }
    if (evidence.status >= 300 && evidence.status < 500) return Verdict::rejected;
    bool const own_words = !evidence.code.empty() && !is_timeout(evidence.code);
    return evidence.status == 500 && own_words ? Verdict::generation : Verdict::unknown;
}

} // namespace

Verdict verdict_of(Evidence const& evidence) {
    for (auto const& row : account_codes) {
        if (row.code == evidence.code) return row.verdict;
    }
    switch (evidence.source) {
    case Source::network:
        return evidence.sent == net::Sent::wholly ? Verdict::unknown : Verdict::transient;
    case Source::answer: return verdict_of_answer(evidence);
    case Source::stream:
    case Source::record: break;
    }
    return verdict_of_task(evidence);
}

Verdict verdict_of_fetch(int status) {
    return status == 403 || status == 404 || status == 410 ? Verdict::expired : Verdict::download;
}

std::optional<Duration> read_retry_after(std::string_view text, WallTime service_time) {
    text = trim(text);
    if (auto const seconds = parse_whole<std::int32_t>(text))
        return std::max<Duration>(std::chrono::seconds(*seconds), Duration());
    auto const date = parse_http_date(text);
    if (!date) return std::nullopt;
    constexpr std::chrono::milliseconds at_once(0);
    constexpr std::chrono::hours horizon(24 * 365); // far from where nanoseconds overflow
    return std::clamp<std::chrono::milliseconds>(*date - service_time, at_once, horizon);
}

engine::Problem task_problem(ServiceError const& error) {
    Evidence evidence;
    evidence.source = Source::record;
    evidence.code = error.code;
    engine::Problem problem;
    problem.verdict = verdict_of(evidence);
    problem.code = error.code.empty() ? "task_failed" : error.code;
    problem.message = error.message;
    return problem;
}

} // namespace darkroom::provider
