'use strict';
// partner.js PORT FILE: the other system that Notes tells of new notes; writes down every call it gets, one per line.
const fs = require('fs');
const [port, file] = process.argv.slice(2);
require('http').createServer((request, response) => {
  let body = '';
  request.on('data', (part) => { body += part; });
  request.on('end', () => {
    fs.appendFileSync(file, `${request.url} ${body}\n`);
    response.end('{}');
  });
}).listen(Number(port), '127.0.0.1');
