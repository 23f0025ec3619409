#include "jobs/read/ledger.hpp"

#include "jobs/read/accounts.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

namespace darkroom::jobs {

using namespace std::chrono_literals;

namespace {

/// Returns whether a URL that is_database() has a password in front of the host, or behind the '?'.
bool has_password(std::string_view url) {
    auto const begin = url.find("://") + 3;
    auto const host = url.substr(begin, url.find_first_of("/?", begin) - begin);
    auto const at = host.rfind('@');
    bool const is_in_front =
        at != std::string_view::npos && host.substr(0, at).find(':') != std::string_view::npos;
    return is_in_front || url.find("password", begin) != std::string_view::npos;
}

/// Reads `ledger.url`: a text without a password, or {env: NAME}.
void read_url(Member const& url, JobFile& file, Findings& findings) {
    auto const& where = url.value->is_null() ? url.where : url.value->where;
    if (url.value->is_text()) {
        auto const text = text_of(url, findings).value_or("");
        if (!is_database(text))
            findings.error(where, "'ledger.url' begins with postgresql://");
        else if (has_password(text))
            findings.error(where, "a password is never written into a job file: write {env: NAME}, "
                                  "or put it into the file that PGPASSFILE names");
        else
            file.ledger = text;
        return;
    }
    bool const has_one = url.value->is_map() && url.value->members.size() == 1;
    auto const* env = has_one ? url.value->find("env") : nullptr;
    auto const name = env != nullptr ? text_of(*env, findings) : std::nullopt;
    if (name && is_env_name(*name))
        file.ledger_variable = *name;
    else
        findings.error(where, "'ledger.url' needs {env: NAME}, the variable that holds the URL of "
                              "a PostgreSQL database");
}

} // namespace

bool is_database(std::string_view text) {
    return text.starts_with("postgresql://") || text.starts_with("postgres://");
}

void read_ledger(Member const& member, JobFile& file, Findings& findings) {
    auto const& node = *member.value;
    if (node.is_text()) {
        auto const text = text_of(member, findings).value_or("");
        bool const is_known = text == "sqlite" || text == "none";
        if (is_known) file.ledger = text;
        if (!is_known)
            findings.error(node.where, fmt::format("'ledger' is sqlite, none or {{url: {{env: "
                                                   "NAME}}}}, not '{}'",
                                                   is_database(text) ? "a URL" : text));
        return;
    }
    constexpr std::array<std::string_view, 2> keys{"url", "patience"};
    Section const map(member, findings, keys);
    if (!node.is_map()) return;
    map.read("patience", file.ledger_patience, {1ms, 24h});
    if (auto const* url = map.find("url"))
        read_url(*url, file, findings);
    else
        findings.error(node.where, "'ledger' needs a 'url'");
}

} // namespace darkroom::jobs
