// The most that is kept of an answer. A service, or whatever answers in its place, may say
// anything; each image of a step carries a copy of the answer, so that a long list costs its
// square.
#pragma once

#include "runner/engine/event.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::engine {

/// Further images of an answer: one more than any step may have, which tells that there were more.
inline constexpr std::size_t links_max = 16;
inline constexpr std::size_t actions_max = 256;
inline constexpr std::size_t action_bytes_max = 64;
inline constexpr std::size_t id_bytes_max = 512;
inline constexpr std::size_t code_bytes_max = 256;
inline constexpr std::size_t message_bytes_max = 4u << 10;

/// Returns the first strings of an array member, at most `most`; other elements are left out.
std::vector<std::string> first_texts(json::Value const& value, std::string_view key,
                                     std::size_t most);
/// Drops an id that is too long. A part of it might be the id of another task: it is none at all.
void cut_id(std::string& id);
/// Returns the text, cut between two characters.
std::string cut_text(std::string text, std::size_t bytes);

/// Cuts the lists of an answer, and drops actions and ids that are too long.
void cut_lists(Answer& answer);
/// Cuts addresses of more than url_bytes_max one byte behind it, so that they are refused later.
void cut_links(Answer& answer);
/// Cuts the words of a failure.
void cut_words(Problem& problem);

} // namespace darkroom::engine
