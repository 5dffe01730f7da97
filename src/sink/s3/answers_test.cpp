// For the claims about answers of S3, which may be anything.
#include "sink/s3/answers.h"

#include <doctest/doctest.h>

using namespace headwater;
using namespace headwater::s3;

TEST_CASE("an error is found in a body, whatever its status was") {
    const S3Fault fault = fault_of(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>SlowDown</Code><Message>Reduce &amp; wait</Message>"
        "<Region>eu-west-1</Region></Error>");
    CHECK(fault.code == "SlowDown");
    CHECK(fault.message == "Reduce & wait");
    CHECK(fault.region == "eu-west-1");
    // White space that keeps a connection alive comes before the declaration.
    CHECK(fault_of("   \n<Error><Code>InternalError</Code></Error>").code == "InternalError");
    for (const char* other : {"", "<", "<html>", "{}", "<Error><Code>cut", "<a><Error><Code>x</Code></Error></a>"})
        CHECK_MESSAGE(fault_of(other).code == "", other);
}

TEST_CASE("entities of the document's own are not resolved") {
    const S3Fault fault = fault_of(
        "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b SYSTEM "
        "\"file:///etc/passwd\">]><Error><Code>&a;&b;</Code></Error>");
    CHECK(fault.code == "&a;&b;");
}

TEST_CASE("depth costs no stack") {
    std::string deep;
    for (int i = 0; i < 1'000'000; ++i) deep += "<a>";
    CHECK(fault_of(deep).code == "");
}

TEST_CASE("keys of a page are decoded, and the next page is asked for only when there is one") {
    auto page = objects_of(
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>true</IsTruncated>"
        "<Contents><Key>a%2Bb+c/%C3%A9</Key></Contents><Contents><Key>d%zz%4</Key></Contents>"
        "<NextContinuationToken>t</NextContinuationToken></ListBucketResult>");
    REQUIRE(page);
    CHECK(page->keys == std::vector<std::string>{"a+b c/é", "d%zz%4"});
    CHECK(page->next == "t");
    CHECK(objects_of("<ListBucketResult><NextContinuationToken>t</NextContinuationToken></ListBucketResult>")->next ==
          "");
    CHECK(!objects_of("<ListAllMyBucketsResult/>"));
}

TEST_CASE("uploads are read with their ids") {
    auto page = uploads_of(
        "<ListMultipartUploadsResult><Upload><Key>a%2F.b.part</Key><UploadId>1</UploadId></Upload>"
        "<NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>2</NextUploadIdMarker><IsTruncated>true</IsTruncated>"
        "</ListMultipartUploadsResult>");
    REQUIRE(page);
    CHECK(page->uploads.size() == 1);
    CHECK(page->uploads[0].key == "a/.b.part");
    CHECK(page->uploads[0].id == "1");
    CHECK(page->next_key == "k");
    CHECK(page->next_id == "2");
}

TEST_CASE("ids and ETags are read, and missed") {
    CHECK(*upload_id_of("<InitiateMultipartUploadResult><UploadId>7</UploadId></InitiateMultipartUploadResult>") ==
          "7");
    CHECK(!upload_id_of("<InitiateMultipartUploadResult/>"));
    CHECK(*etag_of("<CopyPartResult><ETag>\"x\"</ETag></CopyPartResult>") == "x");
    CHECK(*etag_of("<CompleteMultipartUploadResult><ETag>&quot;x-2&quot;</ETag></CompleteMultipartUploadResult>") ==
          "x-2");
    CHECK(!etag_of("<Error/>"));
}

TEST_CASE("the ETag of parts is the MD5 of their MD5s") {
    // Of the MD5s of "a" and "b" as bytes.
    CHECK(etag_of_parts({"0cc175b9c0f1b6a831c399e269772661", "92eb5ffee6ae2fec3ad71c777531578f"}) ==
          "96e024ba2074fe77e8e965ba43a704be-2");
    CHECK(etag_of_parts({"not an md5"}) == "");
    CHECK(etag_of_parts({"zcc175b9c0f1b6a831c399e269772661"}) == "");
}
