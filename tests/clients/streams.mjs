// Server-sent events and multipart, byte by byte.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Follow, Progress, assertPlain, chen, serve, within } from './lib.mjs';

const server = await serve();
const EVENTS = 'text/event-stream';
const MULTIPART = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json';
const following = { query: Follow, variables: { learner: chen } };

const ask = (accept, body, signal) =>
  fetch(server.url, { method: 'POST', headers: { 'content-type': 'application/json', accept }, body: JSON.stringify(body), signal });

/** Reads a stream until its text holds `wanted`, and hangs up. */
async function until(wanted, accept, body, seconds = 10) {
  const abort = new AbortController();
  const response = await ask(accept, body, abort.signal);
  let text = '';
  const reading = (async () => {
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (wanted.test(text)) return;
    }
    assert.fail(`the stream ended: ${text}`);
  })();
  await within(seconds, String(wanted), reading);
  abort.abort();
  return { response, text };
}

describe('server-sent events', () => {
  test('have the headers that keep proxies from holding them back', async () => {
    const { response } = await until(/event: next/, EVENTS, following);
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type'), /^text\/event-stream; ?charset=utf-8$/);
    assert.match(response.headers.get('cache-control'), /no-store|no-cache/);
    assert.equal(response.headers.get('x-accel-buffering'), 'no');
    assert.equal(response.headers.get('content-encoding'), null);
  });

  test('are next with a result on one line', async () => {
    const { text } = await until(/(event: next[^]*?\n\n){3}/, EVENTS, following);
    const results = [...text.matchAll(/event: ?next\n(?:id: ?.*\n)?data: ?(.*)\n\n/g)].map(([, json]) => JSON.parse(json));
    assert.deepEqual(results.slice(0, 3).map(({ data }) => data.learnerEvents.event.version), [1, 2, 3]);
  });

  for (const query of ['{ __typename }', 'mutation { registerLearner(input: { name: "Raw" }) { changed } }']) {
    test(`are one next and complete for ${query}`, async () => {
      const text = await (await ask(EVENTS, { query })).text();
      assert.match(text.replace(/^:\n\n/, ''), /^event: ?next\n(id: ?.*\n)?data: ?\{"data".*\n\nevent: ?complete\n(data:.*\n)?\n$/);
    });
  }

  test('tell why a source cannot be had, and are over', async () => {
    const text = await (await ask(EVENTS, { query: Follow, variables: { learner: { externalId: 'nobody' } } })).text();
    assert.match(text, /"code":"NOT_FOUND"/);
    assertPlain(text);
  });

  test('beat while nothing happens', async () => {
    const { learner } = await server.ask(Progress, { by: chen });
    const quiet = { ...following, variables: { learner: chen, afterVersion: learner.version } };
    // The first may be there to open the stream.
    await until(/^:[^]*\n:/m, EVENTS, quiet, 30);
  });
});

describe('multipart', () => {
  for (const accept of [MULTIPART, 'multipart/mixed;subscriptionSpec=1.0, application/json', 'multipart/mixed']) {
    test(`wraps results for ${accept}`, async () => {
      const { response, text } = await until(/"payload"[^]*"payload"/, accept, following);
      assert.match(response.headers.get('content-type'), /^multipart\/mixed; ?boundary="?graphql"?/);
      assert.equal(response.headers.get('content-encoding'), null);
      const parts = text.split('--graphql').slice(1).map((part) => part.split('\r\n\r\n'));
      for (const [head] of parts.slice(0, -1)) assert.match(head, /^\r\ncontent-type: ?application\/json/i);
      // The first may be `{}`, which only says that the stream is open.
      const first = parts.map(([, it]) => it).find((it) => it.startsWith('{"payload"'));
      assert.equal(JSON.parse(first).payload.data.learnerEvents.event.version, 1);
    });
  }

  test('ends with its boundary when a source cannot be had', async () => {
    const text = await (await ask(MULTIPART, { query: Follow, variables: { learner: { externalId: 'nobody' } } })).text();
    assert.match(text, /NOT_FOUND[^]*--graphql--\r\n$/);
  });

  test('beats while nothing happens', async () => {
    const { learner } = await server.ask(Progress, { by: chen });
    await until(/\r\n\r\n\{\}/, MULTIPART, { ...following, variables: { learner: chen, afterVersion: learner.version } }, 30);
  });
});

test('JSON is what a query is answered with, whatever streams are taken beside it', async () => {
  for (const accept of [MULTIPART, `application/json, ${EVENTS}, multipart/mixed`, `application/graphql-response+json, ${EVENTS}`]) {
    const response = await ask(accept, { query: '{ __typename }' });
    assert.deepEqual(await response.json(), { data: { __typename: 'Query' } });
  }
});

test('a subscription that can be had as no stream is refused', async () => {
  const response = await ask('application/json', following);
  assert.ok([400, 406].includes(response.status), String(response.status));
  assertPlain(await response.text());
});
