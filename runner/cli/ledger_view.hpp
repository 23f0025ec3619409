// What a ledger of many machines has, and the run directories at hand do not.
#pragma once

#include "jobs/yaml/micros.hpp"
#include "runner/base/json.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace darkroom::cli {

/// A shard with steps in the ledger that none of the directories has done.
struct MissingSteps {
    std::string campaign;
    std::int64_t shard = 1;
    std::int64_t shards = 1;
    std::uint64_t paid = 0;
    jobs::Micros cost = 0; ///< Micros of the paid ones.
    std::uint64_t open = 0;
};

struct LedgerView {
    std::vector<std::string> campaigns; ///< Those of the directories, each once.
    std::vector<MissingSteps> missing;
};

/// Compares the campaigns of run directories with the ledger at `url`. Throws Quit: usage, for
/// another text; no_input, where none of the
/// directories has used a ledger of many machines; try_later, contradiction, as made() does.
LedgerView view_of_ledger(std::vector<std::string> const& directories, std::string const& url);

/// Returns a line without an end.
std::string text_of(MissingSteps const& lacks);
/// Returns a line for each shard that lacks something, or one that says that nothing does.
std::string text_of(LedgerView const& view);
json::Value to_json(LedgerView const& view);

/// Keeps for a merged journal that its sources have used a ledger of many machines, and their
/// campaign if it is one. Throws Quit.
void keep_shared_ledger(std::vector<std::string> const& journals, std::string const& target);

} // namespace darkroom::cli
