// GraphQL over HTTP: the audits of graphql-http, and the status codes of the current draft behind their option.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { chen, preflight, say, serve } from './lib.mjs';

test('all audits of graphql-http pass', async () => {
  const { url } = await serve();
  const fetchFn = (at, init) => fetch(at, { ...init, headers: { ...init?.headers, ...preflight } });
  const results = [];
  for (const audit of serverAudits({ url, fetchFn })) results.push(await audit.fn());
  const bad = results.filter(({ status }) => status !== 'ok');
  say(`${results.length - bad.length} of ${results.length} audits`);
  assert.deepEqual(bad.map(({ id, name, status, reason }) => `${id} ${status} ${name}: ${reason}`), []);
  assert.equal(results.length, 61);
});

// A part of the data and an error: the learner is null, because the steps must not be.
const PARTIAL = '{ guide { title } learner(by: { externalId: "chen" }) { nextSteps(first: -1) { title } } }';
const DRAFT = [
  ['a good query', { query: '{ __typename }' }, 200],
  ['partial data', { query: PARTIAL }, 294],
  ['a syntax error', { query: '{' }, 400],
  ['an unknown field', { query: '{ nobody }' }, 422],
  ['an unknown operation', { query: 'query A { __typename }', operationName: 'B' }, 422],
  ['a variable of another type', { query: 'query($by: LearnerRef!) { learner(by: $by) { id } }', variables: { by: 1 } }, 422],
  ['a missing variable', { query: 'query($by: LearnerRef!) { learner(by: $by) { id } }' }, 422],
  ['no query', { variables: { by: chen } }, 400],
  ['no JSON', '{', 400],
];

test('the codes of the draft are those of the draft', async (t) => {
  const { url } = await serve('--draft-statuses');
  const send = (headers, body, method = 'POST') => fetch(url, { method, headers, body });
  for (const accept of ['application/graphql-response+json', 'application/json']) {
    for (const [name, body, status] of DRAFT) {
      await t.test(`${name} as ${accept}`, async () => {
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        const response = await send({ 'content-type': 'application/json', accept }, text);
        assert.equal(response.status, status, await response.text());
        assert.equal(response.headers.get('content-type').split(';')[0], accept);
      });
    }
  }
  const json = { 'content-type': 'application/json' };
  assert.equal((await send({ 'content-type': 'text/plain' }, '{"query":"{__typename}"}')).status, 415);
  assert.equal((await send({ ...json, accept: 'text/html' }, '{"query":"{__typename}"}')).status, 406);
  const put = await send(json, '{"query":"{__typename}"}', 'PUT');
  assert.equal(put.status, 405);
  assert.match(put.headers.get('allow'), /GET.*POST/);
});
