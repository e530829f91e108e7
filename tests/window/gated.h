// The tiny product's production behind its open gate: made once, shared by the cases of this program, each of which
// begins where production stood and leaves it so.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "support/tiny_gate.h"

namespace ferry::test {

class GatedTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  static const TinyWorld& world() { return *shared_; }
  const std::string& before() const { return before_; }
  // Files of the program and rows.
  static std::string tree();
  // What users get: "page of 1.0\n", or "503" of the maintenance page.
  static std::string page();

  // `ferry run show`, and of it: {} without any run; a step.
  static Json state();
  static std::string run_id();  // empty: none yet
  static Json step(const std::string& id);

 private:
  class End : public testing::Environment {
   public:
    void TearDown() override { shared_.reset(); }
  };
  static inline std::unique_ptr<TinyWorld> shared_;
  std::string before_;
};

}  // namespace ferry::test
