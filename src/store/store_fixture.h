// A home folder of its own for each test of the store.
#pragma once
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "base/error.h"
#include "host/files.h"

namespace ferry::testing_store {

inline const std::string yaml = "id: sample\ntitle: Upgrade\n";

class WithHome : public testing::Test {
 protected:
  std::string folder() const { return folder_.path(); }
  std::string home() const { return folder_ / "home"; }

 private:
  TempFolder folder_{"ferry-store"};
};

template <class Work>
Code code_of(Work work) {
  try {
    work();
  } catch (const Error& e) {
    return e.code();
  }
  throw std::logic_error("no error was thrown");
}

}  // namespace ferry::testing_store
