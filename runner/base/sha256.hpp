// SHA-256, for step keys, for the bytes of images and for signatures with a shared secret.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace darkroom {

using Digest = std::array<std::uint8_t, 32>;

/// Returns 64 lower-case hex digits.
std::string to_hex(Digest const& digest);
/// Reads what to_hex() returns. False when `text` is not 64 lower-case hex digits.
bool from_hex(std::string_view text, Digest& digest);

/// Returns the digest of one text.
Digest sha256(std::string_view bytes);

/// Returns HMAC-SHA256 (RFC 2104): who knows the key can check who has sent the text.
Digest hmac_sha256(std::string_view key, std::string_view text);

/// Computes a digest from pieces.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    void update(std::string_view bytes);
    /// Returns the digest of the bytes so far; more may follow.
    Digest so_far() const;
    /// Returns the digest. Call it once; the object cannot be used afterwards.
    Digest finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace darkroom
