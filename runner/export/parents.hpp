// The picture from which another one was made. Pure.
#pragma once

#include "runner/engine/manifest_row.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace darkroom::exports {

class Parents {
public:
    /// Takes note of the picture with the number `number`, which is the count of those before it.
    void note(std::size_t number, std::size_t source, engine::ManifestRow const& row);
    /// Returns the picture of the same run directory whose image the child names as its parent: one
    /// of the same item if there is one, a whole image rather than a tile.
    std::optional<std::size_t> find(std::size_t child) const;

private:
    struct Picture {
        std::size_t source = 0;
        std::string job;
        std::uint64_t item = 0;
        int tile = 0;
        std::string parent_image_id;
    };
    std::vector<Picture> pictures_;
    std::multimap<std::pair<std::size_t, std::string>, std::size_t> by_image_;
};

} // namespace darkroom::exports
