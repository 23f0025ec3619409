#include "runner/base/signature.hpp"

#include "runner/base/whole_file.hpp"

#include <boost/system/errc.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

namespace darkroom {

namespace {

constexpr std::size_t key_file_max = 64u << 10;

/// A key with a password is refused: nobody may be asked for it.
int no_password(char*, int, int, void*) { return -1; }

struct FreeBio {
    void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

std::uint8_t const* bytes_of(std::string_view text) {
    return reinterpret_cast<std::uint8_t const*>(text.data());
}

Error invalid(std::string why) {
    ERR_clear_error();
    return Error(make_error_code(boost::system::errc::invalid_argument), std::move(why));
}

} // namespace

struct SignatureKey::State {
    EVP_PKEY* key = nullptr;
    State() = default;
    State(State const&) = delete;
    State& operator=(State const&) = delete;
    ~State() { EVP_PKEY_free(key); }
};

SignatureKey::SignatureKey() = default;
SignatureKey::~SignatureKey() = default;
SignatureKey::SignatureKey(SignatureKey&&) noexcept = default;
SignatureKey& SignatureKey::operator=(SignatureKey&&) noexcept = default;

Result<SignatureKey> SignatureKey::read(std::string const& path, Kind kind) {
    TRY_ASSIGN(auto const text, read_whole_file(path, key_file_max));
    std::unique_ptr<BIO, FreeBio> const bio(
        BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    SignatureKey key;
    key.state_ = std::make_unique<State>();
    bool const is_private = kind == Kind::private_key;
    key.state_->key = is_private ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr)
                                 : PEM_read_bio_PUBKEY(bio.get(), nullptr, no_password, nullptr);
    bool const is_one =
        key.state_->key != nullptr && EVP_PKEY_get_id(key.state_->key) == EVP_PKEY_ED25519;
    if (is_one) return key;
    return invalid(path + " is no " + (is_private ? "private" : "public") +
                   " Ed25519 key in PEM without a password; make one with 'openssl genpkey "
                   "-algorithm ed25519 -out key.pem' and 'openssl pkey -in key.pem -pubout -out "
                   "public.pem'");
}

Result<std::string> SignatureKey::sign(std::string_view text) const {
    std::unique_ptr<EVP_MD_CTX, FreeContext> const context(EVP_MD_CTX_new());
    std::string signature(64, '\0');
    auto size = signature.size();
    bool const is_done =
        context != nullptr &&
        EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, state_->key) == 1 &&
        EVP_DigestSign(context.get(), reinterpret_cast<std::uint8_t*>(signature.data()), &size,
                       bytes_of(text), text.size()) == 1;
    if (!is_done || size != signature.size()) return invalid("OpenSSL cannot sign with this key");
    return signature;
}

bool SignatureKey::is_signed(std::string_view text, std::string_view signature) const {
    std::unique_ptr<EVP_MD_CTX, FreeContext> const context(EVP_MD_CTX_new());
    bool const is_right =
        context != nullptr &&
        EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, state_->key) == 1 &&
        EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                         text.size()) == 1;
    ERR_clear_error();
    return is_right;
}

} // namespace darkroom
