'use strict';
// What people write, and the files that they lay beside it.
const fs = require('fs');
const path = require('path');
const { sql, query, one } = require('./database');

const list = () => query('SELECT n.id, n.text, n.file, n.created_at, p.name AS author FROM note n JOIN person p ON p.id = n.person_id ORDER BY n.id DESC');

function keep(folder, id, file) {
  fs.mkdirSync(folder, { recursive: true });
  const kept = path.join(folder, `${id}-${path.basename(String(file.name))}`);
  fs.writeFileSync(kept, String(file.text));
  query(sql`UPDATE note SET file = ${kept} WHERE id = ${id}`);
}

// { text, file: { name, text } }; the note's id.
function add(person, note) {
  if (!note.text) return undefined;
  const { id } = one(sql`INSERT INTO note (person_id, text, created_at) VALUES (${person}, ${note.text}, ${new Date().toISOString()}) RETURNING id`);
  if (note.file) keep(one("SELECT value FROM setting WHERE name = 'upload.folder'").value, id, note.file);
  return id;
}

module.exports = { list, add };
