// urql: it asks for every media type at once, persists queries over GET, and subscribes over SSE or a WebSocket.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, cacheExchange, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { Follow, Progress, chen, preflight, serve, upTo, version, within } from './lib.mjs';

const server = await serve();

/** A client, and the requests that it made. */
function connect(options) {
  const made = [];
  const client = new Client({
    url: server.url,
    fetchOptions: { headers: preflight },
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      made.push({ method: init.method ?? 'GET', status: response.status, type: response.headers.get('content-type') });
      return response;
    },
    exchanges: [cacheExchange, fetchExchange],
    ...options,
  });
  return { client, made };
}

/** The first `n` results of a subscription. */
const first = (n, client, variables) => within(10, `${n} events`, new Promise((done) => {
  const results = [];
  const { unsubscribe } = client.subscription(gql(Follow), variables).subscribe((result) => {
    if (results.push(result) < n && !result.error) return;
    setTimeout(() => unsubscribe());
    done(results.slice(0, n));
  });
}));

test('a query is answered with JSON, although urql takes streams as well', async () => {
  const { client, made } = connect({ preferGetMethod: false });
  const { data, error } = await client.query(gql(Progress), { by: chen });
  assert.equal(error, undefined);
  assert.equal(data.learner.name, 'Chen Wei');
  assert.match(made[0].type, /^application\/(graphql-response\+)?json/);
});

test('a query by GET', async () => {
  const { client, made } = connect({ preferGetMethod: 'force' });
  assert.equal((await client.query(gql(Progress), { by: chen })).data.learner.name, 'Chen Wei');
  assert.equal(made[0].method, 'GET');
});

test('a mutation, and the query is asked again', async () => {
  const { client } = connect({ preferGetMethod: false });
  const before = (await client.query(gql(Progress), { by: chen })).data.learner.version;
  const { error } = await client.mutation(
    gql`mutation($learner: LearnerRef!) { startCourse(input: { learner: $learner, course: "cicd-automation" }) { learner { id version } } }`,
    { learner: chen },
  );
  assert.equal(error, undefined);
  assert.equal((await client.query(gql(Progress), { by: chen })).data.learner.version, before + 1);
});

test('persisted queries over GET', async () => {
  const exchanges = [persistedExchange({ preferGetForPersistedQueries: 'force' }), fetchExchange];
  const { client, made } = connect({ exchanges });
  const query = gql('query Persisted($by: LearnerRef!) { learner(by: $by) { id name } }');
  for (let n = 0; n < 2; n++) {
    const { data, error } = await client.query(query, { by: chen });
    assert.equal(error, undefined);
    assert.equal(data.learner.name, 'Chen Wei');
  }
  assert.equal(made.length, 3, 'the hash, the hash with the text, and only the hash');
  assert.deepEqual([made[0].method, made[2].method, made[2].status], ['GET', 'GET', 200]);
});

test('an error comes with its code', async () => {
  const { client } = connect();
  const { error } = await client.query(gql('{ nobody }'), {});
  assert.equal(error.graphQLErrors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
});

test('a subscription by fetch, and its resumption', async () => {
  const { client, made } = connect({ fetchSubscriptions: true });
  assert.deepEqual((await first(3, client, { learner: chen })).map(version), upTo(3));
  assert.match(made[0].type, /^(text\/event-stream|multipart\/mixed)/);
  assert.deepEqual((await first(1, client, { learner: chen, afterVersion: 3 })).map(version), [4]);
});

test('a subscription over a WebSocket', async () => {
  const socket = createClient({ url: server.socket, webSocketImpl: WebSocket });
  const forwardSubscription = ({ query, variables }) => ({
    subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
  });
  const { client } = connect({ exchanges: [subscriptionExchange({ forwardSubscription })] });
  assert.deepEqual((await first(3, client, { learner: chen })).map(version), upTo(3));
  await socket.dispose();
});
