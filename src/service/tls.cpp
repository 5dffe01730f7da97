#include "service/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <climits>

#include "base/check.h"

namespace headwater {

namespace {

constexpr int piece_bytes = 16 << 10;  ///< the longest record of TLS

/// Gives what OpenSSL complains about, in its words, and forgets it.
std::string complaint() {
    const unsigned long error = ERR_peek_error();
    ERR_clear_error();
    const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
    return reason == nullptr ? "no reason given" : reason;
}

/// A key behind a password is refused: nobody is there to type it.
int no_password(char*, int, int, void*) { return 0; }

std::unexpected<Error> refuse(const std::string& message, const std::string& file) {
    return fail(ErrorKind::invalid, message + " (" + complaint() + "): " + file);
}

}  // namespace

TlsSession::TlsSession(ssl_ctx_st* context) : session_(SSL_new(context)) {
    HW_CHECK(session_ != nullptr);
    BIO* in = BIO_new(BIO_s_mem());
    BIO* out = BIO_new(BIO_s_mem());
    HW_CHECK(in != nullptr && out != nullptr);
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(session_, in, out);
    SSL_set_accept_state(session_);
}

TlsSession::~TlsSession() { SSL_free(session_); }

bool TlsSession::take(std::string_view sealed, std::string& plain) {
    HW_CHECK(sealed.size() <= INT_MAX);
    ERR_clear_error();
    if (BIO_write(SSL_get_rbio(session_), sealed.data(), static_cast<int>(sealed.size())) < 0) return false;
    char piece[piece_bytes];
    for (;;) {
        const int size = SSL_read(session_, piece, sizeof piece);
        if (size > 0) {
            plain.append(piece, static_cast<size_t>(size));
            continue;
        }
        const int why = SSL_get_error(session_, size);
        ERR_clear_error();
        return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE || why == SSL_ERROR_ZERO_RETURN;
    }
}

bool TlsSession::seal(std::string_view plain) {
    ERR_clear_error();
    while (!plain.empty()) {
        const size_t size = std::min<size_t>(plain.size(), piece_bytes);
        if (SSL_write(session_, plain.data(), static_cast<int>(size)) != static_cast<int>(size)) {
            ERR_clear_error();
            return false;
        }
        plain.remove_prefix(size);
    }
    return true;
}

void TlsSession::close() {
    if (SSL_is_init_finished(session_)) SSL_shutdown(session_);
    ERR_clear_error();
}

std::string TlsSession::outgoing() {
    BIO* out = SSL_get_wbio(session_);
    std::string bytes(BIO_ctrl_pending(out), '\0');
    if (bytes.empty()) return bytes;
    const int size = BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
    bytes.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return bytes;
}

bool TlsSession::is_ended() const { return (SSL_get_shutdown(session_) & SSL_RECEIVED_SHUTDOWN) != 0; }

Result<std::unique_ptr<TlsIdentity>> TlsIdentity::open(const std::string& certificate, const std::string& key) {
    ERR_clear_error();
    ssl_ctx_st* context = SSL_CTX_new(TLS_server_method());
    HW_CHECK(context != nullptr);
    std::unique_ptr<TlsIdentity> identity(new TlsIdentity(context));
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(context, no_password);
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
        return refuse("Certificate cannot be read", certificate);
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
        return refuse("Key cannot be read, or does not fit the certificate", key);
    return identity;
}

TlsIdentity::~TlsIdentity() { SSL_CTX_free(context_); }

}  // namespace headwater
