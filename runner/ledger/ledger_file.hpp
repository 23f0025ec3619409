// Finds the ledger of this user on this machine.
#pragma once

#include "runner/base/error.hpp"

#include <functional>
#include <optional>
#include <string>

namespace darkroom::ledger {

/// Returns the value of a variable of the environment; "" for none.
using Environment = std::function<std::string(char const* name)>;

/// Where the ledger is, or why there can be none.
struct LedgerFile {
    std::string path;    ///< "" for none.
    std::string why_not; ///< Part of a sentence.
};

/// Names the ledger's file in the user's folder for state; makes the folder, for the user alone.
/// There is none without a home, and none on a file system of the network, where SQLite's locks do
/// not hold.
LedgerFile find_ledger(Environment const& environment);

/// Returns the passwd entry's home; "" for none.
std::string passwd_home();
/// Returns whether the kind of a file system (statfs) is one of the network.
bool is_of_network(std::int64_t kind);

} // namespace darkroom::ledger
