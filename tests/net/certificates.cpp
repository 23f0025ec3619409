#include "tests/net/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace darkroom::test {

namespace {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* thing) const {
        Free(thing);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freed<X509_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;

void require(bool done) {
    if (!done) throw std::runtime_error("OpenSSL cannot make a test certificate");
}

std::string text_of(BIO* bio) {
    char* data = nullptr;
    auto const size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

Bio bio_of(std::string const& text) {
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Certificate to_pem(X509* certificate, EVP_PKEY* key) {
    Bio const first(BIO_new(BIO_s_mem())), second(BIO_new(BIO_s_mem()));
    require(PEM_write_bio_X509(first.get(), certificate) == 1);
    require(PEM_write_bio_PrivateKey(second.get(), key, nullptr, nullptr, 0, nullptr, nullptr) ==
            1);
    return {text_of(first.get()), text_of(second.get())};
}

void add_extension(X509* certificate, int kind, std::string const& value) {
    auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
    require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

struct Draft {
    Cert certificate{X509_new()};
    Key key{EVP_EC_gen("P-256")};
};

Draft draft_of(std::string const& name, LeafTerms const& terms) {
    static long serial = 1;
    Draft draft;
    auto* cert = draft.certificate.get();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(cert), terms.starts_in);
    X509_gmtime_adj(X509_getm_notAfter(cert), terms.ends_in);
    X509_set_pubkey(cert, draft.key.get());
    auto const* words = reinterpret_cast<unsigned char const*>(name.c_str());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8, words, -1, -1, 0);
    return draft;
}

} // namespace

Certificate make_authority(std::string const& name) {
    auto const draft = draft_of(name, LeafTerms());
    auto* cert = draft.certificate.get();
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    add_extension(cert, NID_basic_constraints, "critical,CA:TRUE");
    require(X509_sign(cert, draft.key.get(), EVP_sha256()) > 0);
    return to_pem(cert, draft.key.get());
}

Certificate make_leaf(Certificate const& authority, LeafTerms const& terms) {
    auto const draft = draft_of("test server", terms);
    auto* cert = draft.certificate.get();
    Cert const issuer(
        PEM_read_bio_X509(bio_of(authority.certificate).get(), nullptr, nullptr, nullptr));
    Key const issuer_key(
        PEM_read_bio_PrivateKey(bio_of(authority.key).get(), nullptr, nullptr, nullptr));
    require(issuer != nullptr && issuer_key != nullptr);
    X509_set_issuer_name(cert, X509_get_subject_name(issuer.get()));
    add_extension(cert, NID_subject_alt_name, terms.alt_names);
    require(X509_sign(cert, issuer_key.get(), EVP_sha256()) > 0);
    return to_pem(cert, draft.key.get());
}

} // namespace darkroom::test
