// The reasons why it is not known what became of a lost request.
#pragma once

#include <string_view>

namespace darkroom::engine {

/// Why a lost request is neither found nor proven absent.
enum class Doubt {
    none,
    too_early,      ///< It may still be on its way.
    not_whole,      ///< The listing does not reach back far enough, or ends too early.
    other_identity, ///< It was sent to another service, or with another token.
    no_witness,     ///< No later task of its kind is listed.
    lists_late,     ///< The listing lacks tasks that the service has named.
    left_over,      ///< A task that nobody has could be it.
    not_ended,      ///< Its task has an id, and no last word.
    cannot_ask,     ///< In this run, nobody can be asked.
    too_long,       ///< The listing was full: then it proves nothing.
    old_top,        ///< All that is newer than the request may stand further down.
    moving,         ///< Records change their places in it: one may have passed by the walk.
    elsewhere,      ///< A task that could be it is another run directory's.
};
/// Returns a sentence about it for a person; "" for none.
std::string_view words_for(Doubt doubt);

} // namespace darkroom::engine
