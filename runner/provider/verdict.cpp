#include "runner/provider/verdict.hpp"

#include "runner/base/backoff.hpp"
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
    StatusRow{408, Verdict::unknown},   StatusRow{429, Verdict::rate},
    StatusRow{503, Verdict::transient},
};

/// The answers, besides redirects, of a server that is not the service at all.
constexpr std::array strangers = {401, 403, 404, 405, 407, 413, 421, 425};

/// Reads a number of seconds, which may have a fraction and any size.
std::optional<Duration> read_seconds(std::string_view text) {
    if (text.empty() || text.find_first_not_of("0123456789.-") != text.npos) return std::nullopt;
    bool const whole = text.find_first_not_of("0123456789") == text.npos;
    if (whole && !parse_whole<std::uint64_t>(text)) return hint_max;
    auto const seconds = parse_real(text, std::chars_format::fixed);
    if (!seconds) return std::nullopt;
    double const most = std::chrono::duration<double>(hint_max).count();
    std::chrono::duration<double> const wait(std::clamp(*seconds, 0.0, most));
    return std::chrono::duration_cast<Duration>(wait);
}

} // namespace

bool may_be_a_stranger(int status) {
    return status / 100 == 3 ||
           std::find(strangers.begin(), strangers.end(), status) != strangers.end();
}

std::optional<Verdict> verdict_of_status(int status) {
    for (auto const& row : statuses) {
        if (row.status == status) return row.verdict;
    }
    if (status >= 300 && status < 500) return Verdict::rejected;
    return std::nullopt;
}

Verdict verdict_of_gateway(int status, net::Sent sent, bool has_spoken) {
    if (status == 429) return Verdict::rate;
    if (sent != net::Sent::wholly) return Verdict::transient;
    return may_be_a_stranger(status) && !has_spoken ? Verdict::transient : Verdict::unknown;
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
    if (auto const date = parse_http_date(text)) {
        constexpr std::chrono::milliseconds at_once(0);
        constexpr auto most = std::chrono::duration_cast<std::chrono::milliseconds>(hint_max);
        return std::clamp<std::chrono::milliseconds>(*date - service_time, at_once, most);
    }
    std::optional<Duration> longest;
    for (auto const part : split(text, ',')) {
        auto const wait = read_seconds(trim(part));
        if (!wait) return std::nullopt;
        longest = std::max(longest.value_or(Duration()), *wait);
    }
    return longest;
}

} // namespace darkroom::provider
