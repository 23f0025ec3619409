// A file of an export while it is written.
#pragma once

#include "runner/base/sha256.hpp"
#include "runner/export/error.hpp"

#include "runner/export/descriptor.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace darkroom::exports {

/// Writes under a name of its own; OutputDirectory::commit() gives the file its final one. Without
/// that no file is left.
class OutputFile {
public:
    OutputFile() = default;
    /// `directory` stays open for as long as this is.
    static Result<OutputFile> create(int directory, std::string part);
    /// Begins a file without any name on the same disk, which nothing is left of without a link to
    /// it. Closed where the disk cannot do that.
    static OutputFile create_unnamed(int directory);
    ~OutputFile();
    OutputFile(OutputFile&& other) noexcept { *this = std::move(other); }
    OutputFile& operator=(OutputFile&& other) noexcept;

    Result<> write(std::string_view bytes);
    /// Writes what is held back, and returns the digest of the whole file.
    Result<Digest> finish();

    std::uint64_t bytes() const { return bytes_; }
    int descriptor() const { return file_.number(); }
    std::string const& part() const { return part_; } ///< "" for a file without a name.
    bool is_open() const { return file_.is_open(); }
    /// Forgets the file: it has its final name.
    void release();

private:
    Result<> flush();
    Result<> write_now(std::string_view bytes);

    int directory_ = -1;
    std::string part_;
    Descriptor file_;
    std::string buffer_;
    std::optional<Sha256> hash_; ///< None while nothing is written.
    std::uint64_t bytes_ = 0;
};

/// Writes all bytes. `name` is for the message.
Result<> write_all(int descriptor, std::string_view bytes, std::string const& name);
/// Passes the first `bytes` bytes of a file to `hash`, or fewer where it ends before.
Result<Digest> digest_of(int descriptor, std::uint64_t bytes, std::string const& name);

} // namespace darkroom::exports
