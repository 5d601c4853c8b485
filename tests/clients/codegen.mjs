// graphql-codegen with the client preset: a small typed program compiles, runs, and does not compile when it is wrong.

import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generate } from '@graphql-codegen/cli';
import { folder, here, npx, run, serve } from './lib.mjs';

const server = await serve();
const cwd = folder('codegen');
const write = (file, text) => writeFileSync(join(cwd, file), text);
const compile = () => run(npx('tsc'), ['--project', cwd]);

test('a program is typed by the schema that the server gives away', async () => {
  cpSync(join(here, 'codegen/program.ts'), join(cwd, 'program.ts'));
  write('package.json', '{ "type": "module" }');
  write('tsconfig.json', JSON.stringify({
    compilerOptions: {
      strict: true, target: 'es2022', module: 'esnext', moduleResolution: 'bundler', lib: ['es2023', 'dom'], types: [],
    },
  }));
  await generate({
    schema: `${server.base}/schema.graphql`,
    documents: join(cwd, 'program.ts'),
    silent: true,
    generates: {
      [join(cwd, 'gql/')]: {
        preset: 'client',
        presetConfig: { fragmentMasking: false },
        config: {
          documentMode: 'string', useTypeImports: true, emitLegacyCommonJSImports: false, enumsAsTypes: true, strictScalars: true,
          scalars: { DateTime: 'string', Date: 'string', URL: 'string' },
        },
      },
    },
  });
  await compile();
});

test('the program completes a course', async () => {
  const { markCourseComplete } = await import(join(cwd, 'program.js'));
  const today = new Date().toISOString().slice(0, 10);
  assert.equal(await markCourseComplete(server.url, 'chen', 'cicd-automation'), `COMPLETED on ${today}`);
  assert.match(await markCourseComplete(server.url, 'chen', 'nothing'), /^NOT_FOUND: /);
});

test('a wrong program does not compile', async () => {
  const text = readFileSync(join(cwd, 'program.ts'), 'utf8');
  write('program.ts', text.replace('completeCourse?.userErrors[0]', 'completeCourse?.mistakes[0]'));
  await assert.rejects(compile(), /Property 'mistakes' does not exist/);
});
