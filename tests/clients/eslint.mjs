// graphql-eslint on the schema and the examples; eslint.config.mjs says which rules, and why some are left out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ESLint } from 'eslint';
import { here, root } from './lib.mjs';

test('graphql-eslint finds nothing', async () => {
  const eslint = new ESLint({ cwd: root, overrideConfigFile: `${here}/eslint.config.mjs` });
  const results = await eslint.lintFiles(['schema/schema.graphql', 'schema/examples/*.graphql']);
  assert.ok(results.length > 10, 'the files are linted at all');
  const found = results.flatMap(({ filePath, messages }) =>
    messages.map(({ ruleId, line, message }) => `${filePath.slice(root.length + 1)}:${line} ${ruleId} ${message}`),
  );
  assert.deepEqual(found, []);
});
