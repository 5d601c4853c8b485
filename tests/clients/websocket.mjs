// The protocol graphql-transport-ws message by message: every close code, every answer, and what a socket may hold.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import WebSocket from 'ws';
import { Follow, Progress, assertPlain, chen, serve, until, upTo, within } from './lib.mjs';

const server = await serve();
const MODERN = 'graphql-transport-ws';

/** One end of a socket: it answers pings, and keeps the rest until it is asked for. */
class Peer {
  #got = [];
  #wake = () => {};
  pings = 0;
  answers = true;

  constructor(options = {}, protocols = MODERN) {
    this.socket = new WebSocket(server.socket, protocols, options);
    this.socket.on('message', (data) => this.#take(JSON.parse(data)));
    this.socket.on('ping', () => this.pings++);
    this.closed = new Promise((done) => {
      this.socket.on('close', (code, reason) => {
        done({ code, reason: String(reason) });
        this.#wake();
      });
    });
    this.socket.on('error', (error) => (this.error = error));
    this.opened = new Promise((done, fail) => this.socket.on('open', done).on('error', fail));
    this.opened.catch(() => {});
  }

  #take(message) {
    if (message.type === 'ping') {
      this.pings++;
      if (this.answers) this.send({ type: 'pong' });
      return;
    }
    this.#got.push(message);
    this.#wake();
  }

