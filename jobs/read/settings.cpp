#include "jobs/read/settings.hpp"

#include "jobs/read/accounts.hpp"
#include "jobs/read/address_check.hpp"
#include "jobs/read/layout_check.hpp"
#include "jobs/schedule/zone.hpp"
#include "runner/base/text.hpp"
#include "runner/base/web_address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

namespace darkroom::jobs {

namespace {

using Keys = std::string_view const;
constexpr auto a_year = 8760h;

/// Returns the reason why `url` cannot be the service's address, or "". It never quotes the
/// address, which may contain a password.
std::string why_no_url(std::string_view url) {
    if (!has_web_scheme(url))
        return "'url' needs 'local' or an address that begins with https:// or http://";
    auto const address = read_web_address(url);
    if (address.user)
        return "'url' has a name or password in it: take it out, the token goes into 'token'";
    if (auto why = why_no_address(url); !why.empty()) return why;
    if (address.rest.find_first_of("?#") != address.rest.npos)
        return "'url' has a '?' or '#' in it";
    return {};
}

Timeouts read_timeouts(Member const& section, Findings& findings) {
    constexpr std::array<std::string_view, 4> keys{"connect", "first_event", "idle", "total"};
    Section const map(section, findings, keys);
    Timeouts timeouts;
    map.read("connect", timeouts.connect, {1ms, a_year});
    map.read("first_event", timeouts.first_event, {1ms, a_year});
    map.read("idle", timeouts.idle, {1ms, a_year});
    map.read("total", timeouts.total, {1ms, a_year});
    return timeouts;
}

/// Returns true if the service runs on this machine, so that it reaches a listener here by its own
/// address.
bool is_at_home(std::string_view url) {
    if (url == "local") return true;
    auto const host = url.substr(std::min(url.find("://") + 3, url.size()));
    return host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
}

void check_listen(Member const& member, std::string_view listen, Findings& findings) {
    auto const colon = listen.rfind(':');
    auto const port = colon == std::string_view::npos ? "" : listen.substr(colon + 1);
    bool const digits =
        !port.empty() && port.size() <= 5 &&
        std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
    bool const fits = digits && colon > 0 && std::stoi(std::string(port)) <= 65535;
    if (!fits) needs(member, "ADDRESS:PORT, such as 127.0.0.1:0 (0: a free port)", findings);
}

void read_callback(Section const& map, Service& service, Findings& findings) {
    auto const* callback = map.find("callback");
    bool const only = service.delivery == Delivery::callback;
    if (!callback && !only) return;
    service.callback_listen = "127.0.0.1:0";
    bool const at_home = is_at_home(service.url);
    if (!callback) {
        if (!at_home)
            findings.error(map.find("delivery")->where,
                           "'delivery: callback' needs 'callback: {listen: HOST:PORT, public_url: "
                           "https://…}'");
        return;
    }
    constexpr std::array<std::string_view, 2> keys{"listen", "public_url"};
    Section const fields(*callback, findings, keys);
    fields.read("listen", service.callback_listen);
    fields.read("public_url", service.callback_public_url);
    if (!only && service.delivery != Delivery::stream)
        findings.error(callback->where,
                       "'callback' is for 'delivery: callback' and 'delivery: stream' only");
    auto const* listen = fields.find("listen");
    if (listen && listen->value->is_text())
        check_listen(*listen, service.callback_listen, findings);
    auto const& url = service.callback_public_url;
    if (!url.empty() && !has_web_scheme(url))
        needs(*fields.find("public_url"), "an address that begins with https:// or http://",
              findings);
    else if (auto const fault = read_web_address(url).fault; !url.empty() && !fault.empty())
        findings.error(fields.find("public_url")->value->where,
                       fmt::format("'public_url': {}", fault));
    else if (url.empty() && !at_home)
        findings.error(callback->where, "'callback' needs 'public_url', the address by which a "
                                        "service elsewhere reaches the listener");
}

/// A switch that is written as one of two words.
void read_word(Section const& map, std::string_view key, std::span<Keys> words, bool& is_second) {
    auto const* member = map.find(key);
    if (!member) return;
    if (auto const chosen = choice_of(*member, map.findings(), words)) is_second = *chosen == 1;
}

/// Returns the default service, with an error, for a name that there is none of.
ServiceModel const& read_api(Member const& api, Findings& findings) {
    std::vector<std::string_view> names;
    for (auto const* model : service_models()) names.push_back(model->name);
    auto const chosen = choice_of(api, findings, names);
    return *service_models()[chosen.value_or(0)];
}

void check_url(Section const& service_map, Where const& where, Service const& service) {
    auto& findings = service_map.findings();
    auto const* url = service_map.find("url");
    if (service.url == "local") {
        if (!service.model->has_built_in)
            findings.error(url->value->where,
                           fmt::format("there is no built-in service of 'api: {}': 'url' needs an "
                                       "address",
                                       service.model->name));
        return;
    }
    if (service.url.empty() && url == nullptr)
        return findings.error(where, fmt::format("'api: {}' needs a 'url'", service.model->name));
    if (auto const why = why_no_url(service.url); !why.empty())
        findings.error(url->value->where, why);
}

} // namespace

Service read_service(Member const& section, Findings& findings) {
    constexpr std::array<std::string_view, 10> keys{"api",      "url",      "token",   "accounts",
                                                    "delivery", "callback", "ca_file", "proxy",
                                                    "timeouts", "http"};
    constexpr std::array<std::string_view, 3> versions{"1.1", "auto", "2"};
    constexpr std::array<std::string_view, 4> deliveries{"stream", "poll", "callback", "wait"};
    Section const map(section, findings, keys);
    Service service;
    if (auto const* api = map.find("api")) service.model = &read_api(*api, findings);
    service.url = service.model->url;
    map.read("url", service.url);
    check_url(map, section.where, service);
    if (auto const* token = map.find("token")) service.token = read_token(*token, findings);
    if (auto const* accounts = map.find("accounts")) {
        service.accounts = read_accounts(*accounts, findings);
        if (map.find("token"))
            findings.error(accounts->where,
                           "'accounts' and 'token' exclude each other: each account has its own");
    }
    if (auto const* delivery = map.find("delivery")) {
        auto const chosen = choice_of(*delivery, findings, deliveries);
        service.delivery = static_cast<Delivery>(chosen.value_or(0));
    }
    read_callback(map, service, findings);
    map.read("ca_file", service.ca_file);
    if (auto const* proxy = map.find("proxy")) service.proxy = read_proxy(*proxy, findings);
    if (auto const* http = map.find("http")) {
        auto const chosen = choice_of(*http, findings, versions);
        service.http = static_cast<HttpVersions>(chosen.value_or(0));
    }
    if (auto const* timeouts = map.find("timeouts"))
        service.timeouts = read_timeouts(*timeouts, findings);
    return service;
}

Limits read_limits(Member const& section, Findings& findings) {
    constexpr std::array<std::string_view, 5> keys{"concurrency", "rate", "downloads", "adaptive",
                                                   "failures"};
    Section const map(section, findings, keys);
    Limits limits;
    map.read("concurrency", limits.concurrency, {1, 10'000});
    map.read("downloads", limits.downloads, {1, 1'000});
    map.read("adaptive", limits.adaptive);
    map.read("failures", limits.failures, {0, 1'000'000});
    auto const* rate = map.find("rate");
    if (auto const value = rate ? rate_of(*rate, findings) : std::nullopt) limits.rate = *value;
    return limits;
}

Retry read_retry(Member const& section, Findings& findings) {
    constexpr std::array<std::string_view, 4> keys{"attempts", "base", "cap", "settle"};
    Section const map(section, findings, keys);
    Retry retry;
    map.read("attempts", retry.attempts, {1, 100});
    map.read("base", retry.base, {1ms, 24h});
    map.read("cap", retry.cap, {1ms, 24h});
    map.read("settle", retry.settle, {0ms, 24h});
    auto const* stated = map.find("cap") ? map.find("cap") : map.find("base");
    if (stated && retry.cap < retry.base)
        findings.error(stated->value->where,
                       fmt::format("'cap' ({}) is below 'base' ({})", format_duration(retry.cap),
                                   format_duration(retry.base)));
    return retry;
}

Budget read_budget(Member const& section, Findings& findings) {
    constexpr std::array<std::string_view, 5> keys{"generations", "cost", "per_day", "per_month",
                                                   "timezone"};
    Section const map(section, findings, keys);
    Budget budget;
    if (auto const* member = map.find("generations"))
        budget.generations = whole_of(*member, findings, {0, 1'000'000'000});
    if (auto const* member = map.find("cost")) budget.cost = money_of(*member, findings);
    if (auto const* member = map.find("per_day")) budget.per_day = money_of(*member, findings);
    if (auto const* member = map.find("per_month")) budget.per_month = money_of(*member, findings);
    map.read("timezone", budget.timezone);
    if (auto const* zone = map.find("timezone"); zone && zone->value->is_text()) {
        auto const known = Zone::named(budget.timezone);
        if (known.has_error()) findings.error(zone->value->where, known.error().detail);
    }
    return budget;
}

Prices read_prices(Member const& section, ServiceModel const& service, Findings& findings) {
    std::vector<std::string_view> keys{"currency", "default"};
    auto const add = [&keys](std::string_view key) {
        if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    };
    for (auto const& action : service.first_actions) add(action.name);
    for (auto const& action : service.follow_ups) {
        add(action.price);
        add(action.name);
    }
    Section const map(section, findings, keys);
    Prices prices;
    prices.service = &service;
    map.read("currency", prices.currency);
    if (!section.value->is_map()) return prices;
    for (auto const& member : section.value->members) {
        bool const known = std::find(keys.begin(), keys.end(), member.key) != keys.end();
        if (member.key == "currency" || !known) continue;
        auto const price = money_of(member, findings).value_or(0);
        (member.key == "default" ? prices.otherwise : prices.by_class[member.key]) = price;
    }
    return prices;
}

Output read_output(Member const& section, Findings& findings) {
    constexpr std::array<std::string_view, 8> keys{"directory", "layout",  "images", "split_grids",
                                                   "captions",  "sidecar", "texts",  "private"};
    constexpr std::array<std::string_view, 2> images{"all", "leaves"};
    constexpr std::array<std::string_view, 4> captions{"none", "text", "prompt", "txt"};
    constexpr std::array<std::string_view, 2> sidecars{"none", "json"};
    constexpr std::array<std::string_view, 2> texts{"manifest", "files"};
    Section const map(section, findings, keys);
    Output output;
    map.read("directory", output.directory);
    map.read("layout", output.layout);
    if (auto const* layout = map.find("layout"); layout && layout->value->is_text())
        check_layout(*layout, findings);
    read_word(map, "images", images, output.leaves_only);
    map.read("split_grids", output.split_grids);
    if (auto const* member = map.find("captions")) {
        auto const chosen = choice_of(*member, findings, captions).value_or(0);
        output.captions = chosen == 0   ? Captions::none
                          : chosen == 1 ? Captions::text
                                        : Captions::prompt; // `txt` is an older name for it
    }
    read_word(map, "sidecar", sidecars, output.sidecar);
    read_word(map, "texts", texts, output.text_files);
    map.read("private", output.is_private);
    return output;
}

} // namespace darkroom::jobs
