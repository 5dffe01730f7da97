// For the claims about where calls may go.
#include "service/egress.h"

#include <doctest/doctest.h>

using namespace headwater;

TEST_CASE("networks that nobody should be sent to are never reached, however they are written") {
    for (const char* address : {"169.254.169.254",
                                "0.0.0.0",
                                "0.1.2.3",
                                "224.0.0.1",
                                "255.255.255.255",
                                "100.100.100.200",
                                "168.63.129.16",
                                "192.0.0.192",
                                "100.96.0.96",
                                "::",
                                "fe80::1",
                                "fe80::1%1",
                                "ff02::1",
                                "fd00:ec2::254",
                                "fd00:ec2::23",
                                "fd20:ce::254",
                                "fd00:c1::a9fe:a9fe",
                                "fd00:42::42",
                                "::ffff:169.254.169.254",
                                "::169.254.169.254",
                                "::ffff:0:a9fe:a9fe",
                                "64:ff9b::a9fe:a9fe",
                                "64:ff9b:1::a9fe:a9fe",
                                "2002:a9fe:a9fe::1",
                                "2001:0:a9fe::1",
                                "2606:2800::5efe:a9fe:a9fe",
                                "nonsense",
                                "127.1"})
        CHECK_MESSAGE(!may_connect(address, 80, {}), address);
    for (const char* address :
         {"127.0.0.1", "10.0.0.1", "192.168.1.1", "172.31.0.1", "100.64.0.1", "::1", "fd12::1", "::ffff:10.0.0.1"}) {
        CHECK_MESSAGE(may_connect(address, 80, {}), address);
        CHECK_MESSAGE(!may_connect(address, 80, {.allows_private = false}), address);
    }
    for (const char* address : {"93.184.216.34", "172.32.0.1", "2606:2800:220:1::1"})
        CHECK_MESSAGE(may_connect(address, 443, {.allows_private = false}), address);
    CHECK(!may_connect("127.0.0.1", 8000, {.own_port = 8000}));
    CHECK(!may_connect("::1", 8000, {.own_port = 8000}));
    CHECK(!may_connect("::ffff:127.0.0.1", 8000, {.own_port = 8000}));
    CHECK(!may_connect("127.1.2.3", 8000, {.own_port = 8000}));
    CHECK(may_connect("::ffff:127.0.0.1", 8001, {.own_port = 8000}));
}

namespace {

std::string check_call_url(std::string_view url, const EgressRules& rules) {
    CallPlace place;
    return check_call_url(url, rules, place);
}

}  // namespace

TEST_CASE("addresses of calls are plain and their hosts are allowed ones") {
    CHECK(check_call_url("https://hooks.example/run?x=1", {}).empty());
    CHECK(check_call_url("http://127.0.0.1:9/", {}).empty());
    CHECK(check_call_url("https://Hooks.example./", {.hosts = {"hooks.example"}}).empty());
    for (const char* url : {"",
                            "ftp://x/",
                            "file:///etc/passwd",
                            "http://",
                            "http:///x",
                            "http://a:b@host/",
                            "http://h/#x",
                            "http://h/a b",
                            "http://169.254.169.254/latest",
                            "http://[fe80::1]/",
                            "javascript:1",
                            "http://:80/",
                            "http://[::1",
                            "http://[fe80::1%25lo]/",
                            "http://h:0/",
                            "http://h:65536/",
                            "http://h:8x/",
                            "http://h%2e/",
                            "http://metadata.google.internal/",
                            "http://METADATA.google.internal.:80/",
                            "http://instance-data/latest"})
        CHECK_MESSAGE(!check_call_url(url, {}).empty(), url);
    CHECK(!check_call_url("https://other.example/", {.hosts = {"hooks.example"}}).empty());
    CHECK(!check_call_url("http://10.0.0.1/", {.allows_private = false}).empty());
    for (const char* url : {"http://[::ffff:127.0.0.1]:8000/", "http://127.0.0.1:8000", "http://[::1]:8000/?x"})
        CHECK_MESSAGE(!check_call_url(url, {.own_port = 8000}).empty(), url);
    CHECK(check_call_url("http://127.0.0.1:8001/", {.own_port = 8000}).empty());
    CHECK(check_call_url("http://127.0.0.1:/", {.own_port = 80}) != "");
    CHECK(check_call_url("https://127.0.0.1", {.own_port = 443}) != "");
}

TEST_CASE("an address in a form that hides it is refused, whatever it would lead to") {
    for (const char* url : {"http://127.1/", "http://0177.0.0.1/", "http://2130706433/", "http://0x7f.1:9/",
                            "http://0x7f000001/", "http://169.254.43518/", "http://8.8.2056/", "http://010.8.8.8/"})
        CHECK_MESSAGE(check_call_url(url, {}).find("form that hides it") != std::string::npos, url);
    CHECK(!check_host("0xA9FEA9FE", 80, {}).empty());
    CHECK(check_host("minio", 9000, {}).empty());
    CHECK(check_host("[::1]", 9000, {}).empty());
}

TEST_CASE("a call's place is its host and port") {
    CallPlace place;
    CHECK(check_call_url("https://Hooks.Example.:8443/run", {}, place).empty());
    CHECK(place.host == "hooks.example");
    CHECK(place.port == 8443);
    CHECK(check_call_url("http://[2606:2800::1]?x", {}, place).empty());
    CHECK(place.host == "[2606:2800::1]");
    CHECK(place.port == 80);
}
