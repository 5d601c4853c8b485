// The attacks of abuse.mjs. Each answers how it was answered: a status and the text, or `closed`.

import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import WebSocket from 'ws';
import { Follow, chen, sleep, upTo } from './lib.mjs';

const CLOSED = 'closed';
const REFUSED = [400, 413, 422, CLOSED];
const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };

async function post(server, body, headers = {}) {
  const signal = AbortSignal.timeout(20_000);
  const response = await fetch(server.url, { method: 'POST', headers: { ...JSON_HEADERS, ...headers }, body, signal });
  return [{ status: response.status, text: await response.text() }];
}

const document = (query, variables) => (server) => post(server, JSON.stringify({ query, variables }));
const body = (text, headers) => (server) => post(server, text, headers);
const many = (n, part) => upTo(n).map(part).join(' ');

const doubling = (n) => `{...F0} ${upTo(n).map((i) => `fragment F${i - 1} on Query{...F${i} ...F${i}}`).join(' ')} fragment F${n} on Query{__typename}`;
const cycle = (n) => `{__schema{types{name ${'fields{type{'.repeat(n)}name${'}}'.repeat(n)}}}}`;
const bomb = gzipSync(Buffer.alloc(200 << 20, ' '), { level: 9 });
const nested = (n) => `{"query":"{__typename}","variables":{"a":${'['.repeat(n)}${']'.repeat(n)}}}`;
const objects = (n) => `{"query":"{__typename}","variables":${'{"a":'.repeat(n)}1${'}'.repeat(n)}}`;
const readiness = 'readiness{milestones{status criteria{status because missing evidence{id} criterion{slug title}}}}';
const IDS = 'query($ids:[ID!]!){nodes(ids:$ids){id}}';

