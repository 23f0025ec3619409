// A file that appears whole under its name, or not at all.
#pragma once

#include "runner/store/file.hpp"

#include <string>
#include <string_view>

namespace darkroom::store {

/// Where a file is written, and what it is called once whole. On one file system.
struct AtomicPaths {
    std::string part;
    std::string target;
};

/// Collects the bytes in `part`; commit() gives them their name. Without commit() nothing is left.
class AtomicFile {
public:
    static Result<AtomicFile> create(AtomicPaths paths);
    ~AtomicFile();
    AtomicFile() = default;
    AtomicFile(AtomicFile&&) = default;
    AtomicFile& operator=(AtomicFile&&) = delete;

    Result<> write(std::string_view bytes);
    /// Durable under the final name when this returns; replaces what was there.
    Result<> commit();

private:
    File file_; // open until committed
    AtomicPaths paths_;
};

/// The same in one go.
Result<> write_atomically(AtomicPaths paths, std::string_view bytes);

} // namespace darkroom::store
