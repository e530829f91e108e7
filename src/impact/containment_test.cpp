// What comes back from the vendor is taken at its word for nothing: each of the customer's changes is looked for.
#include "impact/containment.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

const RelativePath page("webapp/page.jsp");

Entry file(const std::string& content) {
  Entry out;
  out.size = content.size();
  out.digest = Digest::of(content);
  return out;
}

struct Case {
  std::string base = "one\nsecond line\nthird line\n";
  std::string mine = "one\nsecond line of the customer\nthird line\nown line\n";
  std::optional<std::string> returned;  // none: the package does not touch it
  ChangeKind kind = ChangeKind::modified;
  std::string choice;
  bool base_text = true;
  bool removed = false;
  bool placeholder = false;
};

ReturnedChange judged(const Case& given) {
  HandedChange change;
  change.path = page;
  change.kind = given.kind;
  if (given.kind != ChangeKind::deleted) change.mine = Digest::of(given.mine);
  if (given.kind != ChangeKind::added) change.base = Digest::of(given.base);
  change.choice = given.choice;
  Overlay overlay;
  if (given.returned) overlay.files[page] = {file(*given.returned), "upgrade"};
  if (given.removed) overlay.removed[page] = "upgrade";
  return judge_returned(change, overlay, [&](const HandedChange&, const std::string& package) {
    EXPECT_EQ(package, "upgrade");
    ChangeTexts texts;
    if (given.base_text && given.kind == ChangeKind::modified) texts.base = given.base;
    texts.mine = given.mine;
    texts.returned = given.returned;
    texts.placeholder = given.placeholder;
    return texts;
  });
}

Containment state(const Case& given) {
  return judged(given).state;
}

TEST(Containment, TheCustomersOwnContentIsContainedUnchanged) {
  Case given;
  given.returned = given.mine;
  EXPECT_EQ(state(given), Containment::unchanged);
}

TEST(Containment, TheVendorsOldContentMeansThatTheChangeIsMissing) {
  Case given;
  given.returned = given.base;
  EXPECT_EQ(state(given), Containment::missing);
}

TEST(Containment, MergedIsWhatHoldsEachLineOfTheCustomers) {
  Case given;
  given.returned =
      "new first\r\n  second line of the customer  \r\nthird line, changed by the vendor\r\nown line\r\nmore\r\n";
  EXPECT_EQ(state(given), Containment::merged);
  given.returned = "new first\nsecond line of the customer\nthird line\n";
  const auto partial = judged(given);
  EXPECT_EQ(partial.state, Containment::partial);
  EXPECT_NE(partial.why.en.find("'own line'"), std::string::npos) << partial.why.en;
  given.returned = "new first\nsecond line\nthird line\n";
  EXPECT_EQ(state(given), Containment::missing);
}

TEST(Containment, ALineThatTheCustomerTookAwayMustNotComeBack) {
  Case given;
  given.mine = "one\nthird line\n";
  given.returned = "new first\nthird line\n";
  EXPECT_EQ(state(given), Containment::merged);
  given.returned = "new first\nsecond line\nthird line\n";
  EXPECT_NE(state(given), Containment::merged);
}

TEST(Containment, ACharsetThatTheVendorHasConvertedIsNoLoss) {
  Case given;
  given.mine = "one\nsecond line\nthird line\n\xc7\xeb\xbc\xd9\xb5\xa5\n";  // 请假单 in GBK
  given.returned = "vendor's\nsecond line\nthird line\n请假单\n";
  EXPECT_EQ(state(given), Containment::merged);
}

TEST(Containment, WhatNoPackageTouchesStaysAndWhatOneRemovesIsMissing) {
  Case given;
  EXPECT_EQ(state(given), Containment::kept);
  given.removed = true;
  EXPECT_EQ(state(given), Containment::missing);
  given.kind = ChangeKind::deleted;
  EXPECT_EQ(state(given), Containment::unchanged);
  given.removed = false;
  EXPECT_EQ(state(given), Containment::kept);
  given.returned = given.base;
  EXPECT_EQ(state(given), Containment::missing);
}

TEST(Containment, AnAddedFileNeedsNoVendorsText) {
  Case given;
  given.kind = ChangeKind::added;
  given.returned = given.mine + "vendor's line\n";
  EXPECT_EQ(state(given), Containment::merged);
}

TEST(Containment, WhatCantBeComparedIsNotProved) {
  Case given;
  given.returned = "something else\n";
  given.base_text = false;
  EXPECT_EQ(state(given), Containment::unproved);
  given.base_text = true;
  given.mine = std::string("PK\0binary", 9);
  EXPECT_EQ(state(given), Containment::unproved);
}

TEST(Containment, ADecisionSettlesWhateverCameBack) {
  Case given;
  given.returned = given.base;
  given.choice = "keep";
  EXPECT_EQ(state(given), Containment::kept);
  given.choice = "merge";
  EXPECT_EQ(state(given), Containment::kept);
  for (const char* choice : {"take", "retire"}) {
    given.choice = choice;
    EXPECT_EQ(state(given), Containment::given_up);
  }
}

TEST(Containment, TheMaskOfASecretMustNotComeBack) {
  Case given;
  given.returned = "new\nsecond line of the customer\nown line\n";
  EXPECT_EQ(state(given), Containment::merged);
  given.placeholder = true;
  EXPECT_EQ(state(given), Containment::partial);
}

}  // namespace
}  // namespace ferry
