#include "runner/base/sha256.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

namespace darkroom {

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    State() = default;
    State(State const&) = delete;
    State& operator=(State const&) = delete;
    ~State() { EVP_MD_CTX_free(context); }
};

namespace {

void require(bool done) {
    if (!done) throw std::runtime_error("OpenSSL has no SHA-256");
}

/// Looks the algorithm up once: OpenSSL searches its providers on every look-up by name.
EVP_MD const* algorithm() {
    static EVP_MD const* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    require(found != nullptr);
    return found;
}

/// Returns the value of each character as a digit; -1 for any other character.
constexpr std::array<int, 256> hex_values() {
    std::array<int, 256> values{};
    values.fill(-1);
    for (int i = 0; i < 10; ++i) values[static_cast<std::size_t>('0' + i)] = i;
    for (int i = 0; i < 6; ++i) values[static_cast<std::size_t>('a' + i)] = 10 + i;
    return values;
}

int hex_value(char c) {
    static constexpr auto values = hex_values();
    return values[static_cast<unsigned char>(c)];
}

} // namespace

std::string to_hex(Digest const& digest) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    text.reserve(2 * digest.size());
    for (auto const byte : digest) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

bool from_hex(std::string_view text, Digest& digest) {
    if (text.size() != 2 * digest.size()) return false;
    for (std::size_t i = 0; i < digest.size(); ++i) {
        int const high = hex_value(text[2 * i]);
        int const low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        digest[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return true;
}

Digest sha256(std::string_view bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

Digest hmac_sha256(std::string_view key, std::string_view text) {
    Digest digest{};
    auto const* bytes = reinterpret_cast<unsigned char const*>(text.data());
    require(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(),
                 digest.data(), nullptr) != nullptr);
    return digest;
}

Sha256::Sha256() : state_(std::make_unique<State>()) {
    require(state_->context != nullptr &&
            EVP_DigestInit_ex2(state_->context, algorithm(), nullptr) == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) {
    require(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

Digest Sha256::so_far() const {
    State const copy;
    Digest digest;
    require(copy.context != nullptr && EVP_MD_CTX_copy_ex(copy.context, state_->context) == 1 &&
            EVP_DigestFinal_ex(copy.context, digest.data(), nullptr) == 1);
    return digest;
}

Digest Sha256::finish() {
    Digest digest;
    require(EVP_DigestFinal_ex(state_->context, digest.data(), nullptr) == 1);
    return digest;
}

} // namespace darkroom