  send(message) {
    this.socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  next() {
    const message = async () => {
      while (this.#got.length === 0) {
        assert.ok(this.socket.readyState <= WebSocket.OPEN, 'the socket was closed');
        await new Promise((woken) => (this.#wake = woken));
      }
      return this.#got.shift();
    };
    return within(10, 'a message', message());
  }

  async init() {
    await this.opened;
    this.send(INIT);
    assert.equal((await this.next()).type, 'connection_ack');
  }

  async close() {
    this.socket.close(1000);
    return within(10, 'the close', this.closed);
  }
}

async function ready() {
  const peer = new Peer();
  await peer.init();
  return peer;
}

const INIT = { type: 'connection_init' };
const subscribe = (id, payload) => ({ type: 'subscribe', id, payload });
const follow = (id) => subscribe(id, { query: Follow, variables: { learner: chen } });
const query = (id) => subscribe(id, { query: '{ __typename }' });

const BEFORE = [
  ['invalid JSON', '{', 4400],
  ['no JSON object', '[]', 4400],
  ['a string', '"connection_init"', 4400],
  ['null', 'null', 4400],
  ['nothing', '', 4400],
  ['no type', {}, 4400],
  ['a type that is no string', { type: 1 }, 4400],
  ['an unknown type', { type: 'hello' }, 4400],
  ['a very long unknown type', { type: 'hello'.repeat(1000) }, 4400],
  ['a message of servers', { type: 'connection_ack' }, 4400],
  ['a message of the old protocol', { type: 'start', id: '1', payload: { query: '{ __typename }' } }, 4400],
  ['a binary frame', Buffer.from(JSON.stringify(INIT)), 4400],
  ['subscribe too early', query('1'), 4401],
];
const AFTER = [
  ['invalid JSON', ['{'], 4400],
  ['an unknown type', [{ type: 'hello' }], 4400],
  ['a binary frame', [Buffer.from(JSON.stringify(query('1')))], 4400],
  ['init again', [INIT], 4429],
  ['an empty id', [query('')], 4400],
  ['no id', [query(undefined)], 4400],
  ['an id that is no string', [query(1)], 4400],
  ['a huge id', [query('1'.repeat(10_000))], 4400],
  ['no payload', [subscribe('1')], 4400],
  ['a payload without a query', [subscribe('1', { variables: {} })], 4400],
  ['a query that is no string', [subscribe('1', { query: 1 })], 4400],
  ['variables that are no object', [subscribe('1', { query: '{ __typename }', variables: [] })], 4400],
  ['complete without an id', [{ type: 'complete' }], 4400],
  ['next from a client', [{ type: 'next', id: '1', payload: {} }], 4400],
  ['an id that is in use', [follow('1'), follow('1')], 4409],
  ['a message of 1 MiB', [query('1'.repeat(1 << 20))], 1009],
];

describe('closed with its code', { concurrency: 8 }, () => {
  const closes = async (peer, sent, code) => {
    for (const message of sent) peer.send(message);
    const closed = await within(10, 'the close', peer.closed);
    assert.equal(closed.code, code, closed.reason);
    assertPlain(closed.reason);
  };
  for (const [name, message, code] of BEFORE) {
    test(`before init: ${name}: ${code}`, async () => {
      const peer = new Peer();
      await peer.opened;
      await closes(peer, [message], code);
    });
  }
  for (const [name, sent, code] of AFTER) {
    test(`after init: ${name}: ${code}`, async () => closes(await ready(), sent, code));
  }
});

const ERRORS = [
  ['a syntax error', { query: '{' }, 'GRAPHQL_PARSE_FAILED'],
  ['an unknown field', { query: '{ nobody }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ['an unknown operation', { query: 'query A { __typename }', operationName: 'B' }, 'OPERATION_RESOLUTION_FAILURE'],
  ['a missing variable', { query: Progress }, 'BAD_USER_INPUT'],
  ['a variable of another type', { query: Progress, variables: { by: 1 } }, 'BAD_USER_INPUT'],
  ['two root fields of a subscription', { query: 'subscription { a: events { cursor } b: events { cursor } }' }, 'GRAPHQL_VALIDATION_FAILED'],
  ['a source that cannot be had', { query: Follow, variables: { learner: { externalId: 'nobody' } } }, 'NOT_FOUND'],
];

describe('answered', () => {
  for (const [name, payload, code] of ERRORS) {
    test(`${name}: error ${code}, and the socket lives on`, async () => {
      const peer = await ready();
      peer.send(subscribe('1', payload));
      const { type, id, payload: errors } = await peer.next();
      assert.deepEqual([type, id, errors[0]?.extensions?.code], ['error', '1', code]);
      assertPlain(JSON.stringify(errors));
      peer.send(query('1'));
      assert.equal((await peer.next()).type, 'next');
      await peer.close();
    });
  }

  test('a query and a mutation: next, then complete, and the id is free again', async () => {
    const peer = await ready();
    for (const text of ['{ __typename }', 'mutation { registerLearner(input: { name: "Raw" }) { changed } }', '{ __typename }']) {
      peer.send(subscribe('1', { query: text }));
      const { type, id, payload } = await peer.next();
      assert.deepEqual([type, id, payload.errors], ['next', '1', undefined]);
      assert.deepEqual(await peer.next(), { type: 'complete', id: '1' });
    }
    await peer.close();
  });

  test('an error of a field: next with it, then complete', async () => {
    const peer = await ready();
    peer.send(subscribe('1', { query: '{ guide { title } learner(by: { externalId: "chen" }) { nextSteps(first: -1) { title } } }' }));
    const { type, payload } = await peer.next();
    assert.equal(type, 'next');
    assert.equal(payload.data.learner, null);
    assert.deepEqual(payload.errors[0].path, ['learner', 'nextSteps']);
    assert.deepEqual(await peer.next(), { type: 'complete', id: '1' });
    await peer.close();
  });

  test('ping with pong, also before init, and pong with nothing', async () => {
    const peer = new Peer();
    await peer.opened;
    peer.send({ type: 'ping', payload: { at: 1 } });
    assert.equal((await peer.next()).type, 'pong');
    peer.send({ type: 'pong' });
    await peer.init();
    peer.send({ type: 'ping' });
    assert.equal((await peer.next()).type, 'pong');
    await peer.close();
  });

  test('members that are not known are nothing to it', async () => {
    const peer = new Peer();
    await peer.opened;
    peer.send({ ...INIT, payload: { token: 'x' }, more: 1 });
    assert.equal((await peer.next()).type, 'connection_ack');
    peer.send({ ...query('1'), more: 1 });
    assert.equal((await peer.next()).type, 'next');
    await peer.close();
  });

  test('complete stops an operation, silently, and only that', async () => {
    const peer = await ready();
    const { learner } = await server.ask(Progress, { by: chen });
    for (const id of ['stays', 'goes']) peer.send(subscribe(id, { query: Follow, variables: { learner: chen, afterVersion: learner.version } }));
    peer.send({ type: 'complete', id: 'goes' });
    peer.send({ type: 'complete', id: 'was never there' });
    peer.send(query('done'));
    assert.equal((await peer.next()).id, 'done');
    assert.equal((await peer.next()).type, 'complete');
    await server.note(31);
    const { id, payload } = await peer.next();
    assert.deepEqual([id, payload.data.learnerEvents.event.version], ['stays', learner.version + 1]);
    peer.send({ type: 'ping' });
    assert.equal((await peer.next()).type, 'pong', 'nothing came of the one that was stopped');
    await peer.close();
  });

  test('a hundred operations at once; the next is refused, and the others go on', async () => {
    const peer = await ready();
    const variables = { learner: chen, afterVersion: 100_000 };
    for (const n of upTo(101)) peer.send(subscribe(`${n}`, { query: Follow, variables }));
    const { type, id, payload } = await peer.next();
    assert.deepEqual([type, id, payload[0].extensions.code], ['error', '101', 'LIMIT_EXCEEDED']);
    peer.send({ type: 'complete', id: '7' });
    peer.send(query('7'));
    assert.deepEqual([(await peer.next()).type, (await peer.next()).type], ['next', 'complete']);
    await peer.close();
  });

  test('a close with a close', async () => {
    const peer = await ready();
    peer.send(follow('1'));
    await peer.next();
    assert.equal((await peer.close()).code, 1000);
  });
});

describe('refused before it is a WebSocket', () => {
  const REFUSED = [
    ['a foreign origin', { origin: 'https://example.com' }, MODERN, 403],
    ['the origin null', { origin: 'null' }, MODERN, 403],
    ['a foreign host', { headers: { host: 'example.com' } }, MODERN, 421],
    ['only the old protocol', {}, 'graphql-ws', 400],
    ['another protocol', {}, 'soap', 400],
    ['no protocol', {}, [], 400],
  ];
  for (const [name, options, protocols, status] of REFUSED) {
    test(`${name}: ${status}`, async () => {
      await assert.rejects(new Peer(options, protocols).opened, new RegExp(`${status}$`));
    });
  }

  test('its own origin is welcome, and the new protocol is chosen when the old one is offered first', async () => {
    const peer = new Peer({ origin: server.base }, ['graphql-ws', MODERN]);
    await peer.init();
    assert.equal(peer.socket.protocol, MODERN);
    await peer.close();
  });
});

describe('in its own time', { concurrency: true }, () => {
  test('no init: 4408', async () => {
    const peer = new Peer();
    await peer.opened;
    assert.equal((await within(10, 'the close', peer.closed)).code, 4408);
  });

  test('the server pings', async () => {
    const peer = await ready();
    await until('a ping', () => peer.pings > 0, 15);
    await peer.close();
  });

  test('who never answers is let go, and who does stays', async () => {
    const alive = await ready();
    const dead = new Peer({ autoPong: false });
    dead.answers = false;
    await dead.init();
    await within(60, 'the close', dead.closed);
    assert.equal(alive.socket.readyState, WebSocket.OPEN);
    await alive.close();
  });
});

test('the server goes: 1001', async () => {
  const busy = await ready();
  const idle = await ready();
  busy.send(follow('1'));
  await busy.next();
  const stopped = server.stop();
  for (const { closed } of [busy, idle]) assert.equal((await within(10, 'the close', closed)).code, 1001);
  await within(10, 'the end', stopped);
});
