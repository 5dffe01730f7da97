// For computing SHA-256 with OpenSSL.
#include "sink/digest.h"

#include <openssl/evp.h>

#include "base/check.h"
#include "base/text.h"

namespace headwater {

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    HW_CHECK(state_->context != nullptr);
    HW_CHECK(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
    HW_CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

std::string Sha256::hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    HW_CHECK(EVP_DigestFinal_ex(state_->context, digest, &size) == 1);
    return hex_of({reinterpret_cast<const char*>(digest), size});
}

std::string sha256_hex(std::string_view bytes) {
    Sha256 digest;
    digest.update(bytes);
    return digest.hex();
}

}  // namespace headwater
