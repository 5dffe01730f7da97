#include "sink/kafka/base64.h"

#include <openssl/evp.h>

namespace headwater {

std::string to_base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<size_t>(size));
    return text;
}

std::string from_base64(std::string_view text) {
    if (text.empty() || text.size() % 4 != 0) return "";
    std::string bytes(text.size() / 4 * 3, '\0');
    const int size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (size < 0) return "";
    const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    bytes.resize(static_cast<size_t>(size) - padding);
    return bytes;
}

std::string from_base64_url(std::string_view text) {
    std::string usual(text);
    for (char& c : usual) c = c == '-' ? '+' : c == '_' ? '/' : c;
    while (usual.size() % 4 != 0) usual += '=';
    return from_base64(usual);
}

}  // namespace headwater
