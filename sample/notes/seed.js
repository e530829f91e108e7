'use strict';
// seed.js ROOT WEBHOOK: what people have entered in an installation of Notes 1.0 at ROOT.
const path = require('path');
const [root, webhook] = [path.resolve(process.argv[2]), process.argv[3]];
process.env.NOTES_DATABASE = path.join(root, 'data/notes.db');
const { sql, query } = require(path.join(root, 'lib/database'));
const { migrate } = require(path.join(root, 'lib/migrate'));
const { hash } = require(path.join(root, 'lib/session'));
const notes = require(path.join(root, 'lib/notes'));

migrate(require(path.join(root, 'package.json')).version);
for (const [login, name, password] of [['manager', '经理', 'Manager#2024'], ['tester', '测试员', 'Tester#2024']])
  query(sql`INSERT INTO person (login, name, password) VALUES (${login}, ${name}, ${hash(password, login)})`);
const settings = { 'webhook.url': webhook, 'webhook.enabled': '1', 'upload.folder': path.join(root, 'uploads'), 'mail.host': 'mail.example.com' };
for (const [name, value] of Object.entries(settings)) query(sql`INSERT INTO setting VALUES (${name}, ${value})`);
for (let i = 1; i <= 40; ++i)
  notes.add(1 + (i % 2), { text: `Note ${i}\n第 ${i} 条记录`, file: i % 10 === 0 ? { name: `list-${i}.txt`, text: `attachment ${i}\n` } : undefined });
