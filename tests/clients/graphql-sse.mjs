// graphql-sse with a connection for each operation.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-sse';
import { Follow, Progress, chen, serve, take, until, upTo, version, within } from './lib.mjs';

const server = await serve();
const client = createClient({ url: server.url, singleConnection: false, retryAttempts: 0 });
const once = (payload) => within(10, 'the result', take(2, client.iterate(payload)));

test('a query and a mutation, each with one result', async () => {
  const [{ data }, ...more] = await once({ query: Progress, variables: { by: chen } });
  assert.equal(data.learner.name, 'Chen Wei');
  assert.deepEqual(more, []);
  const mutation = 'mutation { registerLearner(input: { name: "Sse" }) { changed } }';
  assert.deepEqual(await once({ query: mutation }), [{ data: { registerLearner: { changed: true } } }]);
});

test('a subscription tells what was and what comes, and goes on after a version', async () => {
  const { learner } = await server.ask(Progress, { by: chen });
  const seen = [];
  for await (const result of client.iterate({ query: Follow, variables: { learner: chen } })) {
    seen.push(version(result));
    if (seen.length === learner.version) await server.note(11);
    if (seen.length === learner.version + 1) break;
  }
  assert.deepEqual(seen, upTo(learner.version + 1));
  const rest = client.iterate({ query: Follow, variables: { learner: chen, afterVersion: learner.version } });
  assert.deepEqual((await within(10, 'the rest', take(1, rest))).map(version), [learner.version + 1]);
});

test('what cannot be executed is told', async () => {
  for (const payload of [{ query: '{ nobody }' }, { query: Follow, variables: { learner: { externalId: 'nobody' } } }]) {
    const told = await once(payload).catch((error) => [error]);
    assert.match(JSON.stringify(told) + told[0].message, /GRAPHQL_VALIDATION_FAILED|NOT_FOUND|400/);
  }
});

test('a server that was restarted: none is missed, none comes twice', async () => {
  const retrying = createClient({
    url: server.url, singleConnection: false, retryAttempts: 100, retry: () => new Promise((done) => setTimeout(done, 100)),
  });
  const seen = [];
  // The client sends the same payload again when it has reconnected, so the last version is read at that time.
  const variables = { learner: chen, get afterVersion() { return seen.at(-1) ?? 0; } };
  let completed = false;
  retrying.subscribe({ query: Follow, variables }, {
    next: (it) => seen.push(version(it)), error() {}, complete: () => (completed = true),
  });
  const { learner } = await server.ask(Progress, { by: chen });
  await until('all that was', () => seen.length === learner.version);
  await server.stop();
  await server.start();
  const last = await server.note(21);
  await until(`event ${last}`, () => seen.at(-1) === last);
  assert.deepEqual(seen, upTo(last));
  assert.equal(completed, false);
  retrying.dispose();
});
