// Deploys the static-site template and looks at it with a real browser: pages, assets, the 404 page, no console error.
//
// usage: sdev local run -- node browser_judge.mjs SDEV [SCREENSHOT_FOLDER]

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

const [sdev, shots] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'sdev-browser-'));
let passed = 0;
let failed = 0;

function check(name, condition, ...facts) {
  if (condition) {
    passed += 1;
  } else {
    failed += 1;
    console.error('FAILED', name, ...facts);
  }
}

function run(...args) {
  return execFileSync(sdev, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

async function visit(browser, base, kind) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 } });
  const page = await context.newPage();
  const trouble = [];
  const hosts = new Set();
  const missing = [];
  page.on('console', (message) => message.type() === 'error' && trouble.push(message.text()));
  page.on('pageerror', (error) => trouble.push(String(error)));
  page.on('request', (request) => hosts.add(new URL(request.url()).host));
  page.on('response', (reply) => reply.status() >= 400 && missing.push(reply.url()));

  const home = await page.goto(base, { waitUntil: 'networkidle' });
  check(`${kind}: home is served`, home.status() === 200, home.status());
  check(`${kind}: home has a heading`, (await page.locator('h1').count()) === 1);
  const images = await page.locator('img').evaluateAll((all) => all.map((i) => [i.src, i.complete && i.naturalWidth > 0]));
  check(`${kind}: images show`, images.length > 0 && images.every(([, shown]) => shown), images);
  const styled = await page.evaluate(() => [...document.styleSheets].some((sheet) => sheet.href && sheet.cssRules.length > 10));
  check(`${kind}: the style sheet is applied`, styled);
  if (shots) await page.screenshot({ path: join(shots, `${kind}-home.png`) });

  const links = await page.locator('a[href]').evaluateAll((all) => all.map((a) => a.href));
  const inside = [...new Set(links)].filter((href) => href.startsWith(base) && !/#|\.xml$/.test(href));
  check(`${kind}: there are pages to follow`, inside.length >= 3, inside);
  for (const href of inside) {
    const reply = await page.goto(href, { waitUntil: 'networkidle' });
    check(`${kind}: ${href} is served`, reply.status() === 200, reply.status());
  }
  check(`${kind}: nothing is missing`, missing.length === 0, missing);
  check(`${kind}: no error on the console`, trouble.length === 0, trouble);
  check(`${kind}: nothing comes from elsewhere`, hosts.size === 1, [...hosts]);

  const lost = await page.goto(`${base}no/such/page`, { waitUntil: 'networkidle' });
  check(`${kind}: a missing page is a 404`, lost.status() === 404, lost.status());
  check(`${kind}: the 404 page is the site's own`, (await page.locator('h1').count()) === 1);
  if (shots) await page.screenshot({ path: join(shots, `${kind}-404.png`) });
  await context.close();
}

async function cached(browser, url) {
  const page = await browser.newPage();
  await page.goto(url);
  const asset = await page.locator('link[rel=stylesheet]').first().evaluate((link) => link.href);
  await page.goto(asset);
  const reply = await page.goto(asset);
  check('an asset comes from the CDN cache', reply.headers()['x-cache']?.startsWith('HIT'), reply.headers());
  check('a hashed asset is immutable', reply.headers()['cache-control']?.includes('immutable'), reply.headers());
  await page.close();
}

let browser;
try {
  run('init', 'static-site', 'mysite');
  run('deploy', '-y', '-t', 'mysite/s.yaml');
  const output = (name) => run('output', name, '-t', 'mysite/s.yaml').trim();
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  await visit(browser, output('site.url'), 'name');
  await visit(browser, output('site.path_url'), 'path');
  await cached(browser, output('site.url'));
} catch (error) {
  failed += 1;
  console.error('FAILED', error);
} finally {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
