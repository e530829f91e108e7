// What the sink makes of what it hears, and what is read out of its record.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "backup/sink_protocol.h"
#include "backup/sink_record.h"
#include "base/error.h"
#include "host/descriptor.h"
#include "host/files.h"

namespace ferry {
namespace {

struct Heard {
  std::string speaks;
  Json detail;
};

// Sends all of `bytes`, ends, and returns what the sink heard and answered.
std::vector<Heard> converse(int port, const std::string& bytes, std::string& answer) {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const Descriptor client(ends[0]);
  std::vector<Heard> heard;
  fence::SinkNames names;
  std::thread server([&, socket = ends[1]] {
    const Descriptor owner(socket);
    fence::SinkStream stream(socket);
    fence::talk(stream, port, "fnc-test", names, [&](const std::string& speaks, const Json& detail) {
      heard.push_back({speaks, detail});
    });
  });
  EXPECT_EQ(::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  ::shutdown(client.get(), SHUT_WR);
  char buffer[4096];
  for (ssize_t got; (got = ::read(client.get(), buffer, sizeof buffer)) > 0;) {
    answer.append(buffer, static_cast<std::size_t>(got));
  }
  server.join();
  return heard;
}

TEST(Sink, AMailIsAcceptedWithEnvelopeAndTextAndWithoutThePassword) {
  std::string answer;
  const auto heard =
      converse(25,
               "EHLO oa\r\nAUTH PLAIN AHVzZXIAc2VjcmV0\r\nMAIL FROM:<oa@a.example>\r\nRCPT TO:<b@b.example>\r\n"
               "RCPT TO:<c@c.example>\r\nDATA\r\nSubject: Travel\r\n\r\n..dot\r\ntext\r\n.\r\nQUIT\r\n",
               answer);
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0].speaks, "smtp");
  EXPECT_EQ(heard[0].detail["from"], "oa@a.example");
  EXPECT_EQ(heard[0].detail["to"], Json::array({"b@b.example", "c@c.example"}));
  EXPECT_EQ(heard[0].detail["subject"], "Travel");
  EXPECT_EQ(heard[0].detail["message"]["text"], "Subject: Travel\r\n\r\n.dot\r\ntext\r\n");
  EXPECT_EQ(heard[0].detail.dump().find("AHVz"), std::string::npos);
  EXPECT_NE(answer.find("250 2.0.0 kept"), std::string::npos);
}

TEST(Sink, AWebRequestIsAnsweredAndItsBodyKept) {
  std::string answer;
  const auto heard = converse(8443,
                              "POST /hook?x=1 HTTP/1.1\r\nHost: pay.example\r\nAuthorization: Bearer abc\r\n"
                              "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n",
                              answer);
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0].speaks, "http");
  EXPECT_EQ(heard[0].detail["path"], "/hook?x=1");
  EXPECT_EQ(heard[0].detail["host"], "pay.example");
  EXPECT_EQ(heard[0].detail["body"]["text"], "hello!");
  EXPECT_EQ(heard[0].detail["headers"]["authorization"], "***");
  EXPECT_NE(answer.find("200 OK"), std::string::npos);
  EXPECT_NE(answer.find("\r\n\r\n{}"), std::string::npos);
}

TEST(Sink, NonsenseIsKeptAsBytesAndEndsNothing) {
  std::string answer;
  const auto heard = converse(9999, std::string("\x00\xff\xfe garbage", 11), answer);
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(heard[0].speaks, "raw");
  EXPECT_EQ(heard[0].detail["bytes"], 11);
  EXPECT_TRUE(heard[0].detail.contains("base64"));
}

