// Signatures with Ed25519, by OpenSSL.
#pragma once

#include "runner/base/error.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace darkroom {

/// A private or a public key out of a PEM file.
class SignatureKey {
public:
    enum class Kind { private_key, public_key };

    /// Errors: no such file; no key of this kind, or one with a password (invalid_argument).
    static Result<SignatureKey> read(std::string const& path, Kind kind);
    ~SignatureKey();
    SignatureKey(SignatureKey&&) noexcept;
    SignatureKey& operator=(SignatureKey&&) noexcept;
    SignatureKey();

    /// Returns the 64 bytes of the signature of a text. Only a private key can.
    Result<std::string> sign(std::string_view text) const;
    /// Returns whether the signature is that of the text.
    bool is_signed(std::string_view text, std::string_view signature) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace darkroom
