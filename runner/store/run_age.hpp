// Finds a run directory whose journal is older than the files beside it, or without its log.
#pragma once

#include "runner/base/error.hpp"
#include "runner/store/send_marks.hpp"

#include <string>

namespace darkroom::store {

/// Refuses a journal that went back in time, such as a copy that was put back: it would buy again
/// what was paid since. Looks at the journal's file, its log and the marks; takes milliseconds, and
/// changes nothing. A directory without a journal passes. Errors: went_back, with what was found;
/// of the disk, of the journal.
Result<> check_age(std::string const& directory);

/// Returns whether marks lack requests that had left when the journal wrote its last intents: an
/// older file was written over them, and shows nothing. Errors: of the journal.
Result<bool> are_older(MarksFile const& marks, std::string const& journal);

/// Refuses a journal that has not finished a step which manifest.jsonl or unwanted.jsonl lists:
/// both are written after it. Reads all lines, a million in about a second. Works during a run.
/// Errors: as of check_age().
Result<> check_listed(std::string const& directory);

} // namespace darkroom::store
