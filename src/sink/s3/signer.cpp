// For Signature Version 4 with the HMAC of OpenSSL.
#include "sink/s3/signer.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/text.h"
#include "base/time.h"
#include "sink/digest.h"

namespace headwater::s3 {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

bool is_unreserved(char c) { return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_' || c == '~'; }

std::string hmac(std::string_view key, std::string_view text) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    HW_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                  reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size) != nullptr);
    return {reinterpret_cast<const char*>(digest), size};
}

/// Takes white space off both ends, and makes one space of each run of it in between.
std::string squeezed(std::string_view text) {
    std::string made;
    for (const char c : text) {
        if (!is_blank(c))
            made += c;
        else if (!made.empty() && made.back() != ' ')
            made += ' ';
    }
    if (made.ends_with(' ')) made.pop_back();
    return made;
}

/// Settles `.`, `..` and double slashes (RFC 3986, 5.2.4).
std::string normalised(std::string_view path) {
    std::vector<std::string_view> segments;
    for (const std::string_view segment : split(path, '/')) {
        if (segment == "..") {
            if (!segments.empty()) segments.pop_back();
        } else if (!segment.empty() && segment != ".") {
            segments.push_back(segment);
        }
    }
    std::string made;
    for (const std::string_view segment : segments) made.append("/").append(segment);
    return made.empty() || path.ends_with('/') ? made + "/" : made;
}

/// Headers by lower-case name; values of one name joined by commas, in the order in which they came.
std::map<std::string, std::string> signed_headers(const NamedValues& headers) {
    std::map<std::string, std::string> made;
    for (const auto& [name, value] : headers) {
        auto [place, is_new] = made.try_emplace(lower(name), squeezed(value));
        if (!is_new) place->second += "," + squeezed(value);
    }
    return made;
}

}  // namespace

std::string percent_encode(std::string_view text, std::string_view kept) {
    std::string made;
    made.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c) || kept.find(c) != std::string_view::npos) {
            made += c;
            continue;
        }
        append_percent(made, c);
    }
    return made;
}

std::string canonical_query(const NamedValues& query) {
    NamedValues encoded;
    for (const auto& [name, value] : query) encoded.emplace_back(percent_encode(name), percent_encode(value));
    std::ranges::sort(encoded);
    std::string made;
    for (const auto& [name, value] : encoded) {
        if (!made.empty()) made += '&';
        made.append(name).append("=").append(value);
    }
    return made;
}

std::string amz_date(int64_t now_us) {
    const int64_t fraction = (now_us - day_of(now_us) * micros_per_day) % micros_per_second;
    std::string text = spell_instant(now_us - fraction);  // 2015-08-30T12:36:00Z
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
}

void sign(SignableRequest& request, const AwsKeys& keys, const SigningScope& scope, int64_t now_us) {
    const std::string instant = amz_date(now_us);
    request.headers.emplace_back("x-amz-date", instant);
    if (scope.is_s3) request.headers.emplace_back("x-amz-content-sha256", request.payload_sha256);
    if (!keys.session_token.empty()) request.headers.emplace_back("x-amz-security-token", keys.session_token);

    std::string lines;
    std::string names;
    for (const auto& [name, value] : signed_headers(request.headers)) {
        lines.append(name).append(":").append(value).append("\n");
        if (!names.empty()) names += ';';
        names += name;
    }
    const std::string path = scope.is_s3 ? request.path : percent_encode(normalised(request.path), "/");
    const std::string canonical = request.method + "\n" + path + "\n" + canonical_query(request.query) + "\n" + lines +
                                  "\n" + names + "\n" + request.payload_sha256;

    const std::string date = instant.substr(0, 8);
    const std::string where = date + "/" + scope.region + "/" + scope.service + "/aws4_request";
    const std::string text = std::string(algorithm) + "\n" + instant + "\n" + where + "\n" + sha256_hex(canonical);
    const std::string of_date = hmac("AWS4" + keys.secret_key, date);
    const std::string key = hmac(hmac(hmac(of_date, scope.region), scope.service), "aws4_request");
    request.headers.emplace_back("authorization", std::string(algorithm) + " Credential=" + keys.access_key + "/" +
                                                      where + ", SignedHeaders=" + names +
                                                      ", Signature=" + hex_of(hmac(key, text)));
}

}  // namespace headwater::s3
