// graphql-request: queries, mutations, GET, and errors as it reports them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientError, GraphQLClient, gql } from 'graphql-request';
import { Progress, chen, preflight, serve } from './lib.mjs';

const { url } = await serve();
const client = new GraphQLClient(url);
const Register = gql`
  mutation ($name: String!) { registerLearner(input: { name: $name, idempotencyKey: $name }) { changed replayed learner { name } } }
`;

test('a query', async () => {
  const { learner } = await client.request(Progress, { by: chen });
  assert.equal(learner.name, 'Chen Wei');
});

test('a mutation, and the same again', async () => {
  const first = await client.request(Register, { name: 'Ngozi' });
  assert.deepEqual(first.registerLearner, { changed: true, replayed: false, learner: { name: 'Ngozi' } });
  const second = await client.request(Register, { name: 'Ngozi' });
  assert.equal(second.registerLearner.replayed, true);
});

test('a query by GET', async () => {
  const getting = new GraphQLClient(url, { method: 'GET', jsonSerializer: JSON, headers: preflight });
  assert.equal((await getting.request(Progress, { by: chen })).learner.name, 'Chen Wei');
});

test('an error is a ClientError with its code', async () => {
  await assert.rejects(client.request('{ nobody }'), (error) => {
    assert.ok(error instanceof ClientError);
    assert.equal(error.response.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
    return true;
  });
});

test('a batch is refused', async () => {
  const batch = [{ document: '{ __typename }' }, { document: '{ __typename }' }];
  await assert.rejects(client.batchRequests(batch), (error) => error.response.status === 400);
});
