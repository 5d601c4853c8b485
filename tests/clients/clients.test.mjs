// What other tools make of the schema: graphql-js, by which most clients judge, and a typed client.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildSchema, Kind, parse, validate, validateSchema } from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const read = (path) => readFileSync(join(root, path), 'utf8');
const messages = (errors) => errors.map(({ message }) => message);

const schema = buildSchema(read('schema/schema.graphql'));
const examples = readdirSync(join(root, 'schema/examples')).filter((file) => file.endsWith('.graphql'));

test('the schema is valid', () => {
  assert.deepEqual(messages(validateSchema(schema)), []);
});

for (const file of examples) {
  test(`${file} and its variables fit the schema`, () => {
    const document = parse(read(`schema/examples/${file}`));
    assert.deepEqual(messages(validate(schema, document)), []);
    const variables = JSON.parse(read(`schema/examples/${file.replace(/graphql$/, 'json')}`));
    const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    for (const { variableDefinitions } of operations) {
      assert.deepEqual(messages(getVariableValues(schema, variableDefinitions, variables).errors ?? []), []);
    }
  });
}

test('the TypeScript client of the README has the types that it relies on', () => {
  const readme = read('README.md');
  const config = JSON.parse(/in `tsconfig.json`:\s+```json\n(.*?)```/s.exec(readme)[1]);
  const client = /```ts\n(.*?)```/s.exec(readme)[1];
  const folder = join(here, 'out');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  // The file stands for the server, which answers the same.
  config.compilerOptions.plugins[0].schema = '../../../schema/schema.graphql';
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'client.ts'), client);
  run(folder, 'gql.tada', 'generate-output');
  run(folder, 'tsc', '--noEmit');

  writeFileSync(join(folder, 'client.ts'), client.replace('learner.name', 'learner.surname'));
  assert.throws(() => run(folder, 'tsc', '--noEmit'), /Property 'surname' does not exist/);
});

function run(folder, program, ...args) {
  try {
    execFileSync(join(here, 'node_modules/.bin', program), args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    throw new Error(`${program} ${args.join(' ')}\n${error.stdout}${error.stderr}`);
  }
}
