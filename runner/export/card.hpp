// The dataset card: README.md of an export. Pure.
#pragma once

#include "runner/export/options.hpp"
#include "runner/export/sample.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace darkroom::exports {

/// Counts what was exported.
struct CardFacts {
    std::uint64_t pictures = 0;
    std::uint64_t bytes = 0; ///< The pictures as they are in the export.
    std::map<std::string, std::uint64_t> splits;
    std::map<std::string, std::uint64_t> jobs;
    std::map<std::string, std::uint64_t> formats;
    std::map<std::string, std::uint64_t> models;
    jobs::Micros cost = 0;
    WallTime first{}; ///< When the service finished them.
    WallTime last{};

    void add(Sample const& sample);
};

/// Returns the model that a prompt names: "v 6.1", "niji 6"; "not named" if it names none.
std::string model_of(std::string_view prompt);

/// Returns the card: YAML front matter as Hugging Face reads it, then tables. The same export has
/// the same card: it names no time but those of the pictures. `name`: that of the export.
std::string card_of(CardFacts const& facts, Options const& options, std::string const& name,
                    std::set<std::string> const& variables);

} // namespace darkroom::exports
