// For tests of this room: a small OA that speaks HTTP on a free port, and what a check needs around it.
#pragma once
#include <httplib.h>
#include <sqlite3.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>

#include "base/charset.h"
#include "verify/context.h"

namespace ferry::testing_verify {

inline void wait_until_ready(const httplib::Server& server) {
  while (!server.is_running()) std::this_thread::yield();
}

class TestServer {
 public:
  TestServer() {
    routes();
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    wait_until_ready(server_);
  }
  ~TestServer() {
    release_.set_value();
    server_.stop();
    thread_.join();
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int created() const { return created_; }
  int deleted() const { return deleted_; }

  std::string version = "7.4";
  std::string seen;  // what /echo was sent

 private:
  static bool logged_in(const httplib::Request& request) {
    return request.get_header_value("Cookie").find("session=good") != std::string::npos;
  }

  void routes() {
    using Request = httplib::Request;
    using Response = httplib::Response;
    server_.Post("/api/login", [](const Request& request, Response& response) {
      const auto json = Json::parse(request.body, nullptr, false);
      const bool good = json.is_object() && json.value("password", "") == "s3cret&+";
      response.status = good ? 200 : 401;
      if (good) response.set_header("Set-Cookie", "session=good; Path=/; HttpOnly");
      response.set_content(Json{{"user", json.value("user", "")}, {"said", json.value("password", "")}}.dump(),
                           "application/json");
    });
    server_.Get("/api/me", [](const Request& request, Response& response) {
      response.status = logged_in(request) ? 200 : 401;
      response.set_content(R"({"user":"tester","admin":false,"id":17,"tags":["a","b"]})", "application/json");
    });
    server_.Get("/gbk.jsp", [](const Request&, Response& response) {
      response.set_content(from_utf8("<h1>流程统计</h1>", "GBK"), "text/html;charset=GBK");
    });
    server_.Get("/meta.jsp", [](const Request&, Response& response) {
      response.set_content(from_utf8("<html><META http-equiv='x' content='text/html; charset=gb2312'><p>审批", "GBK"),
                           "text/html");
    });
    server_.Get("/health", [this](const Request&, Response& response) {
      response.set_content(Json{{"version", version}, {"build", "b-" + version}}.dump(), "application/json");
    });
    server_.Get("/moved", [](const Request&, Response& response) { response.set_redirect("/health"); });
    server_.Get("/away", [](const Request&, Response& response) { response.set_redirect("http://example.invalid/"); });
    server_.Get("/page", [this](const Request&, Response& response) {
      response.set_content("<td>Total</td><td>" + std::string(version == "7.4" ? "42" : "41") + "</td>", "text/html");
    });
    // Answers when the server is taken down, not before.
    server_.Get("/slow", [this](const Request&, Response& response) {
      released_.wait();
      response.set_content("late", "text/plain");
    });
    server_.Post("/echo", [this](const Request& request, Response& response) {
      seen = request.get_header_value("Content-Type") + "|" + request.body + "|" + request.get_header_value("X-Own");
      response.set_content("ok", "text/plain");
    });
    server_.Get("/long", [](const Request&, Response& response) {
      response.set_content("<p>" + std::string(2'000'000, 'x') + "<b>end</b>", "text/html");
    });
    server_.Post("/api/requests", [this](const Request&, Response& response) {
      ++created_;
      response.set_content(R"({"id":17,"state":"draft"})", "application/json");
    });
    server_.Delete("/api/requests/17", [this](const Request&, Response& response) {
      ++deleted_;
      response.status = deleted_ > 1 ? 404 : 200;
    });
  }

  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
  std::promise<void> release_;
  std::shared_future<void> released_ = release_.get_future().share();
  std::atomic<int> created_{0}, deleted_{0};
};

inline Environment environment_for(const std::string& url) {
  Environment environment;
  environment.name = "test";
  environment.root = "/nowhere";
  environment.url = url;
  environment.variables = {{"tester", "tester"}};
  return environment;
}

inline CheckContext context_for(const Environment& environment, const std::string& version = "7.4") {
  CheckContext context;
  context.environment = &environment;
  context.version = Version(version);
  context.secret = [](const std::string&) { return std::string("s3cret&+"); };
  context.http_timeout = Milliseconds(3000);
  return context;
}

inline HttpStep step(const std::string& method, const std::string& path, int expect = 200) {
  HttpStep out;
  out.method = method;
  out.path = path;
  out.expect = {expect};
  return out;
}

inline HttpStep login() {
  auto out = step("POST", "/api/login");
  out.json = Json{{"user", "${environment.tester}"}, {"password", "${secret.tester_password}"}};
  return out;
}

class Folder {
 public:
  Folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "ferry-verify-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

inline void execute(const std::string& file, const std::string& sql) {
  sqlite3* handle = nullptr;
  if (sqlite3_open(file.c_str(), &handle) != SQLITE_OK ||
      sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    throw std::runtime_error(sqlite3_errmsg(handle));
  sqlite3_close(handle);
}

}  // namespace ferry::testing_verify
