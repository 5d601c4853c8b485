// What is sent to bring the server down: each attack is refused or cut off, for little CPU time and memory, while
// health checks are answered and nothing is written.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { assertPlain, say, serve } from './lib.mjs';
import { attacks, slow } from './attacks.mjs';

// A tick of /proc/PID/stat.
const TICK_MS = 10;
const REPEATS = 10;
// A debug build does the same work about ten times slower.
const CPU_MS = process.env.MILEPOST_RELEASE ? 50 : 50 * 10;
const MEMORY_KIB = 64 * 1024;

const server = await serve();
let idle;
// CPU time that the server takes by itself and for its health, in milliseconds for each of time.
let rest;
let written;
let pid;

const ticks = () => {
  const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
};
const memory = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]);
const forgetPeak = () => writeFileSync(`/proc/${server.pid}/clear_refs`, '5');

/** A hundred health checks while `attack` goes on, each of which must be good. */
async function healthy(attack) {
  let over = false;
  const attacked = attack().finally(() => (over = true));
  for (let n = 0; n < 100; n++) {
    const start = performance.now();
    const { status } = await fetch(`${server.base}/health`, { signal: AbortSignal.timeout(5000) });
    assert.equal(status, 200);
    assert.ok(performance.now() - start < 1000, 'health took more than a second');
    if (!over) await new Promise((done) => setTimeout(done, 5));
  }
  return attacked;
}

function judge(answers, expected) {
  assert.ok(answers.length > 0);
  for (const { status, text } of answers) {
    assert.ok(expected.includes(status), `answered ${status}: ${text.slice(0, 300)}`);
    assertPlain(text);
    assert.ok(text.length < 20_000, `an answer of ${text.length} bytes`);
  }
}

before(async () => {
  // Whatever is made at the first request is made now.
  for (let n = 0; n < 20; n++) await server.written();
  await healthy(async () => {});
  ({ pid } = server);
  written = await server.written();
  idle = memory('VmRSS');
  const [start, from] = [ticks(), performance.now()];
  await healthy(() => new Promise((done) => setTimeout(done, 5000)));
  rest = ((ticks() - start) * TICK_MS) / (performance.now() - from);
});

/** Runs an attack `repeats` times for its CPU time, then once more beside the health checks. */
async function hold({ name, run, expected, cpu: bound = CPU_MS }, repeats) {
  forgetPeak();
  const [start, from] = [ticks(), performance.now()];
  for (let n = 0; n < repeats; n++) judge(await run(server), expected);
  const unasked = rest * (performance.now() - from);
  const cpu = Math.max(0, Math.round(((ticks() - start) * TICK_MS - unasked) / repeats));
  if (repeats > 1) judge(await healthy(() => run(server)), expected);
  const peak = memory('VmHWM') - idle;
  say(`${name}: ${cpu} ms, ${(peak / 1024).toFixed(1)} MiB`);
  assert.ok(server.running && server.pid === pid, server.log);
  assert.ok(peak < MEMORY_KIB, `memory grew by ${peak} KiB`);
  assert.ok(cpu < bound, `${cpu} ms of CPU time`);
  assert.equal(await server.written(), written);
}

describe('at once', () => {
  for (const attack of attacks) test(attack.name, () => hold(attack, REPEATS));
});

describe('for as long as it takes', () => {
  // Their CPU time is that of all connections together.
  for (const attack of slow) {
    test(attack.name, () => hold({ ...attack, run: () => healthy(() => attack.run(server)) }, 1));
  }
});

test('the log has no panic', () => {
  assert.doesNotMatch(server.log, /panic|ERROR/);
});
