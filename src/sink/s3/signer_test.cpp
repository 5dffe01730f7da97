// For the claim that we sign as AWS published it.
#include "sink/s3/signer.h"

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/time.h"
#include "sink/digest.h"

using namespace headwater;
using namespace headwater::s3;

namespace {

std::string percent_decoded(const std::string& text) {
    std::string made;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            made += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
            i += 2;
        } else {
            made += text[i];
        }
    }
    return made;
}

NamedValues query_of(const std::string& raw) {
    NamedValues query;
    for (size_t start = 0; start < raw.size();) {
        const size_t end = std::min(raw.find('&', start), raw.size());
        const std::string pair = raw.substr(start, end - start);
        const size_t equals = std::min(pair.find('='), pair.size());
        query.emplace_back(percent_decoded(pair.substr(0, equals)),
                           equals == pair.size() ? "" : percent_decoded(pair.substr(equals + 1)));
        start = end + 1;
    }
    return query;
}

/// Gives the signature that sign() puts into `authorization`.
std::string signature_of(const nlohmann::json& group, const nlohmann::json& vector) {
    SignableRequest request{.method = vector["method"], .path = vector["path"], .query = query_of(vector["query"])};
    request.headers.emplace_back("Host", group["host"]);
    for (const auto& header : vector["headers"]) request.headers.emplace_back(header[0], header[1]);
    request.payload_sha256 = sha256_hex(vector["body"].get<std::string>());
    const AwsKeys keys{group["access_key"], group["secret_key"], vector.value("session_token", "")};
    const SigningScope scope{group["region"], group["service"], group["is_s3"]};
    sign(request, keys, scope, *parse_instant(group["instant"].get<std::string>()));
    const std::string& authorization = request.headers.back().second;
    return authorization.substr(authorization.rfind('=') + 1);
}

}  // namespace

TEST_CASE("every published request gets its published signature") {
    std::ifstream file(HEADWATER_SOURCE_DIR "/tests/sigv4/vectors.json");
    int count = 0;
    for (const auto& group : nlohmann::json::parse(file)) {
        for (const auto& vector : group["vectors"]) {
            CAPTURE(vector["name"].get<std::string>());
            CHECK(signature_of(group, vector) == vector["signature"].get<std::string>());
            ++count;
        }
    }
    CHECK(count == 22);
}

TEST_CASE("a signature changes with everything that is signed") {
    const nlohmann::json group{{"access_key", "A"},
                               {"secret_key", "S"},
                               {"region", "r"},
                               {"service", "s3"},
                               {"is_s3", true},
                               {"host", "h"},
                               {"instant", "2026-01-01T00:00:00Z"}};
    const nlohmann::json vector{{"method", "GET"},
                                {"path", "/a"},
                                {"query", "b=c"},
                                {"headers", nlohmann::json::parse(R"([["d", "e"]])")},
                                {"body", "f"}};
    const std::string original = signature_of(group, vector);
    for (const char* name : {"method", "path", "query", "body"}) {
        nlohmann::json other = vector;
        other[name] = other[name].get<std::string>() + "x";
        CHECK_MESSAGE(signature_of(group, other) != original, name);
    }
    for (const char* name : {"secret_key", "region", "service", "host"}) {
        nlohmann::json other = group;
        other[name] = other[name].get<std::string>() + "x";
        CHECK_MESSAGE(signature_of(other, vector) != original, name);
    }
}

TEST_CASE("an instant is dated to the second, cut off") {
    CHECK(amz_date(*parse_instant("2026-11-21T09:08:07.999999Z")) == "20261121T090807Z");
}

TEST_CASE("a query is encoded before it is sorted") {
    CHECK(canonical_query({{"uploads", ""}, {"prefix", "a b/+=%é"}, {"a", "2"}, {"a", "1"}}) ==
          "a=1&a=2&prefix=a%20b%2F%2B%3D%25%C3%A9&uploads=");
}