export const attacks = [
  ['31 fragments, each twice the next', document(doubling(31))],
  ['a cycle of fragments', document('{...A} fragment A on Query{...B} fragment B on Query{...A}')],
  ['10,000 aliases', document(`{${many(10_000, (n) => `a${n}:__typename`)}}`)],
  ['4,000 aliases in 64 KiB', document(`{${many(4000, (n) => `a${n}:guide{title}`).slice(0, 60_000).replace(/ [^ ]*$/, '')}}`)],
  ['10,000 fields', document(`{node(id:"x"){${'id '.repeat(10_000)}}}`)],
  ['10,000 directives', document(`{__typename ${'@a '.repeat(10_000)}}`)],
  ['10,000 levels of braces', document(`${'{a'.repeat(10_000)}${'}'.repeat(10_000)}`)],
  ['10,000 open braces', document('{'.repeat(10_000))],
  ['10,000 levels of lists', document(`{node(id:${'['.repeat(10_000)}${']'.repeat(10_000)}){id}}`)],
  ['10,000 levels of objects', document(`{node(id:${'{a:'.repeat(10_000)}1${'}'.repeat(10_000)}){id}}`)],
  ['10,000 levels of types of a variable', document(`query($a:${'['.repeat(10_000)}Int${']'.repeat(10_000)}){__typename}`)],
  ['10,000 levels of lists in JSON', body(nested(10_000))],
  ['10,000 levels of objects in JSON', body(objects(10_000))],
  ['a batch of 100,000', body(`[${Array(100_000).fill('{"query":"{__typename}"}').join()}]`)],
  ['a batch of 2', body('[{"query":"{__typename}"},{"query":"{__typename}"}]')],
  ['20,000 variables', document(`query(${many(20_000, (n) => `$v${n}:Int`)}){__typename}`)],
  ['4,000 variables in 64 KiB', document(`query(${many(4000, (n) => `$v${n}:Int`)}){__typename}`)],
  ['20,000 values of variables', document('query($v1:Int!){__typename}', Object.fromEntries(upTo(20_000).map((n) => [`v${n}`, n]))), [200, ...REFUSED]],
  ['10,000 ids as a variable', document(IDS, { ids: Array(10_000).fill('x') })],
  ['10,000 ids in the document', document(`{nodes(ids:[${'"x"'.repeat(10_000)}]){id}}`)],
  ['a deep cycle of introspection', document(cycle(20))],
  ['a shallow cycle of introspection', document(cycle(4))],
  ['1,000 operations', document(`${many(1000, (n) => `query q${n}{__typename}`)}`)],
  ['1,000 fragments', document(`{__typename} ${many(1000, (n) => `fragment F${n} on Query{__typename}`)}`)],
  ['fields that have to be compared with each other', document(`{${many(25, () => `learner(by:{externalId:"chen"}){${readiness}}`)}}`), [200, ...REFUSED]],
  ['fields that contradict each other', document(`{${many(25, (n) => `learner(by:{externalId:"${n}"}){${readiness}}`)}}`)],
  ['the dearest list', document(`{learners(first:100){nodes{events(first:100){nodes{learner{events(first:100){nodes{id}}}}}}}}`)],
  ['a huge id', document(`{node(id:"${'x'.repeat(60_000)}"){id}}`), [200, ...REFUSED]],
  ['a huge name', document(`{${'x'.repeat(60_000)}}`)],
  ['a huge string in a variable', document('query($by:LearnerRef!){learner(by:$by){id}}', { by: { externalId: 'x'.repeat(200_000) } }), [200, ...REFUSED]],
  ['a document of comments', document(`{__typename} #${'#'.repeat(200_000)}`)],
  ['a document of commas', document(`{__typename${','.repeat(60_000)}}`), [200, ...REFUSED]],
  ['a string that never ends', document(`{node(id:"""${'x"" '.repeat(10_000)}`)],
  ['a number of 60,000 digits', document(`{guide{levelsAt(years:${'9'.repeat(60_000)}){name}}}`)],
  ['a gzip bomb', body(bomb, { 'content-encoding': 'gzip' })],
  ['200 MB with their length', (server) => flood(server, `content-length: ${200 << 20}`, 200 << 20, (part) => part)],
  ['200 MB in chunks', (server) => flood(server, 'transfer-encoding: chunked', 200 << 20, chunk)],
  ['1,000 headers', (server) => raw(server, `GET /health HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\n${many(1000, (n) => `x${n}: y\r\n`).replaceAll('\n ', '\n')}\r\n`), [431, CLOSED]],
  ['a header of 64 KiB', (server) => raw(server, `GET /health HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nx: ${'y'.repeat(1 << 16)}\r\n\r\n`), [431, CLOSED]],
  ['a URL of 64 KiB', (server) => raw(server, `GET /graphql?query=${'y'.repeat(1 << 16)} HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\n\r\n`), [414, 431, CLOSED]],
  ['10,000 subscriptions on a socket', subscriptions],
  ['10,000 pings', (server) => shout(server, upTo(10_000).map(() => '{"type":"ping"}'))],
].map(([name, run, expected = REFUSED]) => ({ name, run, expected }));

// Infinity: they ask for something, and until they stop reading the server works for them.
export const slow = [
  ['100 half-sent headers', (server) => hang(server, 100, `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\ncontent-ty`), [408, CLOSED]],
  ['100 half-sent bodies', (server) => hang(server, 100, `${head(server, 'content-length: 100')}{"query"`), [408, CLOSED]],
  ['100 bodies byte by byte', (server) => hang(server, 100, `${head(server, 'content-length: 1000')}{`, ' '), [408, CLOSED]],
  ['500 idle connections', (server) => hang(server, 500, ''), [408, CLOSED]],
  ['50 readers of events that stop reading', reluctant, [CLOSED], Infinity],
  ['a reader of a WebSocket that stops reading', deaf, [CLOSED], Infinity],
].map(([name, run, expected, cpu]) => ({ name, run, expected, cpu }));

const head = (server, length, accept = 'application/json') =>
  `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\ncontent-type: application/json\r\naccept: ${accept}\r\n${length}\r\n\r\n`;
const chunk = (part) => `${part.length.toString(16)}\r\n${part}\r\n`;

