#include "sink/kafka/bearer.h"

#include <doctest/doctest.h>

#include "sink/kafka/base64.h"

using namespace headwater;

TEST_CASE("a login by token is said as RFC 7628 has it") {
    CHECK(bearer_login("abc.def", {}) ==
          "n,,\x01"
          "auth=Bearer abc.def\x01\x01");
    CHECK(bearer_login("t", {{"logicalCluster", "lkc-1"}, {"pool", "p"}}) ==
          "n,,\x01"
          "auth=Bearer t\x01logicalCluster=lkc-1\x01pool=p\x01\x01");
}

TEST_CASE("extensions are names of letters and printable values") {
    auto read = read_bearer_extensions("logicalCluster=lkc-1, identityPoolId=pool-a=b");
    REQUIRE(read);
    CHECK(read->at("logicalCluster") == "lkc-1");
    CHECK(read->at("identityPoolId") == "pool-a=b");
    CHECK(read_bearer_extensions("")->empty());
    for (const char* wrong : {"nothing", "auth=x", "a1=x", "=x", "a=\x01"})
        CHECK_MESSAGE(!read_bearer_extensions(wrong), wrong);
}

TEST_CASE("a token is read from what endpoints and commands give") {
    CHECK(read_bearer_token("  opaque-token\n")->text == "opaque-token");
    CHECK(read_bearer_token("opaque-token")->lifetime_ms == 300'000);
    auto given = read_bearer_token(R"({"access_token": "abc", "token_type": "Bearer", "expires_in": 3599})");
    REQUIRE(given);
    CHECK(given->text == "abc");
    CHECK(given->lifetime_ms == 3'599'000);
    CHECK(read_bearer_token(R"({"accessToken": "abc", "expires_in": "60"})")->lifetime_ms == 60'000);
    for (const char* none : {"", "  ", "{}", "{", R"({"access_token": 5})", "two words",
                             "a\x01"
                             "b"})
        CHECK_MESSAGE(!read_bearer_token(none), none);
}

TEST_CASE("a JWT tells itself for how long it counts, whatever the clock of its maker") {
    const std::string claims = R"({"iat": 1000, "exp": 1900})";
    std::string text = to_base64(claims);
    while (text.ends_with('=')) text.pop_back();
    CHECK(read_bearer_token("e30." + text + ".c2ln")->lifetime_ms == 900'000);
    CHECK(read_bearer_token("e30.e30.c2ln")->lifetime_ms == 300'000);
    CHECK(read_bearer_token("e30.?.c2ln")->lifetime_ms == 300'000);
}

TEST_CASE("a request for a token names its scope, encoded") {
    CHECK(bearer_request("") == "grant_type=client_credentials");
    CHECK(bearer_request("api://x/.default kafka") ==
          "grant_type=client_credentials&scope=api%3A%2F%2Fx%2F.default%20kafka");
    CHECK(basic_authorization("client", "secret") == "Basic Y2xpZW50OnNlY3JldA==");
}
