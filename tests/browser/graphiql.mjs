// Opens GraphiQL in Chromium against a running server and checks that it works with nothing but that server.
//
//   node graphiql.mjs http://127.0.0.1:8080 [--screenshot FILE]
//
// CHROMIUM names the browser where it is not /usr/bin/chromium.

import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { screenshot: { type: 'string' } } });
assert.equal(positionals.length, 1, 'usage: node graphiql.mjs BASE_URL [--screenshot FILE]');
const base = new URL(positionals[0]);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});

try {
  await check(await browser.newPage({ viewport: { width: 1400, height: 800 } }));
} finally {
  await browser.close();
}

async function check(page) {
  const elsewhere = [];
  const complaints = [];
  const socketMessages = [];
  page.context().on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.host !== base.host) elsewhere.push(url.href);
  });
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => socketMessages.push(String(payload))));
  // A violation that only reports, or one within a library that catches it, reaches no other listener.
  await page.exposeFunction('reportViolation', (text) => complaints.push(text));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (it) => {
      window.reportViolation(`policy: ${it.violatedDirective} ${it.blockedURI} ${it.sourceFile}:${it.lineNumber}`);
    });
  });

  const tabs = page.locator('.graphiql-tab');
  const answer = page.locator('.graphiql-response .view-lines');
  const answered = (text) => answer.filter({ hasText: text }).waitFor();

  await step('the page opens, from / too', async () => {
    await page.goto(base.href);
    assert.equal(new URL(page.url()).pathname, '/graphiql');
    await page.locator('.graphiql-query-editor .view-lines').waitFor();
  });

  await step('the explorer shows the fields of the schema', async () => {
    await page.locator('.docExplorerWrap .graphiql-explorer-node').first().waitFor();
  });

  const examples = await (await fetch(new URL('/graphiql/examples.json', base))).json();
  const titles = examples.map(({ query }) => /^(?:query|mutation|subscription)\s+(\w+)/m.exec(query)?.[1]);

  await step(`${examples.length} example operations are tabs`, async () => {
    assert.ok(examples.length > 0, 'the server has no examples');
    for (const title of titles) await tabs.filter({ hasText: title ?? '<untitled>' }).first().waitFor();
    assert.equal(await tabs.count(), examples.length);
  });

  await step('Ctrl-Enter runs the first one', async () => {
    await page.locator('.graphiql-query-editor .view-lines').click();
    await page.keyboard.press('Control+Enter');
    await answered('"data"');
    assert.doesNotMatch(await answer.innerText(), /"errors"/);
  });
  if (values.screenshot) await page.screenshot({ path: values.screenshot });

  const subscription = examples.findIndex(({ query }) => /^subscription\b/m.test(query));
  if (subscription >= 0) {
    await step('the button starts a subscription over a WebSocket', async () => {
      await tabs.nth(subscription).click();
      // GraphiQL reads the operation a tenth of a second later; until then the button runs the previous tab's.
      const isRead = (query) => localStorage.getItem('graphiql:query') === query;
      await until(() => page.evaluate(isRead, examples[subscription].query));
      await page.locator('.graphiql-execute-button').click();
      await until(() => socketMessages.some((it) => JSON.parse(it).type === 'connection_ack'));
    });
  }

  await step('a returning visitor finds their own tabs', async () => {
    await page.locator('.graphiql-tab-add').click();
    await until(async () => (await tabs.count()) === examples.length + 1);
    // GraphiQL saves half a second after a change.
    await until(() => page.evaluate(() => localStorage.getItem('graphiql:tabState')?.includes('<untitled>')));
    await page.reload();
    await page.locator('.graphiql-query-editor .view-lines').waitFor();
    assert.equal(await tabs.count(), examples.length + 1);
  });

  await step('nothing came from elsewhere and nothing complained', async () => {
    assert.deepEqual(elsewhere, []);
    assert.deepEqual(complaints, []);
  });
}

async function step(name, run) {
  try {
    await run();
    console.log(`ok    ${name}`);
  } catch (error) {
    console.log(`FAIL  ${name}`);
    throw error;
  }
}

async function until(condition) {
  for (let attempts = 0; attempts < 100; attempts += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`not within ten seconds: ${condition}`);
}
