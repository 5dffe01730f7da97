// For claims about digests, with the examples of FIPS 180-4.
#include "sink/digest.h"

#include <doctest/doctest.h>

namespace headwater {

TEST_SUITE("sink/digest") {
    TEST_CASE("SHA-256 equals the published examples") {
        CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    TEST_CASE("pieces give the digest of the whole") {
        Sha256 digest;
        digest.update("a");
        digest.update("");
        digest.update("bc");
        CHECK(digest.hex() == sha256_hex("abc"));
    }
}

}  // namespace headwater
