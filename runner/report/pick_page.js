"use strict";
(() => {
  const cards = [...document.querySelectorAll(".card")];
  const before = JSON.parse(document.getElementById("picks").textContent);
  const save = document.getElementById("save");
  const status = document.getElementById("status");
  const then = document.getElementById("then");
  let unsaved = false;

  const boxes = (card) => [...card.querySelectorAll("input")];
  const chosen = (card) => boxes(card).filter((box) => box.checked).map((box) => box.value);
  const least = (card) => Number(card.dataset.least);
  const most = (card) => Number(card.dataset.most);
  const range = (card) =>
    least(card) === most(card) ? `${least(card)}` : `${least(card)} to ${most(card)}`;

  function show(card, note) {
    const count = chosen(card).length;
    const made = count >= least(card) && count <= most(card);
    card.classList.toggle("made", made);
    card.classList.toggle("refused", note !== "");
    const more = least(card) - count;
    let text = `Pick ${range(card)}`;
    if (made) text = `Picked: ${chosen(card).join(", ")}`;
    else if (count > 0) text = `${more} more to pick`;
    card.querySelector(".state").textContent = note || text;
  }

  function show_state() {
    const made = cards.filter((card) => card.classList.contains("made")).length;
    const half = cards.filter((card) => chosen(card).length > 0).length - made;
    status.textContent = `${made} of ${cards.length} picked` +
      (half > 0 ? `; ${half} with too few: pick more there, or take the pick back` : "");
    save.disabled = made === 0 || half > 0;
  }

  // Never more picks than allowed: when one is allowed, the new choice replaces the old one.
  function on_change(card, box) {
    let note = "";
    if (box.checked && chosen(card).length > most(card)) {
      if (most(card) === 1) {
        boxes(card).forEach((other) => { if (other !== box) other.checked = false; });
      } else {
        box.checked = false;
        note = `Not more than ${most(card)}: take one back first`;
      }
    }
    unsaved = true;
    then.hidden = true;
    show(card, note);
    show_state();
  }

  // Earlier picks stay; a card without a choice keeps the picks of its picture.
  function collect() {
    const picks = {};
    for (const key of Object.keys(before.picks)) picks[key] = [...before.picks[key]];
    for (const card of cards) {
      const names = chosen(card);
      if (names.length === 0) continue;
      const own = boxes(card).map((box) => box.value);
      const others = (picks[card.dataset.key] || []).filter((name) => !own.includes(name));
      picks[card.dataset.key] = others.concat(names);
    }
    return { version: 1, picks };
  }

  function download() {
    const file = new Blob([JSON.stringify(collect(), null, 1) + "\n"], { type: "application/json" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = "picks.json";
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    unsaved = false;
    then.hidden = false;
    make_room();
  }

  // The bar at the bottom covers no part of the selected card.
  function make_room() {
    const bar = document.querySelector("footer").offsetHeight;
    document.documentElement.style.scrollPaddingBottom = `${bar + 12}px`;
  }

  function go_to(card) {
    if (!card) return;
    boxes(card)[0].focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  }

  // The next card that still waits; after the last one the search starts at the first.
  function next_waiting(at) {
    const order = [...cards.slice(at + 1), ...cards.slice(0, at + 1)];
    return order.find((card) => !card.classList.contains("made"));
  }

  function on_key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = cards.indexOf(document.activeElement && document.activeElement.closest(".card"));
    if (event.key === "j" || event.key === "k") {
      go_to(at < 0 ? cards[0] : cards[at + (event.key === "j" ? 1 : -1)]);
    } else if (event.key === "n") {
      go_to(next_waiting(at));
    } else if (event.key === "o" && at >= 0) {
      const link = cards[at].querySelector(".full");
      if (link) link.click();
    } else if (/^[1-9]$/.test(event.key) && at >= 0) {
      const box = boxes(cards[at]).find((one) => one.getAttribute("aria-keyshortcuts") === event.key);
      if (!box) return;
      box.focus();
      box.click();
    } else if (event.key === "s" && !save.disabled) {
      download();
    } else {
      return;
    }
    event.preventDefault();
  }

  for (const card of cards) {
    card.addEventListener("change", (event) => on_change(card, event.target));
    show(card, "");
  }
  save.addEventListener("click", download);
  document.addEventListener("keydown", on_key);
  window.addEventListener("resize", make_room);
  window.addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });
  make_room();
  show_state();
})();
