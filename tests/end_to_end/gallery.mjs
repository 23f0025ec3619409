// Uses a gallery as a person would, in Chromium.
//   node gallery.mjs NODE_MODULES SHOTS
// Reads a story a line, {"page", "parts"}, or {"url", "parts"} for the page of a run at work, and
// answers each with a line. A part is
// {"name", "size": [width, height], "scheme", "hash", "acts"}. An act is one of {"key": "f"}, {"fill": "text"} (the search), {"click": selector}, {"hover": selector},
// {"wheel": [selector, delta]}, {"drag": [selector, x, y]}, {"eval": expression}, {"shot": name},
// {"axe": true}, {"wait": expression}, {"type": text}, {"reload": true}, {"save": key}: a key that
// saves a file, whose name and text are a value; {"set": [selector, text]} (and Enter),
// {"elsewhere": [act…]} (another page of the same person). With "accepts" dialogs are accepted,
// with "loses_server" the server may be away for a while.
// The answer has for each part the values of its "eval" acts, the findings of axe, the errors of the page
// and the requests that go neither to files nor to that address. Such requests are aborted.
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {join} from "node:path";
import {createInterface} from "node:readline";
import {pathToFileURL} from "node:url";

const [modules, shots] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const {chromium} = require("playwright-core");
const axe_source = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({
  executablePath: process.env.DARKROOM_CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
});

async function check_accessibility(page) {
  const found = await page.evaluate(async (source) => {
    // The page allows no other script, so this one comes through the debugger.
    if (!window.axe) (0, eval)(source);
    const result = await window.axe.run(document, {resultTypes: ["violations"]});
    return result.violations.map(({id, impact, nodes}) =>
      ({id, impact, nodes: nodes.slice(0, 3).map((node) => node.html.slice(0, 200))}));
  }, axe_source);
  return found.filter(({impact}) => impact === "serious" || impact === "critical");
}

// The page forbids what waitForFunction() does; the debugger may evaluate.
async function wait_for(page, expression) {
  for (const end = Date.now() + 20000; Date.now() < end; await page.waitForTimeout(20)) {
    try {
      if (await page.evaluate(expression)) return;
    } catch (error) { // the page loads itself again meanwhile
      if (!/context was destroyed/.test(error.message)) throw error;
    }
  }
  throw new Error(`never true: ${expression}`);
}

async function act_on(page, act, seen) {
  const [kind] = Object.keys(act);
  const value = act[kind];
  switch (kind) {
  case "key":
    await page.keyboard.press(value);
    // The browser says a moment after the key that a dialog was closed.
    return page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  case "fill": return page.fill("#search", value);
  case "click": return page.click(value);
  case "hover": return page.hover(value);
  case "wheel":
    await page.hover(value[0]);
    return page.mouse.wheel(0, value[1]);
  case "drag": {
    const box = await page.locator(value[0]).first().boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 + value[1], box.y + box.height / 2 + value[2]);
    return page.mouse.up();
  }
  case "type": return page.keyboard.type(value);
  case "save": {
    const [file] = await Promise.all([page.waitForEvent("download"), page.keyboard.press(value)]);
    return seen.values.push([file.suggestedFilename(), readFileSync(await file.path(), "utf8")]);
  }
  case "reload":
    await page.reload();
    return wait_for(page, "!document.getElementById('loading')");
  case "wait": return wait_for(page, value);
  case "set":
    await page.fill(value[0], value[1]);
    return page.press(value[0], "Enter");
  case "elsewhere": {
    const other = await page.context().newPage();
    await other.goto(page.url());
    for (const next of value) await act_on(other, next, seen);
    return other.close();
  }
  case "eval": return seen.values.push(await page.evaluate(value));
  case "axe": return seen.axe.push(...await check_accessibility(page));
  case "shot":
    await wait_for(page, "[...document.querySelectorAll('img')].every((image) => image.complete)");
    await page.waitForTimeout(250); // transitions
    return page.screenshot({path: join(shots, `${value}.png`)});
  default: throw new Error(`no such act: ${kind}`);
  }
}

async function play(story, part) {
  const [width, height] = part.size || [1400, 900];
  const context = await browser.newContext({
    viewport: {width, height}, colorScheme: part.scheme || "light", bypassCSP: Boolean(part.axe),
    locale: "en-GB", timezoneId: "UTC",
  });
  const page = await context.newPage();
  const seen = {name: part.name, values: [], axe: [], errors: [], requests: []};
  page.on("pageerror", (error) => seen.errors.push(error.message));
  page.on("console", (line) => {
    if (part.loses_server && /net::ERR_/.test(line.text())) return;
    if (line.type() === "error" || line.type() === "warning") seen.errors.push(line.text());
  });
  page.on("dialog", (dialog) => {
    if (part.accepts) return dialog.accept();
    seen.errors.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  const is_known = (url) => /^(file|data|blob):/.test(url.protocol) ||
    (story.url && url.href.startsWith(story.url));
  await page.route((url) => !is_known(url), (route) => {
    seen.requests.push(route.request().url());
    route.abort();
  });
  const address = story.url || pathToFileURL(story.page).href;
  await page.goto(address + (part.hash ? `#${part.hash}` : ""));
  try {
    await wait_for(page, "!document.getElementById('loading')");
    for (const act of part.acts) await act_on(page, act, seen);
  } catch (error) {
    seen.errors.push(String(error));
    await page.screenshot({path: join(shots, `${part.name}-broken.png`)});
  }
  await context.close();
  return seen;
}

for await (const line of createInterface({input: process.stdin})) {
  const story = JSON.parse(line);
  const all = [];
  for (const part of story.parts) all.push(await play(story, part));
  process.stdout.write(`${JSON.stringify(all)}\n`);
}
await browser.close();
