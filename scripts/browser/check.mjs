// Opens every HTML report of a folder in headless Chromium and checks what only a browser can tell:
// nothing runs, nothing is requested, nothing overflows at phone or desktop width, text has WCAG AA contrast in both
// themes, folds open by keyboard, the page is the same with scripts off, and it prints.
//
//   node scripts/browser/check.mjs FOLDER [--shots FOLDER]
//
// Needs Node and Chromium, no package: it speaks the DevTools protocol over a pipe. Without Chromium it says SKIPPED
// and passes, unless CI_STRICT=1.

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, flag, shots] = process.argv.slice(2);
if (!folder || (flag && flag !== "--shots") || (flag && !shots)) {
  console.error("usage: node scripts/browser/check.mjs FOLDER [--shots FOLDER]");
  process.exit(2);
}
const chromium = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync(name, ["--version"]).status === 0,
);
if (!chromium) {
  console.log("SKIPPED: no Chromium on this machine");
  process.exit(process.env.CI_STRICT === "1" ? 1 : 0);
}

const profile = mkdtempSync(join(tmpdir(), "swyxtrace-browser-"));
const browser = spawn(
  chromium,
  ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--remote-debugging-pipe", `--user-data-dir=${profile}`, "about:blank"],
  { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
);
const [, , , toBrowser, fromBrowser] = browser.stdio;
process.on("exit", () => browser.kill());

// The protocol: one JSON message after another, each ended by a zero byte.
let sent = 0;
let rest = "";
const waiting = new Map();
const listeners = new Set();
fromBrowser.setEncoding("utf8");
fromBrowser.on("data", (chunk) => {
  const messages = (rest + chunk).split("\0");
  rest = messages.pop();
  for (const text of messages) {
    const message = JSON.parse(text);
    if (message.id === undefined) {
      listeners.forEach((listener) => listener(message));
    } else {
      const { done, fail } = waiting.get(message.id);
      waiting.delete(message.id);
      message.error ? fail(new Error(message.error.message)) : done(message.result);
    }
  }
});
function call(method, params = {}, sessionId) {
  const id = ++sent;
  toBrowser.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
  return new Promise((done, fail) => waiting.set(id, { done, fail }));
}

async function openPage({ width, theme, scripts }) {
  const { targetId } = await call("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
  const ask = (method, params) => call(method, params, sessionId);
  for (const domain of ["Page", "Network", "Runtime", "Log"]) await ask(`${domain}.enable`);
  await ask("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: width < 600 });
  await ask("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: theme }] });
  await ask("Emulation.setScriptExecutionDisabled", { value: !scripts });
  return { ask, sessionId, close: () => call("Target.closeTarget", { targetId }) };
}

async function load(page, url, faults) {
  const loaded = new Promise((done) => {
    page.listener = ({ method, params, sessionId }) => {
      if (sessionId !== page.sessionId) return;
      if (method === "Page.loadEventFired") done();
      if (method === "Network.requestWillBeSent" && params.request.url !== url) faults.push(`requests ${params.request.url}`);
      if (method === "Page.javascriptDialogOpening") {
        faults.push(`opens a dialog: ${params.message}`);
        page.ask("Page.handleJavaScriptDialog", { accept: true });
      }
      if (method === "Runtime.exceptionThrown") faults.push("throws an exception");
      if (method === "Log.entryAdded") faults.push(`log: ${params.entry.text}`);
    };
    listeners.add(page.listener);
  });
  await page.ask("Page.navigate", { url });
  await loaded;
}

// Runs inside the page: faults that need the laid-out document.
function inspect() {
  const faults = [];
  if (document.scripts.length) faults.push("holds a script");
  if (!document.documentElement.lang) faults.push("has no language");
  if (document.querySelectorAll("h1").length !== 1) faults.push("has not exactly one h1");
  const overflow = document.documentElement.scrollWidth - innerWidth;
  if (overflow > 0) faults.push(`is ${overflow} px too wide`);
  for (const a of document.querySelectorAll('a[href^="#"], use')) {
    const id = (a.getAttribute("href") || "").slice(1);
    if (id && !document.getElementById(id)) faults.push(`points to #${id}, which is not there`);
  }
  const rgb = (text) => text.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const part = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.5) return colour;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.getClientRects().length) continue;
    if (element.closest("title, style, .flag-id")) continue;
    const style = getComputedStyle(element);
    const colour = element.closest("svg") ? style.fill : style.color;
    const [a, b] = [luminance(rgb(colour)), luminance(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const where = `${element.localName}.${element.className.baseVal ?? element.className}`;
    if (ratio < 4.5 && !seen.has(where)) faults.push(`contrast ${ratio.toFixed(2)} at ${where}`);
    seen.add(where);
  }
  return faults;
}

async function foldOpensByKeyboard(page, faults) {
  const state = `(() => { const d = document.querySelector("main details"); return d ? d.open : null; })()`;
  const read = async (expression) => (await page.ask("Runtime.evaluate", { expression })).result.value;
  const before = await read(state);
  if (before === null) return;
  await read(`document.querySelector("main details > summary").focus()`);
  for (const type of ["keyDown", "keyUp"]) {
    await page.ask("Input.dispatchKeyEvent", { type, key: "Enter", code: "Enter", windowsVirtualKeyCode: 13, text: type === "keyDown" ? "\r" : "" });
  }
  if ((await read(state)) === before) faults.push("folds do not open by keyboard");
}

async function check(file, view) {
  const faults = [];
  const page = await openPage(view);
  await load(page, pathToFileURL(resolve(folder, file)).href, faults);
  const { cssContentSize } = await page.ask("Page.getLayoutMetrics");
  if (view.scripts) {
    const { result } = await page.ask("Runtime.evaluate", { expression: `(${inspect})()`, returnByValue: true });
    faults.push(...result.value);
    if (shots) {
      const clip = { x: 0, y: 0, width: view.width, height: Math.min(cssContentSize.height, 6000), scale: 1 };
      const { data } = await page.ask("Page.captureScreenshot", { format: "png", clip, captureBeyondViewport: true });
      mkdirSync(shots, { recursive: true });
      writeFileSync(join(shots, `${file.replaceAll("/", "-")}-${view.width}-${view.theme}.png`), Buffer.from(data, "base64"));
    }
    await foldOpensByKeyboard(page, faults);
    if (view.width > 600 && view.theme === "light") {
      const { data } = await page.ask("Page.printToPDF", { printBackground: true });
      if (data.length < 10_000) faults.push("prints nothing");
      if (shots) {
        writeFileSync(join(shots, `${file.replaceAll("/", "-")}.pdf`), Buffer.from(data, "base64"));
        await page.ask("Emulation.setEmulatedMedia", { media: "print" });
        const picture = await page.ask("Page.captureScreenshot", { format: "png", captureBeyondViewport: true });
        writeFileSync(join(shots, `${file.replaceAll("/", "-")}-print.png`), Buffer.from(picture.data, "base64"));
      }
    }
  }
  listeners.delete(page.listener);
  await page.close();
  return { faults, height: cssContentSize.height };
}

let failed = 0;
const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".html")).sort();
for (const file of files) {
  for (const width of [390, 1200]) {
    const heights = [];
    for (const [theme, scripts] of [["light", true], ["dark", true], ["light", false]]) {
      const { faults, height } = await check(file, { width, theme, scripts });
      heights.push(height);
      if (!scripts && height !== heights[0]) faults.push("is another page with scripts off");
      for (const fault of faults) console.log(`${file} (${width} px, ${theme}, scripts ${scripts ? "on" : "off"}): ${fault}`);
      failed += faults.length;
    }
  }
}
console.log(`${files.length} pages, ${failed} faults`);
await call("Browser.close").catch(() => {});
browser.on("exit", () => {
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  process.exit(failed || !files.length ? 1 : 0);
});
