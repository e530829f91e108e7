'use strict';
// What people write, and the files that they lay beside it.
const fs = require('fs');
const path = require('path');
const { sql, query, one } = require('./database');

const list = () => query(`SELECT n.id, n.title, n.text, n.file, n.created_at, p.name AS author,
    (SELECT group_concat(name, ' ') FROM tag t WHERE t.note_id = n.id) AS tags
  FROM note n JOIN person p ON p.id = n.person_id ORDER BY n.id DESC`);

function keep(folder, id, file) {
  fs.mkdirSync(folder, { recursive: true });
  const kept = path.join(folder, `${id}-${path.basename(String(file.name))}`);
  fs.writeFileSync(kept, String(file.text));
  query(sql`UPDATE note SET file = ${kept} WHERE id = ${id}`);
}

// { text, tags: [name], file: { name, text } }; the first line is the title. The note's id.
function add(person, note) {
  if (!note.text) return undefined;
  const { id } = one(sql`INSERT INTO note (person_id, title, text, created_at)
    VALUES (${person}, ${String(note.text).split('\n')[0]}, ${note.text}, ${new Date().toISOString()}) RETURNING id`);
  for (const tag of note.tags || []) query(sql`INSERT OR IGNORE INTO tag VALUES (${id}, ${tag})`);
  if (note.file) keep(one("SELECT value FROM setting WHERE name = 'upload.folder'").value, id, note.file);
  return id;
}

module.exports = { list, add };
