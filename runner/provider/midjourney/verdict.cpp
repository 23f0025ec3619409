#include "runner/provider/midjourney/verdict.hpp"

#include "runner/provider/verdict.hpp"

#include <array>

namespace darkroom::provider::midjourney {

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
    if (auto const known = verdict_of_status(evidence.status)) return *known;
    bool const own_words = !evidence.code.empty() && !is_timeout(evidence.code);
    return evidence.status == 500 && own_words ? Verdict::generation : Verdict::unknown;
}

} // namespace

Verdict verdict_of(Evidence const& evidence) {
    for (auto const& row : account_codes) {
        if (row.code == evidence.code) return row.verdict;
    }
    switch (evidence.source) {
    case Source::network: return verdict_of_network(evidence.sent);
    case Source::answer: return verdict_of_answer(evidence);
    case Source::stream:
    case Source::record: break;
    }
    return verdict_of_task(evidence);
}

} // namespace darkroom::provider::midjourney
