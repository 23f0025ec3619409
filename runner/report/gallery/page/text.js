"use strict";
// Elements, icons, and texts for people. Every text of a run becomes a text node, never HTML.
const gallery = {};
{
  const svg_names = "http://www.w3.org/2000/svg";

  // The strokes of each icon, in a square of 24.
  const icons = {
    filter: "M4 6h16M7 12h10M10 18h4",
    group: "M4 5h16M4 10h7v9H4zM14 10h6v9h-6z",
    smaller: "M5 12h14",
    larger: "M12 5v14M5 12h14",
    auto: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
    light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4" +
      "M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4",
    dark: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
    help: "M9.2 9a2.9 2.9 0 1 1 4.3 2.5c-.9.5-1.5 1.1-1.5 2.2M12 17.2v.1",
    close: "M6 6l12 12M18 6L6 18",
    back: "M15 5l-7 7 7 7",
    next: "M9 5l7 7-7 7",
    info: "M12 11v6M12 7.2v.1M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
    check: "M5 12.5l4.5 4.5L19 7.5",
    play: "M8 5.5v13l11-6.5z",
    failed: "M12 8v5M12 16.3v.1M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
    copy: "M9 9h11v11H9zM5 15H4V4h11v1",
    open: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
    link: "M9 15l6-6M8 12l-2.5 2.5a3.5 3.5 0 0 0 5 5L13 17M16 12l2.5-2.5a3.5 3.5 0 0 0-5-5L11 7",
    compare: "M12 4v16M5 7h4v10H5zM15 7h4v10h-4z",
    pick: "M7 11v9H4v-9zM7 12l4-8a2.2 2.2 0 0 1 2 2.6L12.4 10H18a2 2 0 0 1 2 2.4l-1.2 6" +
      "A2 2 0 0 1 16.9 20H7",
    note: "M5 5h14v10l-4 4H5zM15 19v-4h4M8.5 9h7M8.5 12.5h4",
    save: "M12 4v11M7 10.5l5 5 5-5M5 20h14",
    fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  };

  gallery.icon = (name) => {
    const svg = document.createElementNS(svg_names, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", "icon");
    const path = document.createElementNS(svg_names, "path");
    path.setAttribute("d", icons[name]);
    svg.append(path);
    return svg;
  };

  // Makes an element. `set` has properties, `class`, `on…` handlers and, with a dash, attributes.
  gallery.make = (tag, set = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(set)) {
      if (value === undefined || value === null || value === false) continue;
      if (name === "class") made.className = value;
      else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (name.includes("-") || name === "role") made.setAttribute(name, value);
      else made[name] = value;
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  };

  // A button with an icon; its name is what it does, and `key` is its key.
  gallery.tool = (icon, name, act, key) => gallery.make("button", {
    type: "button", class: "tool", title: key ? `${name} (${key})` : name, "aria-label": name,
    "aria-keyshortcuts": key, onclick: act,
  }, gallery.icon(icon));

  const han = /\p{Script=Han}/u;
  const kana = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
  const hangul = /\p{Script=Hangul}/u;
  // Signs of one form only: a text with more of the second kind is set in traditional forms.
  const simplified = /[们这说个为国时发会经东马鸟门车长见龙风飞汉华图书红绿黄蓝龟]/gu;
  const traditional = /[們這說個為國時發會經東馬鳥門車長見龍風飛漢華圖書紅綠黃藍龜]/gu;

  // The language that decides about the forms of the signs; "" for a text without any.
  gallery.lang_of = (text) => {
    if (kana.test(text)) return "ja";
    if (hangul.test(text)) return "ko";
    if (!han.test(text)) return "";
    const old = (text.match(traditional) || []).length;
    return old > (text.match(simplified) || []).length ? "zh-Hant" : "zh-Hans";
  };

  // A text of a run, in the language it seems to have.
  gallery.said = (tag, text, set = {}) => gallery.make(tag, {
    ...set, lang: gallery.lang_of(text) || undefined, dir: "auto",
  }, text);

  gallery.fold = (text) => text.normalize("NFC").toLowerCase();

  const whole = new Intl.NumberFormat();
  gallery.number = (value) => whole.format(value);
  gallery.counted = (value, noun) => `${whole.format(value)} ${noun}${value === 1 ? "" : "s"}`;

  gallery.money = (micros) => {
    let text = (micros / 1e6).toFixed(6);
    while (text.endsWith("0") && text.length > text.indexOf(".") + 3) text = text.slice(0, -1);
    return gallery.data.run.currency ? `${text} ${gallery.data.run.currency}` : text;
  };

  gallery.size = (bytes) => {
    const units = ["B", "KB", "MB", "GB"];
    let at = 0;
    for (; bytes >= 1000 && at < 3; ++at) bytes /= 1000;
    return `${at === 0 || bytes >= 100 ? Math.round(bytes) : bytes.toFixed(1)} ${units[at]}`;
  };

  gallery.span = (millis) => {
    const seconds = millis / 1000;
    if (seconds < 10) return `${seconds.toFixed(1)} s`;
    if (seconds < 60) return `${Math.round(seconds)} s`;
    if (seconds < 3600)
      return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
    return `${Math.floor(seconds / 3600)} h ${Math.round(seconds % 3600 / 60)} min`;
  };

  const clock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  gallery.time = (millis) => clock.format(new Date(millis));

  let hide_toast = 0;
  gallery.toast = (text) => {
    const toast = document.getElementById("toast");
    // Within a dialog, only what is in it can be seen.
    ([...document.querySelectorAll("dialog[open]")].pop() || document.body).append(toast);
    toast.textContent = text;
    toast.classList.add("shown");
    clearTimeout(hide_toast);
    hide_toast = setTimeout(() => toast.classList.remove("shown"), 2200);
  };

  // A page from a file may not use the clipboard in every browser; a selection always can.
  gallery.copy = async (text, what) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = gallery.make("textarea", { value: text, class: "off-screen" });
      ([...document.querySelectorAll("dialog[open]")].pop() || document.body).append(area);
      const before = document.activeElement;
      area.select();
      document.execCommand("copy");
      area.remove();
      if (before) before.focus();
    }
    gallery.toast(`${what} copied`);
  };

  gallery.store = {
    get(name) {
      try { return localStorage.getItem(`darkroom.gallery.${name}`); } catch { return null; }
    },
    set(name, value) {
      try { localStorage.setItem(`darkroom.gallery.${name}`, value); } catch { /* private mode */ }
    },
  };
}
