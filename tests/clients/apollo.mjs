// Apollo Client: its cache, automatic persisted queries over POST and GET, and multipart subscriptions.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { Follow, Progress, chen, examples, serve, take, upTo, version, within } from './lib.mjs';

const server = await serve();
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
// Apollo looks at the class that browsers have.
globalThis.WebSocket ??= WebSocket;
const complaints = [];
console.error = (...words) => complaints.push(words.join(' '));
console.warn = console.error;

/** A client, and the requests that it made as `method status`. */
function connect({ link = (http) => http } = {}) {
  const made = [];
  const http = new HttpLink({
    uri: server.url,
    headers: { 'apollo-require-preflight': '1' },
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      made.push(`${init.method} ${response.status}`);
      return response;
    },
  });
  return { made, client: new ApolloClient({ link: link(http), cache: new InMemoryCache() }) };
}

const events = (stream) => ({
  async *[Symbol.asyncIterator]() {
    const waiting = [];
    let wake;
    const subscription = stream.subscribe({
      next: (it) => { waiting.push(it); wake?.(); },
      error: (error) => { waiting.push(Promise.reject(error)); wake?.(); },
    });
    try {
      for (;;) {
        if (waiting.length === 0) await new Promise((woken) => (wake = woken));
        yield await waiting.shift();
      }
    } finally {
      subscription.unsubscribe();
    }
  },
});

test('what a query answers is in the cache whole', async () => {
  const { client } = connect();
  const query = { query: gql(Progress), variables: { by: chen } };
  const { data } = await client.query(query);
  assert.deepEqual(client.readQuery(query), data);
  assert.deepEqual((await client.query({ ...query, fetchPolicy: 'cache-only' })).data, data);
  assert.equal(data.learner.__typename, 'Learner');
});

test('every query of the examples is in the cache whole', async () => {
  const { client } = connect();
  for (const { text, variables } of examples.filter(({ text: it }) => /^query/m.test(it) && !/^mutation/m.test(it))) {
    const query = { query: gql(text), variables };
    const { data } = await client.query(query);
    assert.deepEqual(client.readQuery(query), data);
  }
  assert.deepEqual(complaints, []);
});

test('a mutation changes what the cache has', async () => {
  const { client } = connect();
  const query = { query: gql(Progress), variables: { by: chen } };
  const before = (await client.query(query)).data.learner.version;
  const mutation = gql`mutation($learner: LearnerRef!) {
    startCourse(input: { learner: $learner, course: "cicd-automation" }) { learner { id version } userErrors { code } }
  }`;
  const { data } = await client.mutate({ mutation, variables: { learner: chen } });
  assert.deepEqual(data.startCourse.userErrors, []);
  assert.equal(client.readQuery(query).learner.version, before + 1);
});

test('an error comes with its code', async () => {
  const { client } = connect();
  await assert.rejects(client.query({ query: gql('{ nobody }') }), (error) => {
    assert.ok(CombinedGraphQLErrors.is(error));
    assert.equal(error.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
    return true;
  });
});

for (const [method, useGETForHashedQueries] of [['POST', false], ['GET', true]]) {
  test(`persisted queries by ${method}: first the text has to follow, then the hash will do`, async () => {
    const { client, made } = connect({ link: (http) => new PersistedQueryLink({ sha256, useGETForHashedQueries }).concat(http) });
    const query = gql(`query By${method}($by: LearnerRef!) { learner(by: $by) { id name } }`);
    for (let n = 0; n < 2; n++) {
      const { data } = await client.query({ query, variables: { by: chen }, fetchPolicy: 'network-only' });
      assert.equal(data.learner.name, 'Chen Wei');
    }
    assert.equal(made.length, 3, made.join());
    assert.deepEqual(made.map((it) => it.split(' ')[0]), [method, made[1].split(' ')[0], method]);
    assert.equal(made[2], `${method} 200`);
  });
}

test('a multipart subscription, and its resumption', async () => {
  const { client } = connect();
  const follow = (variables) => events(client.subscribe({ query: gql(Follow), variables }));
  const first = await within(10, 'three events', take(3, follow({ learner: chen })));
  assert.deepEqual(first.map(version), upTo(3));
  const [next] = await within(10, 'the next event', take(1, follow({ learner: chen, afterVersion: 3 })));
  assert.equal(version(next), 4);
});

test('a multipart subscription that fails says why', async () => {
  const { client } = connect();
  const nobody = client.subscribe({ query: gql(Follow), variables: { learner: { externalId: 'nobody' } } });
  const [{ error }] = await within(10, 'the error', take(1, events(nobody)));
  assert.match(JSON.stringify(error.errors ?? error), /NOT_FOUND/);
});

test('a subscription over a WebSocket', async () => {
  const socket = createClient({ url: server.socket, webSocketImpl: WebSocket });
  const { client } = connect({ link: () => new GraphQLWsLink(socket) });
  const first = await within(10, 'three events', take(3, events(client.subscribe({ query: gql(Follow), variables: { learner: chen } }))));
  assert.deepEqual(first.map(version), upTo(3));
  await socket.dispose();
});
