'use strict';
const fs = require('fs');
const http = require('http');
const path = require('path');
const { version } = require('./package.json');
const { one } = require('./lib/database');
const { migrate } = require('./lib/migrate');
const notes = require('./lib/notes');
const outbox = require('./lib/outbox');
const session = require('./lib/session');

const pages = path.join(__dirname, 'public');
const types = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' };

function answer(response, status, value, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value) + '\n');
}

async function body(request) {
  let text = '';
  for await (const part of request) {
    text += part;
    if (text.length > 1 << 20) throw Object.assign(new Error('too long'), { status: 413 });
  }
  try {
    return JSON.parse(text);
  } catch {
    throw Object.assign(new Error('JSON is expected'), { status: 400 });
  }
}

function page(response, name) {
  const file = path.join(pages, path.normalize('/' + (name === '/' ? 'index.html' : name)));
  fs.readFile(file, (error, content) => {
    if (error) return answer(response, 404, { error: 'not found' });
    response.writeHead(200, { 'content-type': types[path.extname(file)] || 'application/octet-stream' });
    response.end(content);
  });
}

const health = () => ({ status: 'ok', version, notes: one('SELECT count(*) AS n FROM note').n });

async function serve(request, response) {
  const { pathname } = new URL(request.url, 'http://localhost');
  const route = `${request.method} ${pathname}`;
  if (route === 'GET /api/health') return answer(response, 200, health());
  if (route === 'POST /api/login') {
    const { user, password } = await body(request);
    const token = session.login(user, password);
    if (!token) return answer(response, 401, { error: 'wrong user or password' });
    return answer(response, 200, { token }, { 'set-cookie': `token=${token}; HttpOnly; Path=/` });
  }
  if (!pathname.startsWith('/api/')) return request.method === 'GET' ? page(response, pathname) : answer(response, 405, {});
  const person = session.person(request);
  if (!person) return answer(response, 401, { error: 'log in first' });
  if (route === 'GET /api/notes') return answer(response, 200, notes.list());
  if (route !== 'POST /api/notes') return answer(response, 404, { error: 'not found' });
  const id = notes.add(person, await body(request));
  if (!id) return answer(response, 400, { error: 'text is missing' });
  outbox.put({ event: 'note', id });
  return answer(response, 201, { id });
}

if (!session.secret) {
  console.error('NOTES_SECRET is missing');
  process.exit(1);
}
migrate(version);
const server = http.createServer((request, response) => {
  serve(request, response).catch((error) => answer(response, error.status || 500, { error: error.message }));
});
server.listen(Number(process.env.PORT || 3000), process.env.HOST || '127.0.0.1', () => {
  console.log(`${new Date().toISOString()} notes ${version} on port ${server.address().port}`);
  outbox.start();
});
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections?.();
});
