// The images that edits and clips are made from, kept for as long as somebody may look at them.
#pragma once

#include "runner/base/error.hpp"

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

namespace darkroom::studio {

/// Bytes by the name of their contents. In memory the latest used; with a folder all of them.
class InputStore {
public:
    explicit InputStore(std::size_t bytes_max = 256u << 20) : bytes_max_(bytes_max) {}

    /// Keeps everything in `folder`, which exists, from now on.
    void keep_in(std::string directory) { directory_ = std::move(directory); }

    /// Takes an image in. Errors: Errc::bad_archive when the folder can't take it.
    Result<std::string> put(std::string bytes);
    /// The image of that name; null when it is no longer there, and for an empty name.
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
