// The files of a run that nobody else may read: `output.private`.
#pragma once

#include <optional>
#include <sys/stat.h>

namespace darkroom::cli {

/// Lets nobody else read the files that are made while it exists.
class OwnerOnly {
public:
    explicit OwnerOnly(bool is_wanted) {
        constexpr mode_t others = 077;
        if (is_wanted) before_ = ::umask(others);
    }
    ~OwnerOnly() {
        if (before_) ::umask(*before_);
    }
    OwnerOnly(OwnerOnly const&) = delete;
    OwnerOnly& operator=(OwnerOnly const&) = delete;

private:
    std::optional<mode_t> before_;
};

} // namespace darkroom::cli
