// The images that edits and clips are made from, kept while their files can be requested.
#pragma once

#include "runner/base/error.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

namespace darkroom::studio {

/// Stores bytes by the hash of their contents: the latest used in memory, all of them in a
/// directory if there is one.
class InputStore {
public:
    explicit InputStore(std::size_t bytes_max = 256u << 20) : bytes_max_(bytes_max) {}

    /// Keeps everything in `directory`, which exists, from now on.
    void keep_in(std::string directory) { directory_ = std::move(directory); }

    /// Adds an image and returns its name. Errors: Errc::bad_archive when it cannot be written.
    Result<std::string> put(std::string bytes);
    /// Returns the image of that name; null when it is no longer there, and for an empty name.
    std::shared_ptr<std::string const> get(std::string const& name);

private:
    struct Kept {
        std::string name;
        std::shared_ptr<std::string const> bytes;
    };
    void remember(Kept kept);

    std::size_t bytes_max_;
    std::string directory_;
    std::size_t bytes_ = 0;
    std::list<Kept> kept_; // latest used first
    std::unordered_map<std::string, std::list<Kept>::iterator> index_;
};

} // namespace darkroom::studio
