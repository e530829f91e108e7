#include "model/value.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace ferry {
namespace {

const Variables variables{{"environment.port", "8080"}, {"environment.root", "/opt/oa"}};

Code code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& e) {
    return e.code();
  }
  return Code::internal;
}

TEST(Template, ReplacesVariablesAndLeavesOtherDollarsAlone) {
  EXPECT_EQ(expand("http://x:${environment.port}${environment.root}/a", variables), "http://x:8080/opt/oa/a");
  EXPECT_EQ(expand("$ $x $$ cost: 5$", variables), "$ $x $$ cost: 5$");
  EXPECT_EQ(expand("$${environment.port}", variables), "${environment.port}");
  EXPECT_EQ(expand("", variables), "");
}

TEST(Template, NamesTheUnknownVariableAndTheKnownOnes) {
  try {
    expand("${environment.prot}", variables);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Code::invalid_document);
    EXPECT_EQ(e.about(), "${environment.prot}");
    EXPECT_NE(e.detail().find("environment.port, environment.root"), std::string::npos);
  }
  EXPECT_EQ(code_of([] { expand("a ${environment.port", variables); }), Code::invalid_document);
}

TEST(Template, LooksUpSecretsOnlyWhereTheCallerOffersThem) {
  EXPECT_EQ(expand("${secret.pw}", variables, [](const std::string& name) { return name + "!"; }), "pw!");
  EXPECT_EQ(code_of([] { expand("${secret.pw}", variables); }), Code::missing_secret);
}

TEST(Template, ListsTheVariablesItNeeds) {
  EXPECT_EQ(variables_in("a${x.y}b$${no}c${z}"), (std::vector<std::string>{"x.y", "z"}));
}

TEST(Version, OrderIsThatOfReleasesAndNotOfText) {
  const std::vector<std::string> ascending{"",
                                           "7",
                                           "7.4.2",
                                           "7.9",
                                           "7.10",
                                           "8.0",
                                           "8.0-P1",
                                           "8.0-P2",
                                           "8.0-P10",
                                           "8.0.1",
                                           "8.99",
                                           "8.100.0530",
                                           "8.100.0531",
                                           "8.100.0531+KB81001603",
                                           "8.100.0531+KB81001604",
                                           "99999999999999999999999999"};
  for (std::size_t i = 0; i < ascending.size(); ++i)
    for (std::size_t k = 0; k < ascending.size(); ++k)
      EXPECT_EQ(Version(ascending[i]) <=> Version(ascending[k]), i <=> k) << ascending[i] << " " << ascending[k];
}

TEST(Version, ZerosAtTheEndSayNothing) {
  EXPECT_EQ(Version("8"), Version("8.0.0"));
  EXPECT_EQ(Version("8.0P1"), Version("8-P1"));
  EXPECT_EQ(Version("08.010"), Version("8.10"));
  EXPECT_NE(Version("8.1"), Version("8.10"));
}

TEST(VersionRange, ContainsWhatItSays) {
  const auto in = [](const char* range, const char* version) { return VersionRange(range).contains(Version(version)); };
  EXPECT_TRUE(in(">=7.4 <8", "7.10"));
  EXPECT_FALSE(in(">=7.4 <8", "8.0"));
  EXPECT_FALSE(in(">=7.4 <8", "7.3.9"));
  EXPECT_TRUE(in(">= 7.4  < 8", "7.4"));
  EXPECT_TRUE(in("7.4", "7.4.0"));
  EXPECT_FALSE(in("7.4", "7.4.1"));
  EXPECT_TRUE(in("8.*", "8"));
  EXPECT_TRUE(in("8.*", "8.0-P1"));
  EXPECT_FALSE(in("8.*", "80.1"));
  EXPECT_TRUE(in("8.0.*", "8"));
  EXPECT_TRUE(in("8.* !=8.3", "8.2"));
  EXPECT_FALSE(in("8.* !=8.3", "8.3"));
  EXPECT_TRUE(in("*", ""));
  EXPECT_FALSE(in("<8", ""));  // an unknown version is in no narrower range
  EXPECT_TRUE(VersionRange().contains(Version("1")));
}

TEST(VersionRange, RefusesWhatIsNone) {
  for (const char* bad : {"", " ", ">=", "7.4,8", "7.*.1", ">=8.*", "=> 8", "~8", "a b ?", "8*", "..", "8 ||", "***"})
    EXPECT_EQ(code_of([&] { VersionRange{bad}; }), Code::invalid_document) << bad;
}

TEST(VersionRange, OverlapsWhereOneVersionIsInBoth) {
  const auto both = [](const char* a, const char* b) {
    EXPECT_EQ(overlap(VersionRange(a), VersionRange(b)), overlap(VersionRange(b), VersionRange(a))) << a << " " << b;
    return overlap(VersionRange(a), VersionRange(b));
  };
  EXPECT_FALSE(both("<3", ">=3"));
  EXPECT_FALSE(both("2.*", "3.*"));
  EXPECT_FALSE(both("7.4", ">7.4"));
  EXPECT_FALSE(both(">=7 <8", ">=8 <9"));
  EXPECT_TRUE(both("<3", ">=2"));
  EXPECT_TRUE(both("<=3", ">=3"));
  EXPECT_TRUE(both(">2", "<3"));
  EXPECT_TRUE(both("*", "8.*"));
  EXPECT_TRUE(both("8.*", ">=8.2 !=8.3"));
}

}  // namespace
}  // namespace ferry
