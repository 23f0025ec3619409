// The files of items that share another one's picture.
#pragma once

#include "runner/store/directory.hpp"
#include "runner/store/folded_names.hpp"

#include <functional>
#include <optional>
#include <string>

namespace darkroom::store {

/// Gives pictures a second name: a hard link, or a copy where the file system has none. A file that
/// is there is never replaced.
class RepeatLinks {
public:
    /// Both are directories; `parts` takes copies until they are whole.
    RepeatLinks(std::string directory, std::string parts)
        : directory_(std::move(directory)), parts_(std::move(parts)), names_(directory_) {}

    /// Returns the name that a picture has for the repeat: name(1), or name(2), … where that is
    /// another file's. Nothing when the picture is not there. Errors: of the disk; bad_layout when
    /// every name is taken.
    Result<std::optional<std::string>> give(std::string const& picture,
                                            std::function<std::string(int copy)> const& name);
    /// Gives a picture this name again if nothing has it; returns true if it did.
    Result<bool> give_again(std::string const& picture, std::string const& name);

private:
    enum class Outcome { done, taken };
    Result<Outcome> put(File const& picture, std::string const& name);
    Result<Outcome> put_copy(File const& picture, Directory const& to, std::string const& name);

    std::string directory_;
    std::string parts_;
    FoldedNames names_;
};

} // namespace darkroom::store
