#include "runner/ledger/task_owner.hpp"

#include "runner/engine/account_key.hpp"
#include "runner/store/journal_sql.hpp"

namespace darkroom::ledger {

using store::Database;

Result<bool> is_task_of_other(std::string const& path, RunName const& name,
                              std::string const& identity, std::string const& task) {
    TRY_ASSIGN(auto database, Database::open(path, Database::Mode::read));
    TRY_ASSIGN(auto meta, database.prepare("SELECT text FROM meta WHERE name = 'salt'"));
    TRY_ASSIGN(auto const has_salt, meta.step());
    if (!has_salt) return false;
    auto const account = engine::account_key(std::string(meta.text(0)), identity);
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
