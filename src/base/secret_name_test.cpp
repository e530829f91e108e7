#include "base/secret_name.h"

#include <gtest/gtest.h>

namespace ferry {
namespace {

TEST(SecretName, WhatPeopleCallSecrets) {
  for (const char* name : {"password", "DB_PASSWD", "pwd", "clientSecret", "access_token", "API_KEY", "apiKey",
                           "private.key", "password_salt", "Credential"})
    EXPECT_TRUE(names_a_secret(name)) << name;
  for (const char* name : {"", "key", "monkey", "keyboard", "user", "port", "turkey", "sort_keys"})
    EXPECT_FALSE(names_a_secret(name)) << name;
}

}  // namespace
}  // namespace ferry
