// For the claims about logging in by SCRAM, with the example of RFC 7677 and one that Python's hashlib made.
#include "sink/kafka/scram.h"

#include <doctest/doctest.h>

using namespace headwater;

TEST_CASE("a login goes as in RFC 7677") {
    ScramLogin login(false, {"user", "pencil"}, "rOprNGfwEbeRWgbNEkqO");
    CHECK(login.begin() == "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    auto proof = login.prove("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    REQUIRE(proof);
    CHECK(*proof ==
          "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
          "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    CHECK(login.check("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    CHECK(!login.check("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    CHECK(!login.check(""));
    CHECK(login.check("e=invalid-proof").error().message == "Login by SCRAM failed: invalid-proof");
}

TEST_CASE("SHA-512 and a name with a comma") {
    ScramLogin login(true, {"a,b", "secret"}, "abc");
    CHECK(login.begin() == "n,,n=a=2Cb,r=abc");
    auto proof = login.prove("r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=8192");
    REQUIRE(proof);
    CHECK(*proof ==
          "c=biws,r=abcdef,p=TmGzchRus3z/kd2nft3sMabnzY2nEAugHfDdotCRd8IWDnAeNzc+j8fIXSyrXJkLskDRAEapgY8Yh7T+9W5HJQ==");
    CHECK(login.check("v=8p93iQJlFPeYCZSZ/29mLawBAFd+3jtbNbZkMfHEnASfRONizUfNpl0ED4gJ1KJBMoWy20PPgXdSJzA+gDZClA=="));
}

TEST_CASE("a server that does not follow the rules is not answered") {
    for (const char* challenge :
         {"", "r=abc,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "r=xyzdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
          "r=abcdef,s=!,i=4096", "r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095",
          "r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=2000000000", "r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ=="}) {
        ScramLogin login(false, {"user", "pencil"}, "abc");
        CHECK(!login.prove(challenge));
    }
}

TEST_CASE("a nonce is never the same") {
    CHECK(fresh_nonce() != fresh_nonce());
    CHECK(fresh_nonce().find(',') == std::string::npos);
}
