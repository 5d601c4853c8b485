// graphql-ws as apps use it: operations of every kind, errors, resumption, and a server that goes away for a while.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { Follow, Progress, chen, serve, take, until, upTo, version, within } from './lib.mjs';

const server = await serve();

/** A client for one test. */
async function using(options, use) {
  const client = createClient({ url: server.socket, webSocketImpl: WebSocket, ...options });
  try {
    await within(30, 'the test', use(client));
  } finally {
    await client.dispose();
  }
}

const once = (client, payload) => take(2, client.iterate(payload));

test('a query and a mutation, each with one result', () => using({}, async (client) => {
  const [{ data }, ...more] = await once(client, { query: Progress, variables: { by: chen } });
  assert.equal(data.learner.name, 'Chen Wei');
  assert.deepEqual(more, []);
  const mutation = 'mutation { registerLearner(input: { name: "Ws" }) { changed } }';
  assert.deepEqual(await once(client, { query: mutation }), [{ data: { registerLearner: { changed: true } } }]);
}));

test('errors before anything is executed are thrown with their codes', () => using({}, async (client) => {
  for (const [query, code] of [['{', 'GRAPHQL_PARSE_FAILED'], ['{ nobody }', 'GRAPHQL_VALIDATION_FAILED']]) {
    await assert.rejects(once(client, { query }), (errors) => errors[0].extensions.code === code);
  }
}));

test('a subscription tells what was and what comes, and goes on after a version', () => using({}, async (client) => {
  const { learner } = await server.ask(Progress, { by: chen });
  const all = client.iterate({ query: Follow, variables: { learner: chen } });
  const seen = [];
  for await (const result of all) {
    seen.push(version(result));
    if (seen.length === learner.version) await server.note(11);
    if (seen.length === learner.version + 1) break;
  }
  assert.deepEqual(seen, upTo(learner.version + 1));
  const rest = await take(2, client.iterate({ query: Follow, variables: { learner: chen, afterVersion: learner.version - 1 } }));
  assert.deepEqual(rest.map(version), [learner.version, learner.version + 1]);
}));

test('many operations share a socket', () => using({ lazy: false }, async (client) => {
  const all = upTo(50).map(() => take(3, client.iterate({ query: Follow, variables: { learner: chen } })));
  const query = once(client, { query: '{ __typename }' });
  for (const results of await Promise.all(all)) assert.deepEqual(results.map(version), upTo(3));
  assert.deepEqual(await query, [{ data: { __typename: 'Query' } }]);
}));

test('a server that was restarted: none is missed, none comes twice', () =>
  using({ shouldRetry: () => true, retryAttempts: 100, retryWait: () => new Promise((done) => setTimeout(done, 100)) }, async (client) => {
    const seen = [];
    // The client sends the same payload again when it has reconnected, so the last version is read at that time.
    const variables = { learner: chen, get afterVersion() { return seen.at(-1) ?? 0; } };
    const unsubscribe = client.subscribe({ query: Follow, variables }, { next: (it) => seen.push(version(it)), error() {}, complete() {} });
    const { learner } = await server.ask(Progress, { by: chen });
    await until('all that was', () => seen.length === learner.version);
    for (const percent of [21, 22]) {
      await server.stop();
      await server.start();
      const last = await server.note(percent);
      await until(`event ${last}`, () => seen.at(-1) === last);
    }
    assert.deepEqual(seen, upTo(learner.version + 2));
    unsubscribe();
  }));
