#include "sink/kafka/scram.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <charconv>
#include <map>

#include "base/check.h"
#include "sink/kafka/base64.h"

namespace headwater {

namespace {

constexpr int least_rounds = 4096;  // RFC 7677
constexpr int most_rounds = 1'000'000;
constexpr size_t nonce_bytes = 24;
constexpr const char* no_binding = "biws";  // n,, in base 64

std::map<char, std::string_view> fields_of(std::string_view message) {
    std::map<char, std::string_view> fields;
    while (!message.empty()) {
        std::string_view field = message.substr(0, message.find(','));
        message.remove_prefix(std::min(field.size() + 1, message.size()));
        if (field.size() >= 2 && field[1] == '=') fields.emplace(field[0], field.substr(2));
    }
    return fields;
}

std::string exclusive_or(std::string a, std::string_view b) {
    for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<char>(a[i] ^ b[i]);
    return a;
}

/// Writes a name as a field holds it.
std::string escaped(std::string_view name) {
    std::string text;
    for (char c : name) text += c == '=' ? std::string("=3D") : c == ',' ? std::string("=2C") : std::string(1, c);
    return text;
}

std::unexpected<Error> odd_answer(const std::string& what) {
    return fail(ErrorKind::invalid, "Login by SCRAM failed: " + what);
}

}  // namespace

ScramLogin::ScramLogin(bool is_sha512, Identity identity, std::string nonce)
    : is_sha512_(is_sha512), identity_(std::move(identity)), nonce_(std::move(nonce)) {}

std::string ScramLogin::first_without_binding() const { return "n=" + escaped(identity_.user) + ",r=" + nonce_; }

std::string ScramLogin::begin() const { return "n,," + first_without_binding(); }

std::string ScramLogin::hmac(std::string_view key, std::string_view text) const {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    HW_CHECK(HMAC(is_sha512_ ? EVP_sha512() : EVP_sha256(), key.data(), static_cast<int>(key.size()),
                  reinterpret_cast<const unsigned char*>(text.data()), text.size(), out, &size) != nullptr);
    return {reinterpret_cast<char*>(out), size};
}

std::string ScramLogin::digest(std::string_view text) const {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    HW_CHECK(EVP_Digest(text.data(), text.size(), out, &size, is_sha512_ ? EVP_sha512() : EVP_sha256(), nullptr) == 1);
    return {reinterpret_cast<char*>(out), size};
}

Result<std::string> ScramLogin::prove(std::string_view challenge) {
    auto fields = fields_of(challenge);
    if (fields.contains('e')) return odd_answer(std::string(fields['e']));
    const std::string_view nonce = fields['r'];
    const std::string salt = from_base64(fields['s']);
    int rounds = 0;
    std::from_chars(fields['i'].data(), fields['i'].data() + fields['i'].size(), rounds);
    if (!nonce.starts_with(nonce_) || nonce.size() == nonce_.size()) return odd_answer("the server repeats our nonce");
    if (salt.empty() || rounds < least_rounds || rounds > most_rounds)
        return odd_answer("the server's salt or rounds cannot be");
    const EVP_MD* kind = is_sha512_ ? EVP_sha512() : EVP_sha256();
    std::string salted(static_cast<size_t>(EVP_MD_get_size(kind)), '\0');
    HW_CHECK(PKCS5_PBKDF2_HMAC(identity_.password.data(), static_cast<int>(identity_.password.size()),
                               reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()),
                               rounds, kind, static_cast<int>(salted.size()),
                               reinterpret_cast<unsigned char*>(salted.data())) == 1);
    const std::string without_proof = std::string("c=") + no_binding + ",r=" + std::string(nonce);
    const std::string signed_text = first_without_binding() + "," + std::string(challenge) + "," + without_proof;
    const std::string client_key = hmac(salted, "Client Key");
    const std::string proof = exclusive_or(client_key, hmac(digest(client_key), signed_text));
    server_signature_ = hmac(hmac(salted, "Server Key"), signed_text);
    return without_proof + ",p=" + to_base64(proof);
}

Result<void> ScramLogin::check(std::string_view last) const {
    auto fields = fields_of(last);
    if (fields.contains('e')) return odd_answer(std::string(fields['e']));
    const std::string signature = from_base64(fields['v']);
    const bool is_known = !server_signature_.empty() && signature.size() == server_signature_.size() &&
                          CRYPTO_memcmp(signature.data(), server_signature_.data(), signature.size()) == 0;
    if (!is_known) return odd_answer("the server does not know the password");
    return {};
}

std::string fresh_nonce() {
    unsigned char bytes[nonce_bytes];
    HW_CHECK(RAND_bytes(bytes, sizeof bytes) == 1);
    return to_base64({reinterpret_cast<char*>(bytes), sizeof bytes});
}

}  // namespace headwater
