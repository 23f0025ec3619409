// The names of exported pictures. Pure.
#pragma once

#include "runner/engine/manifest_row.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace darkroom::exports {

/// Returns a name that people can read, without extension: "cars-000012-upscale1-a-red-fox".
/// `directory` stands in front unless it is ""; `with_text` appends words of the prompt. Windows
/// and macOS take it too, and no program takes it for an option.
enum class Words { none, of_prompt };
std::string readable_name(engine::ManifestRow const& row, std::string_view directory, Words words);

/// Returns the key of a sample in a tar file: letters, digits, `-` and `_` only, no dot.
/// "cars-000012-upscale1-0f3a61b2c4d5".
std::string sample_key(engine::ManifestRow const& row);

/// Returns words of a text for the name of a file: "a-red-fox". "" if it has none.
std::string slug_of(std::string_view text, std::size_t bytes_max);

/// Gives each name once: a further one gets -2, -3, … Names that differ only in case or in the
/// form of their letters count as equal.
class NameBook {
public:
    std::string take(std::string const& name);

private:
    std::set<std::string> taken_;             ///< Folded.
    std::map<std::string, int> last_numbers_; ///< For names that were asked for more than once.
};

} // namespace darkroom::exports
