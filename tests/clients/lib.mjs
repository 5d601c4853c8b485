// What the tools share: a server of their own, questions to it, programs to run, and a few assertions.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const here = fileURLToPath(new URL('.', import.meta.url));
export const root = resolve(here, '../..');
export const program = resolve(process.env.MILEPOST ?? join(root, 'target/debug/milepost'));

export const read = (path) => readFileSync(join(root, path), 'utf8');
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** The operations of schema/examples with their variables. */
export const examples = readdirSync(join(root, 'schema/examples'))
  .filter((file) => file.endsWith('.graphql'))
  .map((file) => ({
    file,
    text: read(`schema/examples/${file}`),
    variables: JSON.parse(read(`schema/examples/${file.replace(/graphql$/, 'json')}`)),
  }));

/** GET requests need a header that no plain web page can send. */
export const preflight = { 'graphql-require-preflight': '1' };

/** Starts a server with the learners of the demo; it ends with the tests of the file. */
export async function serve(...options) {
  const server = new Server(options);
  await server.start();
  after(() => server.end());
  return server;
}

class Server {
  #options;
  #child;
  #directory = mkdtempSync(join(tmpdir(), 'milepost-clients-'));
  #listen = '127.0.0.1:0';
  log = '';

  constructor(options) {
    this.#options = options;
  }

  async start() {
    const options = ['--listen', this.#listen, '--data-dir', join(this.#directory, 'data'), '--demo', ...this.#options];
    this.#child = spawn(program, options, { stdio: ['ignore', 'ignore', 'pipe'] });
    process.once('exit', () => this.#child.kill('SIGKILL'));
    const before = this.log.length;
    this.#child.stderr.setEncoding('utf8').on('data', (text) => (this.log += text));
    const address = await until('the server is up', () => {
      assert.equal(this.#child.exitCode, null, this.log);
      return /http:\/\/(127\.0\.0\.1:\d+)/.exec(this.log.slice(before))?.[1];
    });
    this.#listen = address;
    this.base = `http://${address}`;
    this.url = `${this.base}/graphql`;
    this.socket = `ws://${address}/graphql`;
    this.port = Number(address.split(':')[1]);
  }

  get pid() {
    return this.#child.pid;
  }

  get running() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Stops the server as an operator would; `start` brings it back at the same address with the same data. */
  async stop() {
    if (!this.running) return;
    const gone = new Promise((done) => this.#child.once('exit', done));
    this.#child.kill('SIGTERM');
    await within(15, 'the end of the server', gone);
  }

  async end() {
    await this.stop().catch((error) => {
      this.#child.kill('SIGKILL');
      throw error;
    });
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Posts an operation and answers what came back, whatever it is. */
  async post(query, variables, headers = {}) {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
  }

  /** Asks what must succeed, and answers the data. */
  async ask(query, variables) {
    const { body } = await this.post(query, variables);
    assert.equal(body.errors, undefined, JSON.stringify(body.errors));
    return body.data;
  }

  /** How many events everybody has had: it stays as it is when nothing was written. */
  async written() {
    const { learners } = await this.ask('{ learners(first: 100) { totalCount nodes { version } } }');
    return learners.nodes.reduce((sum, { version }) => sum + version, learners.totalCount);
  }

  /** A command on a learner that always writes one event. */
  async note(percent) {
    const { recordCourseProgress } = await this.ask(Note, { percent });
    assert.deepEqual(recordCourseProgress.userErrors, []);
    assert.ok(recordCourseProgress.event, `${percent} % had been recorded before`);
    return recordCourseProgress.event.version;
  }
}

/** Whom the tools follow, and how. */
export const chen = { externalId: 'chen' };
export const Follow = `subscription Follow($learner: LearnerRef!, $afterVersion: Int) {
  learnerEvents(learner: $learner, afterVersion: $afterVersion) { event { version } learner { version } }
}`;
export const Progress = `query Progress($by: LearnerRef!) {
  learner(by: $by) { id name version readiness { progress { percent } milestones { milestone { slug } status } } }
}`;
const Note = `mutation Note($percent: Int!) {
  recordCourseProgress(
    input: { learner: { externalId: "chen" }, course: "cicd-automation", percent: $percent }
  ) { event { version } userErrors { message } }
}`;
export const version = (result) => result.data.learnerEvents.event.version;
export const upTo = (n) => Array.from({ length: n }, (_, i) => i + 1);

/** The first `n` of a stream, which is then ended. */
export async function take(n, stream) {
  const taken = [];
  for await (const it of stream) {
    taken.push(it);
    if (taken.length === n) break;
  }
  return taken;
}

/** Waits until `condition` answers something, but not for ever. */
export async function until(what, condition, seconds = 20) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(20)) {
    const it = await condition();
    if (it) return it;
  }
  assert.fail(`${what}: not within ${seconds} s`);
}

/** The promise's value, or a failure that says what did not come. */
export function within(seconds, what, promise) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`${what}: not within ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Runs a program to its end and answers what it printed; a failure shows all of it. */
export async function run(file, args, options = {}) {
  try {
    const { stdout, stderr } = await promisify(execFile)(file, args, { maxBuffer: 1 << 26, ...options });
    return stdout + stderr;
  } catch (error) {
    throw new Error(`${file} ${args.join(' ')}: ${error.code}\n${error.stdout}${error.stderr}`);
  }
}

export const npx = (name) => join(here, 'node_modules/.bin', name);
export const python = (name) => join(here, '.venv/bin', name);

/** An empty folder for what a tool makes. */
export function folder(name) {
  const path = join(here, 'out', name);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  return path;
}

/** What `run` shows below the tool's name. */
export const say = (text) => console.log(`| ${text}`);

export const messages = (errors) => errors.map(({ message }) => message);

/** Errors for clients show nothing of how the server is made. */
export function assertPlain(text) {
  const inside = /panicked|\.rs\b|src\/|\/(root|home|tmp)\/|async.graphql|serde|hyper|tokio|unwrap|RUST|(Ok|Err|Some|Error)\(|line \d+ column \d+/;
  assert.doesNotMatch(text, inside);
}
