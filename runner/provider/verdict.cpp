#include "runner/provider/verdict.hpp"

#include "runner/base/number.hpp"
#include "runner/base/text.hpp"

#include <algorithm>
#include <array>

namespace darkroom::provider {

using engine::Verdict;

namespace {

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

} // namespace

std::optional<Verdict> verdict_of_status(int status) {
    for (auto const& row : statuses) {
        if (row.status == status) return row.verdict;
    }
    if (status >= 300 && status < 500) return Verdict::rejected;
    return std::nullopt;
}

Verdict verdict_of_network(net::Sent sent) {
    return sent == net::Sent::wholly ? Verdict::unknown : Verdict::transient;
}

Verdict verdict_of_fetch(int status) {
    if (status == 429) return Verdict::rate;
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

} // namespace darkroom::provider
