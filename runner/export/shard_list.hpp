// The finished tar files of an export. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::exports {

struct Shard {
    std::string name;
    std::uint64_t samples = 0;
    std::uint64_t bytes = 0;
    std::string sha256;
    // Where it can be kept by a later start:
    std::uint64_t entries = 0; ///< 0 where it cannot.
    bool is_full = false;
    std::string fingerprint; ///< The digest of its entries, and of the next one if it is full.
};

/// Returns the text of the list as it is kept between two starts, one shard a line.
std::string write_shards(std::vector<Shard> const& shards);
/// Reads it; what is no line of it ends the list.
std::vector<Shard> read_shards(std::string_view text);
/// Returns index.json: `shards` for people, `shardlist` as the readers of WebDataset name it.
std::string index_of(std::vector<Shard> const& shards);

} // namespace darkroom::exports
