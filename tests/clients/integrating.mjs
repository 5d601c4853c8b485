// The programs of docs/INTEGRATING.md, as they stand there: progress goes both ways, whoever crashes.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { folder, read, run, serve, until } from './lib.mjs';

const server = await serve();
const page = read('docs/INTEGRATING.md');
const directory = folder('integrating');
const at = (name) => join(directory, name);
const env = { ...process.env, MILEPOST_URL: server.base };
const node = (...args) => run(process.execPath, args, { cwd: directory, env });
for (const [, name, program] of page.matchAll(/^```js (\w+\.mjs)\n(.*?)^```/gms)) writeFileSync(at(name), program);
const record = /^```json\n(.*?)^```/ms.exec(page)[1].trim();

/** A new outbox, of which nothing was sent. */
function outbox(...records) {
  rmSync(at('outbox.sent'), { force: true });
  writeFileSync(at('outbox.jsonl'), records.map((it) => `${it}\n`).join(''));
}

const State = `query($by: LearnerRef!) {
  learner(by: $by) { version courseProgress { course { slug } completedAt } events(first: 20) { nodes { kind } } }
}`;
const them = async () => (await server.ask(State, { by: { externalId: 'u-1042' } })).learner;

test('what is told again and again happens once, at its date', async () => {
  for (const said of ['4711 completed', '4711 completed', '4712 was so already']) {
    // The outbox of a process that crashed before it could say how far it came.
    outbox(record.replace('4711', said.slice(0, 4)));
    assert.equal((await node('push.mjs')).trim(), said);
    assert.equal(await node('push.mjs'), '');
  }
  const { version, courseProgress } = await them();
  assert.equal(version, 2);
  assert.deepEqual(courseProgress, [{ course: { slug: 'cicd-automation' }, completedAt: '2026-01-31T17:00:00Z' }]);
});

test('what cannot be is said, and the rest goes on', async () => {
  const other = { ...JSON.parse(record), id: 1, course: 'none' };
  outbox(JSON.stringify(other), JSON.stringify({ ...other, learner: 'nameless', name: '' }), record);
  const said = (await node('push.mjs')).trim().split('\n').map((it) => it.split(':')[0]);
  assert.deepEqual(said, ['1 NOT_FOUND', '1 INVALID_INPUT', '4711 completed']);
});

test('a server that is away is waited for', async () => {
  const capstone = (id) => record.replace('cicd-automation', 'capstone-project').replace('4711', id);
  outbox(capstone('4713'));
  await server.stop();
  const pushed = node('push.mjs');
  await new Promise((done) => setTimeout(done, 700));
  // What the app appends meanwhile is sent with the next run.
  appendFileSync(at('outbox.jsonl'), `${capstone('4714')}\n`);
  await server.start();
  assert.equal((await pushed).trim(), '4713 completed');
  assert.equal((await node('push.mjs')).trim(), '4714 was so already');
  assert.equal((await them()).version, 3);
});

test('a file comes in once, however often it is sent', async () => {
  const rows = Array.from({ length: 1_200 }, (_, n) => `learner,imported-${n},Learner ${n}`);
  writeFileSync(at('rows.csv'), ['kind,learner,name', ...rows, 'completion,u-1042,'].join('\n'));
  const counts = (said) => [...said.matchAll(/applied (\d+), already so (\d+), repeated (\d+), refused (\d+)/g)].map((it) => it.slice(1).map(Number));
  const dry = await node('import.mjs', 'rows.csv', '--dry-run');
  assert.deepEqual(counts(dry), [[1_000, 0, 0, 0], [200, 0, 0, 1]]);
  assert.match(dry, /line 1202: INVALID_INPUT course: /);
  assert.deepEqual(counts(await node('import.mjs', 'rows.csv')), counts(dry));
  assert.deepEqual(counts(await node('import.mjs', 'rows.csv')), [[0, 0, 1_000, 0], [0, 0, 200, 1]]);
  // No call is larger than a request may be: here each row takes 100 KB.
  const large = Array.from({ length: 24 }, (_, n) => `learner,large-${n},${'é'.repeat(50_000)}`);
  writeFileSync(at('large.csv'), ['kind,learner,name', ...large].join('\n'));
  const refused = counts(await node('import.mjs', 'large.csv')).map((it) => it[3]);
  assert.equal(refused.reduce((a, b) => a + b), 24);
  assert.ok(refused.length > 1);
});

const db = () => {
  try {
    return JSON.parse(readFileSync(at('db.json'), 'utf8'));
  } catch {
    return { learners: {} };
  }
};

/** Follows until the database knows of what `condition` looks for, then dies without a chance to say anything. */
async function pull(what, condition) {
  const puller = spawn(process.execPath, ['pull.mjs'], { cwd: directory, env, stdio: 'ignore' });
  after(() => puller.kill('SIGKILL'));
  await until(what, () => condition(db().learners), 60);
  puller.kill('SIGKILL');
}

test('a follower that dies goes on where it was, also when the server was restarted', async () => {
  await pull('the completions', (it) => Object.keys(it['u-1042']?.completed ?? {}).length === 2);
  const { cursor } = db();
  await server.stop();
  await server.start();
  const undo = 'mutation($event: ID!) { undoEvent(input: { event: $event }) { changed } }';
  const query = '{ learner(by: { externalId: "u-1042" }) { events(first: 20) { nodes { id kind } } } }';
  const { learner } = await server.ask(query);
  await server.ask(undo, { event: learner.events.nodes.find((it) => it.kind === 'COURSE_COMPLETED').id });
  await pull('the undo', (it) => it['u-1042'].version === 4);
  assert.deepEqual(db().learners['u-1042'].completed, { 'capstone-project': '2026-01-31T17:00:00Z' });
  assert.notEqual(db().cursor, cursor);
  // Whoever comes anew under an external id begins at version 1.
  await server.ask('mutation { eraseLearner(input: { learner: { externalId: "u-1042" } }) { changed } }');
  await server.ask('mutation { registerLearner(input: { name: "Ines", externalId: "u-1042" }) { changed } }');
  await pull('somebody else', (it) => it['u-1042'].version === 1);
  assert.deepEqual(db().learners['u-1042'].completed, {});
  await pull('everybody', (it) => Object.keys(it).filter((id) => id.startsWith('imported-')).length === 1_200);
});
