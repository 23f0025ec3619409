// SHA-256, for step keys and for the bytes of images.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace darkroom {

using Digest = std::array<std::uint8_t, 32>;

/// 64 lower-case hex digits.
std::string to_hex(Digest const& digest);
/// The reverse; false when `text` is not 64 hex digits.
bool from_hex(std::string_view text, Digest& digest);

Digest sha256(std::string_view bytes);

/// A hash that is fed piece by piece.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    void update(std::string_view bytes);
    /// Once only; the object is spent afterwards.
    Digest finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace darkroom
