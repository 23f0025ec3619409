// The thumbnails of a run directory, in its folder thumbs/: one file for each picture, named by the
// SHA-256 of the picture, so that it is made again only when the picture has changed.
#pragma once

#include "runner/base/sha256.hpp"
#include "runner/store/directory.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace darkroom::store {

/// Bytes of pictures that are held at once, by all threads together.
inline constexpr std::uint64_t thumbnail_bytes_held_max = 96u << 20;

/// A picture that is to have a thumbnail.
struct ThumbnailSource {
    std::string file; ///< Relative to the run directory.
    Digest sha256{};
    friend bool operator==(ThumbnailSource const&, ThumbnailSource const&) = default;
};

/// Owns the folder while it exists: a second process waits. Several threads work in make() only.
class Thumbnails {
public:
    /// Makes the folder if need be, and reads which thumbnails it has. A file index.txt in it lists
    /// those that are on the disk for certain, with their colours; others are made again. Errors:
    /// of the disk, not_ours.
    static Result<Thumbnails> open(std::string directory);

    /// Returns the dominant colour (0xRRGGBB) of a picture that has a thumbnail.
    std::optional<std::uint32_t> colour_of(Digest const& sha256) const;
    std::size_t count() const { return colours_.size(); }

    /// Makes the missing ones, on as many threads as there are processors. A picture that is not as
    /// it was saved, or cannot be decoded, gets none and a note; `note` is called on this thread.
    /// Returns the number of new ones. Errors: of the disk, for what is written.
    Result<std::size_t> make(std::span<ThumbnailSource const> sources,
                             std::function<void(std::string const&)> const& note);
    /// Makes the new ones durable and lists them. Errors: of the disk.
    Result<> save();

private:
    struct HashOfName {
        std::size_t operator()(Digest const& digest) const;
    };
    struct Made;
    Result<> lock();
    Result<> read_names();
    Result<> read_index();
    void make_one(ThumbnailSource const& source, Made& made) const;

    std::string directory_;
    Directory folder_;
    File lock_;
    std::unordered_map<Digest, std::uint32_t, HashOfName> colours_;
    bool has_new_ = false;
};

} // namespace darkroom::store
