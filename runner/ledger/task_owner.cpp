#include "runner/ledger/task_owner.hpp"

#include "runner/store/journal_sql.hpp"

#include <array>

namespace darkroom::ledger {

using store::Database;

namespace {

constexpr std::array<std::string_view, 2> other_names = {"127.0.0.1", "[::1]"};

/// Returns the identity with `localhost` for another name of this machine.
std::string with_one_name(std::string_view identity) {
    constexpr std::string_view after_scheme = "://";
    std::string text(identity);
    auto const scheme = text.find(after_scheme);
    if (scheme == std::string::npos) return text;
    auto const begin = scheme + after_scheme.size();
    for (auto const name : other_names) {
        if (text.compare(begin, name.size(), name) != 0) continue;
        auto const end = begin + name.size();
        bool const is_whole = end == text.size() || text.find_first_of(":/#", end) == end;
        if (is_whole) return text.replace(begin, name.size(), "localhost");
    }
    return text;
}

} // namespace

Digest account_key(std::string const& salt, std::string_view identity) {
    return hmac_sha256(salt, with_one_name(identity));
}

Result<bool> is_task_of_other(std::string const& path, RunName const& name,
                              std::string const& identity, std::string const& task) {
    TRY_ASSIGN(auto database, Database::open(path, Database::Mode::read));
    TRY_ASSIGN(auto meta, database.prepare("SELECT text FROM meta WHERE name = 'salt'"));
    TRY_ASSIGN(auto const has_salt, meta.step());
    if (!has_salt) return false;
    auto const account = account_key(std::string(meta.text(0)), identity);
    auto const own = sha256(name.run);
    auto const origin = sha256(name.origin);
    TRY_ASSIGN(auto owner,
               database.prepare("SELECT 1 FROM tasks JOIN accounts ON accounts.id = account JOIN "
                                "runs ON runs.id = tasks.run WHERE accounts.key = ? AND task = ? "
                                "AND runs.key <> ? AND NOT EXISTS (SELECT 1 FROM origins WHERE "
                                "origins.run = tasks.run AND origin = ?)"));
    return owner.bind(1, account).bind(2, task).bind(3, own).bind(4, origin).step();
}

} // namespace darkroom::ledger
