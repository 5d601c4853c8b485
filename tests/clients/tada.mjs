// The TypeScript client of the README: its types are those that it relies on, and it runs.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder, npx, read, run, serve } from './lib.mjs';

const readme = read('README.md');
const config = JSON.parse(/in `tsconfig.json`:\s+```json\n(.*?)```/s.exec(readme)[1]);
const server = await serve();
const client = /```ts\n(.*?)```/s.exec(readme)[1].replace('http://127.0.0.1:8080', server.base);

test('the client of the README is typed by the server, and runs', async () => {
  const cwd = folder('tada');
  const write = (file, text) => writeFileSync(join(cwd, file), text);
  config.compilerOptions.plugins[0].schema = server.url;
  write('package.json', '{ "type": "module" }');
  write('tsconfig.json', JSON.stringify(config));
  write('client.ts', client);
  await run(npx('gql.tada'), ['generate-output'], { cwd });
  await run(npx('tsc'), [], { cwd });
  assert.match(await run('node', ['client.js'], { cwd }), /^Chen Wei: \d+ %, \d milestones met\n/);

  write('client.ts', client.replace('learner.name', 'learner.surname'));
  await assert.rejects(run(npx('tsc'), ['--noEmit'], { cwd }), /Property 'surname' does not exist/);
});
