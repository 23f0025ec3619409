#include "runner/provider/midjourney/verdict.hpp"

#include "runner/provider/verdict.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace darkroom::provider::midjourney {

using engine::Verdict;

namespace {

/// A code of the contract. Without a verdict, its status or its place decides.
struct CodeRow {
    std::string_view code;
    std::optional<Verdict> verdict;
};

constexpr std::array codes = {
    // the account's; two of the refusals come with 400 as well as with 401
    CodeRow{"used_up", Verdict::empty},
    CodeRow{"insufficient_balance", Verdict::empty},
    CodeRow{"disabled", Verdict::account},
    CodeRow{"no_token", Verdict::account},
    CodeRow{"invalid_token", Verdict::account},
    CodeRow{"token_expired", Verdict::account},
    CodeRow{"token_mismatched", Verdict::account},
    // it may be under way, or may have been taken before
    CodeRow{"timeout", Verdict::unknown},
    CodeRow{"gateway_timeout", Verdict::unknown},
    CodeRow{"duplication", Verdict::unknown},
    // later
    CodeRow{"too_many_requests", Verdict::rate},
    CodeRow{"rate_limited", Verdict::rate},
    CodeRow{"busy", Verdict::rate},
    // the request's fault
    CodeRow{"bad_request", Verdict::rejected},
    CodeRow{"forbidden", Verdict::rejected},
    CodeRow{"content_too_large", Verdict::rejected},
    // the task's fault
    CodeRow{"canceled", Verdict::generation},
    CodeRow{"api_error", std::nullopt},
    CodeRow{"task_failed", std::nullopt},
    // the path's
    CodeRow{"no_api", std::nullopt},
    CodeRow{"api_not_implemented", std::nullopt},
    CodeRow{"not_applied", std::nullopt},
};

CodeRow const* row_of(std::string_view code) {
    auto const found = std::find_if(codes.begin(), codes.end(),
                                    [code](CodeRow const& row) { return row.code == code; });
    return found == codes.end() ? nullptr : &*found;
}

Verdict verdict_of_answer(Evidence const& evidence) {
    if (auto const known = verdict_of_status(evidence.status)) return *known;
    bool const own_words = is_known_code(evidence.code);
    return evidence.status == 500 && own_words ? Verdict::generation : Verdict::unknown;
}

/// Returns true when a status says more than the code beside it.
bool is_decided_by_status(Evidence const& evidence, Verdict by_code) {
    if (evidence.source != Source::answer) return false;
    if (by_code == Verdict::rejected || by_code == Verdict::generation)
        return evidence.status == 401 || evidence.status == 402 || evidence.status == 408 ||
               evidence.status == 429;
    return false;
}

} // namespace

bool is_known_code(std::string_view code) { return row_of(code) != nullptr; }

Verdict verdict_of(Evidence const& evidence) {
    auto const* row = row_of(evidence.code);
    if (row != nullptr && row->verdict && !is_decided_by_status(evidence, *row->verdict))
        return *row->verdict;
    switch (evidence.source) {
    case Source::network: return verdict_of_network(evidence.sent);
    case Source::answer: return verdict_of_answer(evidence);
    case Source::stream:
    case Source::record: break;
    }
    return Verdict::generation; // the service took the task, and it failed there: not charged
}

} // namespace darkroom::provider::midjourney
