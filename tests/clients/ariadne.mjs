// ariadne-codegen: a typed Python client, made of the schema and the examples, asks the server.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Progress, folder, python, root, run, serve } from './lib.mjs';

const server = await serve();
const cwd = folder('ariadne');

test('the client is made, and asks', async () => {
  writeFileSync(join(cwd, 'queries.graphql'), Progress);
  writeFileSync(join(cwd, 'pyproject.toml'), `
[tool.ariadne-codegen]
schema_path = "${root}/schema/schema.graphql"
queries_path = "queries.graphql"
target_package_name = "milepost"
`);
  await run(python('ariadne-codegen'), [], { cwd });
  const program = `
import asyncio
from milepost import Client, LearnerRef
async def main():
    client = Client(url="${server.url}")
    answer = await client.progress(LearnerRef(externalId="chen"))
    print(answer.learner.name, answer.learner.readiness.milestones[0].status.value)
asyncio.run(main())
`;
  assert.match(await run(python('python'), ['-c', program], { cwd }), /^Chen Wei [A-Z_]+\n$/);
});
