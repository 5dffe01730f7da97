// For letting others judge our signatures: reads requests as JSON lines, prints how each is sent.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/time.h"
#include "sink/s3/signer.h"

using namespace headwater;
using namespace headwater::s3;

int main() {
    for (std::string line; std::getline(std::cin, line);) {
        const auto given = nlohmann::json::parse(line);
        SignableRequest request{.method = given["method"],
                                .path = percent_encode(given["path"].get<std::string>(), "/")};
        for (const auto& pair : given["query"]) request.query.emplace_back(pair[0], pair[1]);
        for (const auto& pair : given["headers"]) request.headers.emplace_back(pair[0], pair[1]);
        request.payload_sha256 = given["sha256"];
        const AwsKeys keys{given["access_key"], given["secret_key"], given["session_token"]};
        sign(request, keys, {.region = given["region"]}, *parse_instant(given["instant"].get<std::string>()));
        nlohmann::json headers = nlohmann::json::object();
        for (const auto& [name, value] : request.headers) headers[name] = value;
        std::cout << nlohmann::json{{"path", request.path},
                                    {"query", canonical_query(request.query)},
                                    {"headers", headers}}
                  << '\n';
    }
}