TEST(Sink, NamesGetAddressesOfTheirOwnOutOfDocumentationRanges) {
  fence::SinkNames names;
  const std::string query(
      "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04mail\x07"
      "example\x00\x00\x01\x00\x01",
      30);
  fence::DnsQuestion question;
  std::string answer;
  ASSERT_TRUE(fence::answer_dns(query, names, question, answer));
  EXPECT_EQ(question.name, "mail.example");
  EXPECT_EQ(question.type, 1);
  EXPECT_EQ(answer.substr(answer.size() - 4), std::string("\xc6\x33\x64\x01", 4));  // 198.51.100.1
  EXPECT_EQ(names.name_at("198.51.100.1"), "mail.example");
  EXPECT_EQ(names.name_at(fence::SinkNames::address6(1)), "mail.example");
  EXPECT_EQ(names.number_of("other.example"), 2);
  for (std::size_t cut = 0; cut < query.size(); ++cut) {
    fence::DnsQuestion ignored;
    EXPECT_FALSE(fence::answer_dns(query.substr(0, cut), names, ignored, answer)) << cut;
  }
}

SinkEvent connection_to(const std::string& address, int port, std::uint64_t number, const std::string& command) {
  SinkEvent event;
  event.connection = number;
  event.when = "2026-01-31T08:00:0" + std::to_string(number) + ".000Z";
  event.protocol = "tcp";
  event.address = address;
  event.port = port;
  event.command = command;
  return event;
}

TEST(SinkRecord, DestinationsThatNoRuleCoversAreSuggestions) {
  auto content = connection_to("198.51.100.1", 443, 2, "java");
  content.kind = SinkEvent::Kind::content;
  content.speaks = "tls";
  content.detail = {{"server_name", "pay.example"}};
  auto probe = connection_to("203.0.113.250", 47001, 4, "ferry");
  probe.kind = SinkEvent::Kind::content;
  probe.detail = {{"path", "/ferry-proof-1-tcp4"}};
  const std::vector<SinkEvent> events{
      connection_to("192.0.2.25", 25, 1, "java"),    connection_to("198.51.100.1", 443, 2, "java"),     content,
      connection_to("198.51.100.1", 443, 3, "node"), connection_to("203.0.113.250", 47001, 4, "ferry"), probe,
      connection_to("10.0.0.9", 389, 5, "java")};
  const auto all = suggestions(events, {"10.0.0.9:389"});
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].host, "198.51.100.1");
  EXPECT_EQ(all[0].port, 443);
  EXPECT_EQ(all[0].count, 2);
  EXPECT_EQ(all[0].first_seen, "2026-01-31T08:00:02.000Z");
  EXPECT_EQ(all[0].commands, (std::vector<std::string>{"java", "node"}));
  EXPECT_EQ(all[0].example, "TLS pay.example");
}

TEST(SinkRecord, CutAtEveryByteItIsReadAsFarAsItsLinesAreWhole) {
  const TempFolder temp("ferry-record");
  const std::string first = Json(connection_to("10.0.0.1", 25, 1, "java")).dump() + "\n";
  const std::string both = first + Json(connection_to("10.0.0.2", 80, 2, "java")).dump() + "\n";
  for (std::size_t cut = 0; cut <= both.size(); ++cut) {
    std::ofstream(temp / "sink.jsonl", std::ios::binary | std::ios::trunc) << both.substr(0, cut);
    std::uint64_t offset = 0;
    const std::size_t whole = cut == both.size() ? 2 : cut >= first.size() ? 1 : 0;
    EXPECT_EQ(read_sink_record(temp / "sink.jsonl", offset).size(), whole) << cut;
    EXPECT_EQ(offset, whole == 2 ? both.size() : whole == 1 ? first.size() : 0U);
    std::ofstream(temp / "sink.jsonl", std::ios::binary | std::ios::app) << both.substr(cut);
    EXPECT_EQ(read_sink_record(temp / "sink.jsonl", offset).size(), 2 - whole) << cut;
  }
  std::ofstream(temp / "sink.jsonl") << "{}\n";
  EXPECT_THROW(read_sink_record(temp / "sink.jsonl"), Error);
  EXPECT_TRUE(read_sink_record(temp / "none").empty());
}

}  // namespace
}  // namespace ferry
