#include "sink/kafka/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <climits>
#include <cstdio>

#include "base/check.h"
#include "base/owned.h"

namespace headwater::kafka {

namespace {

using Bio = Owned<BIO, BIO_free_all>;
using Certificate = Owned<X509, X509_free>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;

/// Gives what OpenSSL complains of, and forgets it.
std::string complaint() {
    char text[256] = "no reason given";
    if (unsigned long error = ERR_peek_last_error(); error != 0) {
        const char* reason = ERR_reason_error_string(error);
        std::snprintf(text, sizeof text, "%s", reason != nullptr ? reason : "unknown error");
    }
    ERR_clear_error();
    return text;
}

std::unexpected<Error> unusable(const std::string& what, const std::string& value) {
    return fail(ErrorKind::invalid, what + " (" + complaint() + "): " + value);
}

/// True for what the other side says when it does not believe us, or shares no way of encrypting with us (RFC 8446, 6.2).
bool is_about_identity(int reason) {
    switch (reason - SSL_AD_REASON_OFFSET) {
        case SSL_AD_HANDSHAKE_FAILURE:
        case SSL_AD_BAD_CERTIFICATE:
        case SSL_AD_UNSUPPORTED_CERTIFICATE:
        case SSL_AD_CERTIFICATE_REVOKED:
        case SSL_AD_CERTIFICATE_EXPIRED:
        case SSL_AD_CERTIFICATE_UNKNOWN:
        case SSL_AD_UNKNOWN_CA:
        case SSL_AD_ACCESS_DENIED:
        case SSL_AD_PROTOCOL_VERSION:
        case SSL_AD_INSUFFICIENT_SECURITY:
        case SSL_AD_CERTIFICATE_REQUIRED: return true;
        default: return false;
    }
}

int give_password(char* room, int size, int, void* password) {
    const auto& text = *static_cast<const std::string*>(password);
    if (static_cast<int>(text.size()) > size) return -1;
    text.copy(room, text.size());
    return static_cast<int>(text.size());
}

bool is_address(const std::string& host) {
    unsigned char room[sizeof(in6_addr)];
    return inet_pton(AF_INET, host.c_str(), room) == 1 || inet_pton(AF_INET6, host.c_str(), room) == 1;
}

Bio memory_of(const std::string& text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

}  // namespace

TlsContext::TlsContext() : handle_(SSL_CTX_new(TLS_client_method())) {
    HW_CHECK(handle_ != nullptr);
    SSL_CTX_set_min_proto_version(handle_, TLS1_2_VERSION);
    SSL_CTX_set_mode(handle_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

TlsContext::~TlsContext() { SSL_CTX_free(handle_); }

Result<std::unique_ptr<TlsContext>> TlsContext::make(const KafkaProperties& properties) {
    std::unique_ptr<TlsContext> context(new TlsContext());
    for (auto step : {&TlsContext::trust, &TlsContext::show, &TlsContext::limit})
        if (auto done = ((*context).*step)(properties); !done) return std::unexpected(done.error());
    return context;
}

/// Settles whose certificates are believed.
Result<void> TlsContext::trust(const KafkaProperties& properties) {
    const std::string checks = properties.value("enable.ssl.certificate.verification");
    const bool is_off = checks == "false" || checks == "0" || checks == "f";
    SSL_CTX_set_verify(handle_, is_off ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
    checks_host_ = !is_off && properties.value("ssl.endpoint.identification.algorithm") != "none";

    const std::string place = properties.value("ssl.ca.location"), text = properties.value("ssl.ca.pem");
    X509_STORE* store = SSL_CTX_get_cert_store(handle_);
    if (!place.empty() && place != "probe") {
        struct stat found{};
        const bool is_folder = ::stat(place.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
        if ((is_folder ? X509_STORE_load_path(store, place.c_str()) : X509_STORE_load_file(store, place.c_str())) != 1)
            return unusable("Certificates to be trusted cannot be read", place);
    } else if (!text.empty()) {
        Bio source = memory_of(text);
        size_t count = 0;
        for (Certificate one; one.reset(PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr)), one; ++count)
            X509_STORE_add_cert(store, one.get());
        if (count == 0) return unusable("Certificates to be trusted cannot be read", "ssl.ca.pem");
        ERR_clear_error();  // of the end of the text
    } else {
        SSL_CTX_set_default_verify_paths(handle_);
    }
    const std::string revoked = properties.value("ssl.crl.location");
    if (revoked.empty()) return {};
    if (X509_STORE_load_file(store, revoked.c_str()) != 1)
        return unusable("Revoked certificates cannot be read", revoked);
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
    return {};
}

/// Settles by what we show who we are, where anything says so.
Result<void> TlsContext::show(const KafkaProperties& properties) {
    std::string password = properties.value("ssl.key.password");
    SSL_CTX_set_default_passwd_cb(handle_, give_password);
    SSL_CTX_set_default_passwd_cb_userdata(handle_, &password);
    const std::string chain = properties.value("ssl.certificate.location");
    if (!chain.empty() && SSL_CTX_use_certificate_chain_file(handle_, chain.c_str()) != 1)
        return unusable("Certificate cannot be read", chain);
    if (const std::string text = properties.value("ssl.certificate.pem"); !text.empty()) {
        Bio source = memory_of(text);
        Certificate own(PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr));
        if (own == nullptr || SSL_CTX_use_certificate(handle_, own.get()) != 1)
            return unusable("Certificate cannot be read", "ssl.certificate.pem");
        while (X509* further = PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr))
            SSL_CTX_add0_chain_cert(handle_, further);
        ERR_clear_error();
    }
    const std::string file = properties.value("ssl.key.location");
    if (!file.empty() && SSL_CTX_use_PrivateKey_file(handle_, file.c_str(), SSL_FILETYPE_PEM) != 1)
        return unusable("Key cannot be read", file);
    if (const std::string text = properties.value("ssl.key.pem"); !text.empty()) {
        Bio source = memory_of(text);
        Key key(PEM_read_bio_PrivateKey(source.get(), nullptr, give_password, &password));
        if (key == nullptr || SSL_CTX_use_PrivateKey(handle_, key.get()) != 1)
            return unusable("Key cannot be read", "ssl.key.pem");
    }
    auto shown = show_store(properties);
    SSL_CTX_set_default_passwd_cb_userdata(handle_, nullptr);
    if (!shown) return shown;
    if (SSL_CTX_get0_certificate(handle_) != nullptr && SSL_CTX_check_private_key(handle_) != 1)
        return unusable("Key is not that of the certificate", chain);
    return {};
}

Result<void> TlsContext::show_store(const KafkaProperties& properties) {
    const std::string place = properties.value("ssl.keystore.location");
    if (place.empty()) return {};
    Bio source(BIO_new_file(place.c_str(), "rb"));
    if (source == nullptr) return unusable("Keystore cannot be read", place);
    Owned<PKCS12, PKCS12_free> store(d2i_PKCS12_bio(source.get(), nullptr));
    EVP_PKEY* key = nullptr;
    X509* own = nullptr;
    STACK_OF(X509)* further = nullptr;
    if (store == nullptr ||
        PKCS12_parse(store.get(), properties.value("ssl.keystore.password").c_str(), &key, &own, &further) != 1)
        return unusable("Keystore cannot be read", place);
    const bool is_used =
        key != nullptr && own != nullptr && SSL_CTX_use_cert_and_key(handle_, own, key, further, 1) == 1;
    EVP_PKEY_free(key);
    X509_free(own);
    sk_X509_pop_free(further, X509_free);
    if (!is_used) return unusable("Keystore holds no certificate with its key", place);
    return {};
}

/// Settles which ways of encrypting may be used.
Result<void> TlsContext::limit(const KafkaProperties& properties) {
    const std::string ciphers = properties.value("ssl.cipher.suites");
    if (!ciphers.empty() && SSL_CTX_set_cipher_list(handle_, ciphers.c_str()) != 1)
        return unusable("No cipher is called so", ciphers);
    const std::string curves = properties.value("ssl.curves.list");
    if (!curves.empty() && SSL_CTX_set1_curves_list(handle_, curves.c_str()) != 1)
        return unusable("No curve is called so", curves);
    const std::string signatures = properties.value("ssl.sigalgs.list");
    if (!signatures.empty() && SSL_CTX_set1_sigalgs_list(handle_, signatures.c_str()) != 1)
        return unusable("No signature is called so", signatures);
    return {};
}

TlsSession::TlsSession(const TlsContext& context, int socket, const std::string& host)
    : handle_(SSL_new(context.handle())) {
    HW_CHECK(handle_ != nullptr && SSL_set_fd(handle_, socket) == 1);
    const bool is_number = is_address(host);
    if (!is_number) SSL_set_tlsext_host_name(handle_, host.c_str());
    if (!context.checks_host()) return;
    X509_VERIFY_PARAM* wanted = SSL_get0_param(handle_);
    HW_CHECK((is_number ? X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str())
                        : X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size())) == 1);
}

TlsSession::~TlsSession() { SSL_free(handle_); }

TlsSession::Step TlsSession::shake_hands() {
    ERR_clear_error();
    return step_after(SSL_connect(handle_));
}

TlsSession::Step TlsSession::write(const char* bytes, size_t size, size_t& written) {
    ERR_clear_error();
    return step_after(SSL_write_ex(handle_, bytes, size, &written));
}

TlsSession::Step TlsSession::read(char* bytes, size_t size, size_t& got) {
    ERR_clear_error();
    return step_after(SSL_read_ex(handle_, bytes, size, &got));
}

TlsSession::Step TlsSession::step_after(int result) {
    if (result == 1) return Step::done;
    switch (SSL_get_error(handle_, result)) {
        case SSL_ERROR_WANT_READ: return Step::wants_read;
        case SSL_ERROR_WANT_WRITE: return Step::wants_write;
        case SSL_ERROR_ZERO_RETURN:
        case SSL_ERROR_SYSCALL: reason_ = "the broker ended the connection"; return Step::closed;
        default: break;
    }
    // What is not about who we are, or who they are, may be better at the next try.
    const int reason = ERR_GET_REASON(ERR_peek_last_error());
    const long verdict = SSL_get_verify_result(handle_);
    reason_ = complaint();
    if (verdict != X509_V_OK) reason_ += std::string(", ") + X509_verify_cert_error_string(verdict);
    return verdict != X509_V_OK || is_about_identity(reason) ? Step::failed : Step::closed;
}

}  // namespace headwater::kafka