/** A connection, and how it ended: by an answer, or by being closed. */
function open(server) {
  const socket = connect(server.port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (part) => (text += part)).on('error', () => {});
  const ended = new Promise((done) => socket.on('close', done)).then(() => {
    const status = /^HTTP\/1\.1 (\d+)/.exec(text);
    return { status: status ? Number(status[1]) : CLOSED, text };
  });
  return { socket, ended, answered: () => text.length > 0 };
}

/** Sends text as it is, and waits for the connection to end. */
async function raw(server, text) {
  const { socket, ended } = open(server);
  socket.end(text);
  return [await Promise.race([ended, sleep(20_000).then(() => ({ status: 'nothing', text: '' }))])];
}

/** Sends `size` bytes for as long as somebody takes them. */
async function flood(server, length, size, wrap) {
  const { socket, ended, answered } = open(server);
  socket.write(head(server, length));
  const part = ' '.repeat(1 << 20);
  for (let sent = 0; sent < size && !answered() && !socket.destroyed; sent += part.length) {
    const taken = socket.write(wrap(part));
    if (!taken) await Promise.race([new Promise((done) => socket.once('drain', done)), ended]);
  }
  setTimeout(() => socket.destroy(), 500);
  return [await ended];
}

/** Opens `n` connections, sends each a beginning, and perhaps a little more every second, until they are closed. */
async function hang(server, n, beginning, drop) {
  const open_ = upTo(n).map(() => open(server));
  for (const { socket } of open_) socket.write(beginning);
  const dropping = setInterval(() => drop && open_.forEach(({ socket }) => socket.writable && socket.write(drop)), 1000);
  const late = sleep(90_000).then(() => ({ status: 'nothing', text: '' }));
  const answers = await Promise.all(open_.map(({ ended }) => Promise.race([ended, late])));
  clearInterval(dropping);
  for (const { socket } of open_) socket.destroy();
  return answers;
}

// All events with much about each: about a megabyte in all.
const BIG = `subscription { events { event { learner { readiness { milestones { criteria {
  because missing criterion { question advice } evidence { id }
} } } } } } }`;

/** Lets 50 connections follow everything and read nothing: what the server keeps for them is bounded. */
async function reluctant(server) {
  const text = JSON.stringify({ query: BIG });
  const sockets = upTo(50).map(() => {
    const socket = connect(server.port, '127.0.0.1').on('error', () => {});
    socket.pause().write(`${head(server, `content-length: ${text.length}`, 'text/event-stream')}${text}`);
    return socket;
  });
  await sleep(5000);
  for (const socket of sockets) socket.destroy();
  return [{ status: CLOSED, text: '' }];
}

/** Follows everything a hundred times on one socket and reads nothing: the server hangs up. */
function deaf(server) {
  return shout(server, upTo(100).map((n) => subscription(n, { query: BIG })), true);
}

const subscription = (n, payload) => JSON.stringify({ type: 'subscribe', id: `${n}`, payload });

/** Opens a socket and sends messages without waiting for answers. */
function shout(server, messages, paused = false) {
  const socket = new WebSocket(server.socket, 'graphql-transport-ws');
  const errors = [];
  return new Promise((done) => {
    socket.on('open', () => {
      socket.send('{"type":"connection_init"}');
      if (paused) socket._socket.pause();
      for (const message of messages) socket.send(message);
      // Who stopped reading looks after a while whether anybody is there.
      setTimeout(() => (paused ? socket._socket.resume() : socket.close()), paused ? 25_000 : 300);
      setTimeout(() => done([{ status: 'still open', text: '' }]), 30_000);
    });
    socket.on('message', (data) => {
      const text = String(data);
      if (text.includes('"type":"error"') && errors.length < 5) errors.push(text);
    });
    socket.on('error', () => {});
    socket.on('close', () => done([{ status: CLOSED, text: errors.join() }]));
  });
}

function subscriptions(server) {
  return shout(server, upTo(10_000).map((n) => subscription(n, { query: Follow, variables: { learner: chen } })));
}
