// Uses a page of picks as a person would, in jsdom: the page's own script runs, only what a window
// would do is played here.
//   node pick_page.mjs NODE_MODULES PAGE < acts.json
// An act is {"click": [card, value]}, {"button": true} (the one that saves) or {"key": "j"}.
// Prints what the page shows before the first act and after each, what it saved, what it opened.
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";

const [modules, page] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const {JSDOM, VirtualConsole} = require("jsdom");

const seen = {shown: [], saved: [], opened: [], troubles: []};
const files = [];
const virtualConsole = new VirtualConsole();
virtualConsole.on("jsdomError", (error) => seen.troubles.push(String(error)));
virtualConsole.on("error", (...words) => seen.troubles.push(words.join(" ")));

// What jsdom has not: files to save, and a height to scroll in.
function complete(window) {
  window.URL.createObjectURL = (file) => `blob:${files.push(file) - 1}`;
  window.URL.revokeObjectURL = () => {};
  window.Element.prototype.scrollIntoView = () => {};
  window.alert = (words) => seen.troubles.push(`alert ${words}`);
  window.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    if (link.href.startsWith("blob:"))
      seen.saved.push({name: link.download, file: files[Number(link.href.slice(5))]});
    else seen.opened.push(link.getAttribute("href"));
  });
}

const dom = new JSDOM(readFileSync(page, "utf8"), {
  url: pathToFileURL(page).href, runScripts: "dangerously", pretendToBeVisual: true,
  virtualConsole, beforeParse: complete,
});
const {window} = dom;
const {document} = window;
const cards = [...document.querySelectorAll(".card")];

function show() {
  const focus = document.activeElement;
  const leave = new window.Event("beforeunload", {cancelable: true});
  window.dispatchEvent(leave);
  seen.shown.push({
    status: document.getElementById("status").textContent,
    states: cards.map((card) => card.querySelector(".state").textContent),
    checked: cards.map((card) =>
      [...card.querySelectorAll("input:checked")].map((box) => box.value)),
    can_save: !document.getElementById("save").disabled,
    then: !document.getElementById("then").hidden,
    asks_before_leaving: leave.defaultPrevented,
    focus: [cards.indexOf(focus.closest(".card")), focus.value ?? null],
  });
}

function act({click, button, key}) {
  if (click) {
    const box = [...cards[click[0]].querySelectorAll("input")].find((one) => one.value === click[1]);
    box.closest("label").click();
  }
  if (button) document.getElementById("save").click();
  if (key)
    document.activeElement.dispatchEvent(
      new window.KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
}

const text_of = (file) => new Promise((resolve) => {
  const reader = new window.FileReader();
  reader.onload = () => resolve(reader.result);
  reader.readAsText(file);
});

show();
for (const one of JSON.parse(readFileSync(0, "utf8"))) {
  act(one);
  show();
}
for (const one of seen.saved) one.file = await text_of(one.file);
process.stdout.write(JSON.stringify(seen));
window.close();
