// Opens a gallery in Chromium and prints how long it takes to be shown and how smooth it is.
//   node gallery.mjs NODE_MODULES PAGE
import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";

const [modules, page_file] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const {chromium} = require("playwright-core");

const browser = await chromium.launch({
  executablePath: process.env.DARKROOM_CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});
const page = await browser.newPage({viewport: {width: 1400, height: 900}, bypassCSP: true});

// The longest time between two frames while `act` runs, and how many frames there were.
const longest_frame = (act) => page.evaluate(async (source) => {
  const frames = [];
  let is_done = false;
  let last = performance.now();
  const tick = (now) => {
    frames.push(now - last);
    last = now;
    if (!is_done) requestAnimationFrame(tick);
  };
  await new Promise((resolve) => requestAnimationFrame(resolve));
  last = performance.now();
  requestAnimationFrame(tick);
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  await (0, Function)("frame", `return (async () => { ${source} })()`)(frame);
  is_done = true;
  await frame();
  frames.sort((a, b) => a - b);
  return {longest: frames.at(-1), usual: frames[frames.length >> 1],
    late: frames[Math.floor(frames.length * 0.99)], count: frames.length};
}, act);

const times = [];
for (let round = 0; round < 3; ++round) {
  await page.goto(pathToFileURL(page_file).href);
  const shown = await page.evaluate(() => new Promise((resolve) => {
    const look = () => {
      const images = [...document.querySelectorAll(".card img")];
      if (images.some((image) => image.complete && image.naturalWidth > 0))
        resolve({paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
          pictures: performance.now()});
      else requestAnimationFrame(look);
    };
    look();
  }));
  times.push(shown);
}
times.sort((a, b) => a.pictures - b.pictures);
console.log(`first paint: ${times[1].paint.toFixed(0)} ms; first pictures: ` +
  `${times[1].pictures.toFixed(0)} ms (the median of three)`);

const print = (what, {longest, usual, late, count}) =>
  console.log(`${what}: longest frame ${longest.toFixed(0)} ms, 99 of 100 within ` +
    `${late.toFixed(0)} ms, usual ${usual.toFixed(0)} ms, ${count} frames`);
await page.waitForTimeout(2000);
print("scrolling, 40 px a frame", await longest_frame(
  "for (let i = 0; i < 400; ++i) { scrollBy(0, 40); await frame(); }"));
print("scrolling, 120 px a frame", await longest_frame(
  "for (let i = 0; i < 400; ++i) { scrollBy(0, 120); await frame(); }"));
print("scrolling, a window a frame", await longest_frame(
  "for (let i = 0; i < 200; ++i) { scrollBy(0, innerHeight); await frame(); }"));
print("jumps to anywhere", await longest_frame(
  "const high = document.documentElement.scrollHeight; for (let i = 0; i < 60; ++i) " +
  "{ scrollTo(0, high * ((i * 7919) % 100) / 100); await frame(); await frame(); }"));
console.log(`cards in the document: ${await page.locator(".card").count()}`);
for (const [what, act] of [["search", "gallery.main.search('fox 山')"],
  ["the search removed", "gallery.main.search('')"], ["grouped", "gallery.main.toggle_groups()"],
  ["ungrouped", "gallery.main.toggle_groups()"], ["larger", "gallery.main.resize(1)"]])
  print(what, await longest_frame(`${act}; await frame(); await frame();`));
await browser.close();
