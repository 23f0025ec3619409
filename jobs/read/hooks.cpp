#include "jobs/read/hooks.hpp"

#include "jobs/read/accounts.hpp"
#include "jobs/read/address_check.hpp"
#include "runner/base/web_address.hpp"

#include <fmt/format.h>

#include <array>

namespace darkroom::jobs {

namespace {

using namespace std::chrono_literals;

constexpr TimeBounds deadline_bounds{1ms, 10min};
constexpr auto hook_forms = "a command [PROGRAM, ARGUMENT…], {command: […]} or {url: ADDRESS}";

std::vector<std::string> read_hook_command(Member const& member, Findings& findings) {
    auto const& node = *member.value;
    if (!node.is_list() || node.items.empty()) {
        findings.error(
            node.is_null() ? member.where : node.where,
            fmt::format("'{}' needs a list, [PROGRAM, ARGUMENT…]: no shell reads it", member.key));
        return {};
    }
    auto words = texts_of(member, findings);
    if (!words.empty() && words.front().empty())
        findings.error(node.where, fmt::format("'{}' begins with the name of a program, not with "
                                               "an empty text",
                                               member.key));
    return words;
}

/// The address is never quoted: for many services it is a secret by itself.
void check_hook_url(Member const& member, std::string_view url, Findings& findings) {
    auto const& where = member.value->where;
    if (!has_web_scheme(url))
        return findings.error(where, "'url' needs an address that begins with https:// or http://");
    auto const address = read_web_address(url);
    if (address.user)
        return findings.error(where, "'url' has a name or password in it: take it out; 'secret' "
                                     "signs what is sent");
    if (auto const why = why_no_address(url); !why.empty()) return findings.error(where, why);
    if (!address.tls && !is_loopback_host(address.host))
        findings.warning(where, "the summary of the run goes to another machine without "
                                "encryption: use https");
}

void read_long_form(Member const& member, Hook& hook, Findings& findings) {
    constexpr std::array<std::string_view, 4> keys{"command", "url", "secret", "deadline"};
    Section const map(member, findings, keys);
    auto const* command = map.find("command");
    auto const* url = map.find("url");
    if (command && url)
        findings.error(url->where, "'command' and 'url' exclude each other");
    else if (!command && !url)
        findings.error(member.value->where,
                       fmt::format("'{}' needs 'command' or 'url'", member.key));
    if (command) hook.command = read_hook_command(*command, findings);
    map.read("url", hook.url);
    if (url && url->value->is_text()) check_hook_url(*url, hook.url, findings);
    if (auto const* secret = map.find("secret")) {
        hook.secret = read_token(*secret, findings);
        if (!url) findings.error(secret->where, "'secret' goes with 'url': it signs what is sent");
    }
    map.read("deadline", hook.deadline, deadline_bounds);
}

std::optional<Hook> read_hook(Section const& hooks, std::string_view key) {
    auto const* member = hooks.find(key);
    if (!member || member->value->is_null()) return std::nullopt; // also `--set hooks.KEY=null`
    auto& findings = hooks.findings();
    auto const& node = *member->value;
    Hook hook;
    hook.at = findings.place_of(node.where);
    if (node.is_list())
        hook.command = read_hook_command(*member, findings);
    else if (node.is_map())
        read_long_form(*member, hook, findings);
    else // it may be an address with a secret in it
        findings.error(node.where, fmt::format("'{}' needs {}", key, hook_forms));
    return hook;
}

} // namespace

Hooks read_hooks(Member const& section, Findings& findings) {
    constexpr std::array<std::string_view, 2> keys{"on_finish", "on_failure"};
    Section const map(section, findings, keys);
    return {read_hook(map, "on_finish"), read_hook(map, "on_failure")};
}

} // namespace darkroom::jobs
