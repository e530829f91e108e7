#include "host/forward_proxy.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

TEST(ForwardProxy, ReadsConnectAndPlainRequests) {
  const auto tunnel = parse_proxy_request("CONNECT Example.COM:443 HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(tunnel);
  EXPECT_TRUE(tunnel->connect);
  EXPECT_EQ(tunnel->place, "example.com:443");
  EXPECT_EQ(tunnel->head, "");
  const auto plain = parse_proxy_request(
      "GET http://user@example.com/a/b?c HTTP/1.1\r\nHost: example.com\r\nProxy-Authorization: secret\r\n"
      "Connection: keep-alive\r\nAccept: */*\r\n\r\n");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->place, "example.com:80");
  EXPECT_EQ(plain->head, "GET /a/b?c HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\nConnection: close\r\n\r\n");
  const auto v6 = parse_proxy_request("CONNECT [2001:DB8::1]:8443 HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->place, "[2001:db8::1]:8443");
  EXPECT_EQ(v6->host, "2001:db8::1");
}

TEST(ForwardProxy, WhatIsNoRequestToAProxyIsNone) {
  for (const char* wrong :
       {"", "GET / HTTP/1.1\r\n\r\n", "CONNECT example.com HTTP/1.1\r\n\r\n", "CONNECT example.com:0 HTTP/1.1\r\n\r\n",
        "CONNECT example.com:99999 HTTP/1.1\r\n\r\n", "CONNECT a b:443 HTTP/1.1\r\n\r\n",
        "CONNECT :443 HTTP/1.1\r\n\r\n", "GET ftp://x/ HTTP/1.1\r\n\r\n", "CONNECT x:443 SPDY\r\n\r\n",
        "CONNECT [::1:443 HTTP/1.1\r\n\r\n", "CONNECT a:b:443 HTTP/1.1\r\n\r\n"})
    EXPECT_FALSE(parse_proxy_request(wrong)) << wrong;
}

TEST(ForwardProxy, APlaceHasOneForm) {
  EXPECT_EQ(network_place("Example.com:443"), "example.com:443");
  EXPECT_EQ(network_place("[::1]:80"), "[::1]:80");
  EXPECT_EQ(network_place("example.com"), "");
  EXPECT_EQ(network_place("http://example.com:80"), "");
}

}  // namespace
}  // namespace ferry
