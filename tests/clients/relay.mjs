// The Relay compiler: Node, connections, @refetchable and @oneOf inputs; what it makes runs.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chen, folder, here, npx, read, run, serve } from './lib.mjs';

const server = await serve();
const cwd = folder('relay');

test('the compiler takes the schema', async () => {
  cpSync(join(here, 'relay/app.js'), join(cwd, 'src/app.js'));
  mkdirSync(join(cwd, 'made'));
  writeFileSync(join(cwd, 'schema.graphql'), read('schema/schema.graphql'));
  writeFileSync(join(cwd, 'relay.config.json'), JSON.stringify({
    src: 'src', schema: 'schema.graphql', artifactDirectory: 'made', language: 'typescript', eagerEsModules: true,
    customScalarTypes: { DateTime: 'string', Date: 'string', URL: 'string' },
    schemaConfig: { nodeInterfaceIdField: 'id' },
  }));
  const told = await run(npx('relay-compiler'), ['--noWatchman', 'relay.config.json'], { cwd });
  assert.doesNotMatch(told, /error/i);
});

const steps = [{ completeCourse: 'cicd-automation' }];
const RUNS = [
  ['appListQuery', { first: 2 }, ({ learners }) => learners.edges.length === 2 && learners.pageInfo.hasNextPage],
  ['appLearnersPageQuery', { first: 3 }, ({ learners }) => learners.edges[2].cursor === learners.pageInfo.endCursor],
  ['appOneQuery', { by: chen, steps }, ({ learner, whatIf }) => learner.name && whatIf.progress.percent > 0],
];

for (const [name, variables, holds] of RUNS) {
  test(`${name} runs as it was compiled`, async () => {
    const made = readFileSync(join(cwd, `made/${name}.graphql.ts`), 'utf8');
    const text = JSON.parse(/"text": (".*")/.exec(made)[1]);
    assert.ok(holds(await server.ask(text, variables)));
  });
}

test('a Node is fetched again by its id', async () => {
  const made = readFileSync(join(cwd, 'made/appLearnerQuery.graphql.ts'), 'utf8');
  const { learner } = await server.ask('{ learner(by: { externalId: "chen" }) { id name } }');
  const { node } = await server.ask(JSON.parse(/"text": (".*")/.exec(made)[1]), { id: learner.id });
  assert.equal(node.name, learner.name);
});
