// For the claims about where calls may go.
#include "service/egress.h"

#include <doctest/doctest.h>

using namespace headwater;

TEST_CASE("networks that nobody should be sent to are never reached, however they are written") {
    for (const char* address :
         {"169.254.169.254", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "100.100.100.200", "::", "fe80::1",
          "ff02::1", "fd00:ec2::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "nonsense",
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
}

TEST_CASE("addresses of calls are plain and their hosts are allowed ones") {
    CHECK(check_call_url("https://hooks.example/run?x=1", {}).empty());
    CHECK(check_call_url("http://127.0.0.1:9/", {}).empty());
    CHECK(check_call_url("https://Hooks.example./", {.hosts = {"hooks.example"}}).empty());
    for (const char* url :
         {"", "ftp://x/", "file:///etc/passwd", "http://", "http:///x", "http://a:b@host/", "http://h/#x",
          "http://h/a b", "http://169.254.169.254/latest", "http://[fe80::1]/", "javascript:1"})
        CHECK_MESSAGE(!check_call_url(url, {}).empty(), url);
    CHECK(!check_call_url("https://other.example/", {.hosts = {"hooks.example"}}).empty());
    CHECK(!check_call_url("http://10.0.0.1/", {.allows_private = false}).empty());
}
