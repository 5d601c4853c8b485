// Federation 2: the subgraph composes, alone and with another that extends Learner; entities are resolved one by one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { chen, messages, program, read, run, serve } from './lib.mjs';

const sdl = await run(program, ['schema', '--federation']);
const milepost = { name: 'milepost', url: 'http://localhost/graphql', typeDefs: parse(sdl) };
const mentors = {
  name: 'mentors',
  url: 'http://localhost/mentors',
  typeDefs: parse(`
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])
    type Learner @key(fields: "id") { id: ID! mentor: String! }
    type Query { mentors: [String!]! }
  `),
};

for (const [name, subgraphs] of [['alone', [milepost]], ['with another', [milepost, mentors]]]) {
  test(`the subgraph composes ${name}`, () => {
    const { errors, hints, supergraphSdl } = composeServices(subgraphs);
    assert.deepEqual(messages(errors ?? []), []);
    assert.deepEqual(messages(hints.filter(({ definition }) => definition.level.name !== 'INFO')), []);
    assert.match(supergraphSdl, /type Learner/);
  });
}

test('the plain schema knows nothing of it', () => {
  assert.doesNotMatch(read('schema/schema.graphql'), /_entities|_service|_Any|@key|federation/);
});

const Entities = 'query($representations: [_Any!]!) { _entities(representations: $representations) { __typename ... on Learner { id name } } }';

test('a representation that leads nowhere is null, and the others are there', async () => {
  const server = await serve('--federation');
  const { learner } = await server.ask('query($by: LearnerRef!) { learner(by: $by) { id } }', { by: chen });
  const good = { __typename: 'Learner', id: learner.id };
  const bad = [
    { __typename: 'Learner', id: 'nobody' },
    { __typename: 'Learner', id: `${learner.id.slice(0, -1)}~` },
    { __typename: 'Learner' },
    { __typename: 'Learner', id: 7 },
    { __typename: 'Nothing', id: learner.id },
    { id: learner.id },
  ];
  const representations = bad.flatMap((it) => [it, good]);
  const { body } = await server.post(Entities, { representations });
  assert.deepEqual(body.data._entities.map((it) => it?.name ?? null), bad.flatMap(() => [null, 'Chen Wei']));

  const { _service } = await server.ask('{ _service { sdl } }');
  assert.equal(_service.sdl.trim(), sdl.trim());
});
