// Tar files, by libarchive: the only file that knows it is tar_writer.cpp.
#pragma once

#include "runner/base/error.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace darkroom::exports {

/// Writes a tar file in the form ustar, which has names of up to 100 bytes. Equal names and bytes
/// give equal files: no entry has a time, an owner or a mode of its own.
class TarWriter {
public:
    using Write = std::function<Result<>(std::string_view)>;

    /// Says how to get what is missing; "" when libarchive is there. Loads it.
    static std::string why_missing();
    /// `write` takes the bytes of the file. Errors: not_built, of `write`.
    static Result<TarWriter> begin(Write write);
    ~TarWriter();
    TarWriter(TarWriter&&) noexcept;
    TarWriter& operator=(TarWriter&&) noexcept;
    TarWriter();

    bool is_open() const { return state_ != nullptr; }
    Result<> add(std::string const& name, std::string_view bytes);
    /// Writes the end; the object is closed then.
    Result<> finish();
    /// Returns the bytes that a file takes in a tar file.
    static std::uint64_t size_of(std::uint64_t bytes) { return 512 + (bytes + 511) / 512 * 512; }

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace darkroom::exports
