// Schemathesis makes up documents, good ones and bad ones, and holds the server to all of its checks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder, here, python, run, say, serve } from './lib.mjs';

test('no check fails', async () => {
  const server = await serve();
  const args = ['run', server.url, '--checks', 'all', '--max-examples', '40', '--no-color', '--continue-on-failure', '--seed', '1'];
  const env = { ...process.env, SCHEMATHESIS_HOOKS: 'schemathesis_hooks', PYTHONPATH: here };
  const told = await run(python('schemathesis'), args, { cwd: folder('schemathesis'), env });
  const [, cases] = /Test cases:\s+(\d+) generated/.exec(told) ?? assert.fail(told);
  assert.ok(cases > 500, told);
  say(`${cases} documents`);
});
