'use strict';
// SQLite through its own command line, because Node 18 and 20 have no module for it and this example needs no package.
const { spawnSync } = require('child_process');
const path = require('path');

const file = path.resolve(__dirname, '..', process.env.NOTES_DATABASE || 'data/notes.db');

function quoted(value) {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'number') return String(value);
  return "'" + String(value).replace(/\0/g, '').replace(/'/g, "''") + "'";
}

// sql`SELECT * FROM note WHERE id = ${id}`: values are quoted, whatever they hold.
function sql(texts, ...values) {
  return texts.reduce((out, text, i) => out + quoted(values[i - 1]) + text);
}

// Rows of the last statement as objects. All statements of one call are one transaction.
function query(statements) {
  const input = `.timeout 5000\nBEGIN IMMEDIATE;\n${statements};\nCOMMIT;\n`;
  const done = spawnSync('sqlite3', ['-batch', '-bail', '-json', file], { input, encoding: 'utf8', maxBuffer: 64 << 20 });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error('database: ' + done.stderr.trim());
  return done.stdout.trim() === '' ? [] : JSON.parse(done.stdout);
}

const one = (statement) => query(statement)[0];

module.exports = { file, sql, query, one };
