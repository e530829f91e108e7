'use strict';
// Tells another system of each new note: settings webhook.url and webhook.enabled. What it does not take is tried again.
const http = require('http');
const https = require('https');
const { sql, query } = require('./database');

function setting(name) {
  const rows = query(sql`SELECT value FROM setting WHERE name = ${name}`);
  return rows.length ? rows[0].value : '';
}

function put(event) {
  query(sql`INSERT INTO outbox (body, state, created_at) VALUES (${JSON.stringify(event)}, 'waiting', ${new Date().toISOString()})`);
}

function send(url, body) {
  return new Promise((resolve) => {
    const client = url.startsWith('https:') ? https : http;
    const options = { method: 'POST', timeout: 3000, headers: { 'content-type': 'application/json' } };
    const request = client.request(url, options, (answer) => {
      answer.resume();
      resolve(answer.statusCode < 300);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
    request.end(body);
  });
}

async function flush() {
  if (setting('webhook.enabled') !== '1') return;
  for (const row of query("SELECT id, body FROM outbox WHERE state = 'waiting' ORDER BY id LIMIT 20"))
    if (await send(setting('webhook.url'), row.body)) query(sql`UPDATE outbox SET state = 'sent' WHERE id = ${row.id}`);
}

// Every second, one flush at a time.
function start() {
  flush().catch((error) => console.error(error.message)).then(() => setTimeout(start, 1000).unref());
}

module.exports = { put, start };
