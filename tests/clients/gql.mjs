// Python's gql 4, and the client of the README that is made with it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { here, python, read, run, serve, until } from './lib.mjs';

const server = await serve();

test('queries and mutations over HTTP, subscriptions over a WebSocket', async () => {
  await run(python('python'), [`${here}gql_client.py`, server.base]);
});

test('the client of the README runs, and follows what happens', async () => {
  const text = /```python\n(.*?)```/s.exec(read('README.md'))[1].replaceAll('127.0.0.1:8080', server.base.slice(7));
  const child = spawn(python('python'), ['-u', '-c', text]);
  let told = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (it) => (told += it));
  try {
    await until('the first event', () => {
      assert.equal(child.exitCode, null, told);
      return /'version': 1, 'summary'/.test(told);
    });
  } finally {
    child.kill();
  }
});
