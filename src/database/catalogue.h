// What a database contains: objects, columns, rows, size, soundness.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "database/connection.h"
#include "database/dialect.h"
#include "model/inventory.h"

namespace ferry {

struct CatalogueTable {
  SchemaObject object;
  std::vector<SchemaColumn> columns;
};

// Objects by type and name, without those of the database itself and without Ferry's record of a migration.
struct Catalogue {
  std::vector<CatalogueTable> tables;
  std::vector<SchemaObject> views;
  std::vector<SchemaObject> triggers;
  std::vector<SchemaObject> indexes;

  // Over type, name, table and normalised SQL of every object: equal digests = same schema text. Case of identifiers,
  // comments and layout do not count; order and types of columns do.
  Digest digest() const;
  const CatalogueTable* find_table(std::string_view name) const;  // any case
};
Catalogue read_catalogue(Connection& connection);

// Whether the database can't be opened or read because its file is damaged, and what helps then: neither another
// address nor other credentials.
bool is_damage(const Error& error);
Text damage_remedy();

// SQL LIKE: % any characters, _ one; ASCII letters in any case.
bool like(std::string_view text, std::string_view pattern);

// "table x_own", "view v_own", "trigger t_own": tables, views and triggers that match none of the vendor's patterns. A
// trigger counts by its own name. Indexes are left out: they do not change what the product does. Without any pattern
// the result is empty (nobody said what is the vendor's).
std::vector<std::string> custom_objects(const Catalogue& catalogue, const std::vector<std::string>& vendor_patterns);

struct FactOptions {
  bool count_rows = true;  // reads one index or the whole of every table
  std::vector<std::string> vendor_objects;
};
// All of it at one moment (one read transaction). Throws like Connection::query.
DatabaseFacts read_facts(Connection& connection, const FactOptions& options = {});

// What the database finds wrong with its own content; empty = sound. A file too damaged to be asked is one problem.
std::vector<std::string> integrity_problems(Connection& connection, bool thorough = true);

}  // namespace ferry
