// Undoes the gzip or deflate coding of an answer's body. Pure.
#pragma once

#include "runner/net/error.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace darkroom::net {

/// Takes coded bytes in pieces of any size. Memory does not grow with the body.
class Inflater {
public:
    using Taker = std::function<Result<>(std::string_view)>;

    /// `most`: the largest body that is made of the coded one.
    explicit Inflater(std::uint64_t most);
    ~Inflater();
    Inflater(Inflater const&) = delete;
    Inflater& operator=(Inflater const&) = delete;

    /// Passes what the bytes stand for to `take`. Errors: Errc::bad_coding, body_too_large, or
    /// those of `take`.
    Result<> feed(std::string_view coded, Taker const& take);
    /// Returns whether the coded body has come to its end.
    bool is_complete() const { return is_complete_; }

private:
    struct Stream;
    Result<> inflate_some(Taker const& take);

    std::unique_ptr<Stream> stream_;
    std::uint64_t most_;
    std::uint64_t made_ = 0;
    bool is_complete_ = false;
};

} // namespace darkroom::net
