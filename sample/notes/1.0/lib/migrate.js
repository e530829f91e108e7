'use strict';
// Brings the database to the version of the program when it starts: migrations/NNN_name.sql, each once.
const fs = require('fs');
const path = require('path');
const { file, sql, query } = require('./database');

const folder = path.join(__dirname, '..', 'migrations');

function migrate(version) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  query('CREATE TABLE IF NOT EXISTS schema_version (script TEXT PRIMARY KEY, version TEXT NOT NULL, applied_at TEXT NOT NULL)');
  const applied = new Set(query('SELECT script FROM schema_version').map((row) => row.script));
  for (const script of fs.readdirSync(folder).filter((name) => name.endsWith('.sql')).sort()) {
    if (applied.has(script)) continue;
    const now = new Date().toISOString();
    query(fs.readFileSync(path.join(folder, script), 'utf8') + sql`; INSERT INTO schema_version VALUES (${script}, ${version}, ${now})`);
    console.log(`${now} migrated: ${script}`);
  }
}

module.exports = { migrate };
