'use strict';
// Who is logged in: a token that only this installation can have made, valid for a day.
const crypto = require('crypto');
const { sql, one } = require('./database');

const secret = process.env.NOTES_SECRET || '';
const sign = (text) => crypto.createHmac('sha256', secret).update(text).digest('hex');

function same(a, b) {
  return a.length === b.length && crypto.timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

const hash = (password, salt) => salt + ':' + crypto.scryptSync(password, salt, 32).toString('hex');

// The token, or nothing.
function login(user, password) {
  const person = one(sql`SELECT id, password FROM person WHERE login = ${user}`);
  if (!person || !same(hash(String(password), person.password.split(':')[0]), person.password)) return undefined;
  const claim = `${person.id}.${Date.now() + 86400000}`;
  return `${claim}.${sign(claim)}`;
}

// The person's id, or nothing.
function person(request) {
  const cookie = /(?:^|; )token=([^;]+)/.exec(request.headers.cookie || '');
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization || '');
  const [id, until, mark] = (bearer || cookie || ['', ''])[1].split('.');
  return mark && same(mark, sign(`${id}.${until}`)) && Number(until) > Date.now() ? Number(id) : undefined;
}

module.exports = { secret, login, person, hash };
