#include "verify/http.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "verify/test_server.h"

namespace ferry {
namespace {

using testing_verify::TestServer;

HttpResponse get(HttpClient& client, const std::string& path) {
  HttpRequest request;
  request.path = path;
  return client.send(request);
}

Code code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  return Code::internal;
}

TEST(Http, ReadsPagesInTheirOwnCharset) {
  const TestServer server;
  HttpClient client(server.url() + "/");
  EXPECT_EQ(get(client, "/gbk.jsp").text(), "<h1>流程统计</h1>");
  EXPECT_NE(get(client, "/meta.jsp").text().find("审批"), std::string::npos);
  HttpResponse response;
  response.body = "caf\xE9";  // nobody says what it is
  EXPECT_EQ(response.text(), "café");
  response.headers = {{"content-type", "text/html; charset=no-such"}};
  EXPECT_EQ(response.text(), "café");
  response.headers = {{"content-type", "text/html; charset=\"UTF-8\""}};
  EXPECT_EQ(response.text(), "caf\uFFFD");
}

TEST(Http, KeepsCookiesWithinASessionAndNotBeyond) {
  const TestServer server;
  HttpClient client(server.url()), other(server.url());
  HttpRequest login;
  login.method = "POST";
  login.path = "/api/login";
  login.body = R"({"user":"tester","password":"s3cret&+"})";
  login.content_type = "application/json";
  EXPECT_EQ(get(client, "/api/me").status, 401);
  EXPECT_EQ(client.send(login).status, 200);
  EXPECT_EQ(get(client, "/api/me").status, 200);
  EXPECT_EQ(get(other, "/api/me").status, 401);
}

TEST(Http, SaysThatNobodyAnswers) {
  std::string address;
  {
    const TestServer gone;
    address = gone.url();
  }
  HttpClient client(address);
  EXPECT_EQ(code_of([&] { get(client, "/health"); }), Code::no_answer);
}

TEST(Http, DoesNotWaitLongerThanAllowed) {
  const TestServer server;
  HttpClient client(server.url());
  HttpRequest request;
  request.path = "/slow";
  request.timeout = Milliseconds(150);
  EXPECT_EQ(code_of([&] { client.send(request); }), Code::no_answer);
  EXPECT_EQ(get(client, "/health").status, 200);  // the session is still usable
}

TEST(Http, TalksToItsOwnSystemOnly) {
  const TestServer server;
  HttpClient client(server.url());
  for (const char* path : {"http://example.invalid/", "@example.invalid/", "health", ""})
    EXPECT_EQ(code_of([&] { get(client, path); }), Code::invalid_document) << path;
  EXPECT_EQ(get(client, "/moved").status, 302);
  HttpRequest request;
  request.follow = true;
  request.path = "/moved";
  EXPECT_EQ(client.send(request).status, 200);
  request.path = "/away";
  EXPECT_EQ(code_of([&] { client.send(request); }), Code::no_answer);
  for (const char* url : {"ftp://x/", "file:///etc/passwd", "127.0.0.1", "http://", "http://x/?a=1"})
    EXPECT_EQ(code_of([&] { HttpClient{url}; }), Code::invalid_document) << url;
}

TEST(Http, IgnoresAProxyOfTheEnvironmentButUsesTheOneGiven) {
  const TestServer server;
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  HttpClient client(server.url());
  EXPECT_EQ(get(client, "/health").status, 200);
  ::unsetenv("http_proxy");
  HttpReach through;
  through.proxy = "http://127.0.0.1:1";
  HttpClient proxied(server.url(), through);
  EXPECT_EQ(code_of([&] { get(proxied, "/health"); }), Code::no_answer);
}

TEST(Http, ReachesASystemUnderAnotherAddress) {
  const TestServer server;
  const auto port = server.url().substr(server.url().rfind(':') + 1);
  HttpReach reach;
  reach.resolve = {"oa.example.invalid:" + port + ":127.0.0.1"};
  HttpClient client("http://oa.example.invalid:" + port, reach);
  EXPECT_EQ(get(client, "/health").status, 200);
}

TEST(Http, ReachesASystemThroughAUnixSocket) {
  const testing_verify::Folder folder;
  httplib::Server server;
  server.set_address_family(AF_UNIX);
  server.Get("/health",
             [](const httplib::Request&, httplib::Response& response) { response.set_content("ok", "x/y"); });
  ASSERT_TRUE(server.bind_to_port(folder / "s", 80));
  std::thread thread([&server] { server.listen_after_bind(); });
  testing_verify::wait_until_ready(server);
  HttpReach reach;
  reach.unix_socket = folder / "s";
  {
    // Gone before the server stops, which waits for open connections.
    HttpClient client("http://oa.example.invalid", reach);
    EXPECT_EQ(get(client, "/health").body, "ok");
  }
  server.stop();
  thread.join();
}

TEST(Http, RefusesAnAnswerWithoutEnd) {
  const TestServer server;
  HttpClient client(server.url());
  HttpRequest request;
  request.path = "/long";
  request.body_limit = 100'000;
  EXPECT_EQ(code_of([&] { client.send(request); }), Code::unsupported_format);
}

TEST(Http, EncodesFormsInTheCharsetOfTheirPage) {
  EXPECT_EQ(form_encoded({{"a b", "1&2"}, {"名", "审"}}), "a+b=1%262&%E5%90%8D=%E5%AE%A1");
  EXPECT_EQ(form_encoded({{"x", "审"}}, "GBK"), "x=%C9%F3");
}

}  // namespace
}  // namespace ferry
