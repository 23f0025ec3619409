// The choices on the page: on a card, over the large picture, beside it, and how far one is.
{
  const data = gallery.data;
  const choices = gallery.choices;
  const { make } = gallery;
  const bar = document.getElementById("choices");

  function mark(choice, element) {
    element.dataset.choice = choice.at;
    return element;
  }

  function button_of(choice, action, name, set, ...children) {
    const key = choices.active(choice.row) === choice ? choice.keys.get(action) : 0;
    const button = mark(choice, make("button", { type: "button", class: name,
      "aria-pressed": String(choice.chosen.has(action)),
      "aria-keyshortcuts": key ? String(key) : undefined,
      onclick: (event) => {
        event.stopPropagation();
        press(choice, action);
      }, ...set }, ...children));
    button.dataset.action = action;
    return button;
  }

  // A button with the name of its action and, where it has one, its key.
  function chip_of(choice, action) {
    const key = choices.active(choice.row) === choice ? choice.keys.get(action) : 0;
    return button_of(choice, action, "choose-chip", {}, make("span", {}, action),
      key ? make("kbd", { "aria-hidden": "true" }, String(key)) : null);
  }

  // The four parts of a grid: each is a button, or holds the buttons of its actions.
  function quarters_of(choice) {
    return make("div", { class: "quarters", role: "group", "aria-label": "Tiles" },
      ...choice.tiles.map((own, at) => {
        const place = `quarter quarter-${at + 1}`;
        if (own.length === 0) return make("span", { class: `${place} none` });
        if (choice.plain)
          return button_of(choice, own[0], place, { title: `${own[0]} (${at + 1})` },
            make("span", { class: "quarter-tick" }, gallery.icon("check")),
            make("span", { class: "quarter-name" }, own[0]));
        return make("span", { class: `${place} several` },
          ...own.map((action) => chip_of(choice, action)));
      }));
  }

  // What is asked and what was chosen; of several, a button that brings its actions.
  function pill_of(choice) {
    const has_several = choices.of(choice.row).length > 1;
    const text = mark(choice, make("span", { class: "choose-text" }, choices.text_of(choice)));
    const name = choices.is_made(choice) ? "choose-pill made" : "choose-pill";
    if (!has_several) return make("span", { class: name }, text);
    return make("button", { type: "button", class: name, title: "Choose of these (m)",
      "aria-pressed": String(choices.active(choice.row) === choice), onclick: () => {
        activate(choice);
      } }, text);
  }

  // What lies over a card, or over the large picture.
  function cover_of(row, of_card) {
    const choice = choices.active(row);
    const cover = make("div", { class: of_card ? "choose" : "choose over" });
    cover.dataset.row = row;
    cover.dataset.of = of_card ? "card" : "stage";
    if (choice.tiles) cover.append(quarters_of(choice));
    if (!of_card) return cover;
    cover.append(
      make("a", { class: "choose-open", href: `#p/${data.id_of(row)}`, tabIndex: -1,
        title: "Open (Enter)", "aria-label": "Open" }, gallery.icon("fit")),
      make("div", { class: "choose-pills" }, ...choices.of(row).map(pill_of)));
    if (choice.others.length > 0)
      cover.append(make("div",
        { class: choice.tiles && !choice.plain ? "choose-chips middle" : "choose-chips" },
        ...choice.others.map((action) => chip_of(choice, action))));
    return cover;
  }

  function section_of(row) {
    const own = choices.of(row);
    if (own.length === 0) return null;
    const section = make("section", { class: "choosing" }, ...own.map((choice) => {
      const part = make("div", { class: "choosing-part" }, make("h3", {}, "Choice"),
        mark(choice, make("p", { class: "choose-text", role: "status" }, choices.text_of(choice))),
        make("div", { class: "choosing-chips" },
          ...choice.actions.map((action) => chip_of(choice, action))));
      part.classList.toggle("active", own.length > 1 && choices.active(row) === choice);
      return part;
    }));
    section.dataset.row = row;
    section.dataset.of = "side";
    return section;
  }

  // Brings what is shown of a choice up to date, wherever it is.
  function show(choice, note = "") {
    for (const shown of document.querySelectorAll(`[data-choice="${choice.at}"]`)) {
      if (shown.dataset.action !== undefined)
        shown.setAttribute("aria-pressed", choice.chosen.has(shown.dataset.action));
      else shown.textContent = note || choices.text_of(choice);
      const pill = shown.closest(".choose-pill");
      if (pill) pill.classList.toggle("made", choices.is_made(choice));
    }
    show_bar();
  }

  function redraw(row) {
    for (const old of document.querySelectorAll(`[data-of][data-row="${row}"]`)) {
      const focus = old.contains(document.activeElement) ? document.activeElement.dataset : null;
      const made = old.dataset.of === "side" ? section_of(row)
        : cover_of(row, old.dataset.of === "card");
      const style = old.getAttribute("style");
      if (old.dataset.of === "stage") gallery.viewer.cover(made);
      else old.replaceWith(made);
      if (style) made.style.cssText = style;
      if (!focus) continue;
      const same = [...made.querySelectorAll("button")].find((button) =>
        focus.action === undefined ? button.getAttribute("aria-pressed") === "true"
          : button.dataset.action === focus.action && button.dataset.choice === focus.choice);
      if (same) same.focus({ preventScroll: true });
    }
    for (const choice of choices.of(row)) show(choice);
  }

  function activate(choice) {
    if (choices.active(choice.row) === choice) return;
    choices.activate(choice);
    redraw(choice.row);
  }

  function press(choice, action) {
    const note = choices.toggle(choice, action);
    is_saved = false;
    if (note) gallery.toast(note);
    activate(choice);
    show(choice, note);
  }

  // The bar below: how many were chosen, the way on, and the file.
  let is_saved = false;
  const count = make("strong", { class: "choices-count" });
  const words = make("span", { class: "choices-words" });
  const way = make("div", { class: "choices-way" }, make("span", {}));
  const save = make("button", { type: "button", class: "main", title: "Save picks.json (s)",
    onclick: () => gallery.marks.save() }, gallery.icon("save"), "Save picks.json");
  const on = make("button", { type: "button", class: "quiet", onclick: () => next() },
    gallery.icon("next"), "Next without a choice ", make("kbd", { "aria-hidden": "true" }, "n"));

  function words_of({ half }) {
    if (half > 0)
      return [`${half} with too few: choose more there, or take the choice back`];
    if (is_saved)
      return ["Saved. Now ", make("code", {}, `darkroom pick ${data.run.directory} --from picks.json`),
        " (where your browser put it, under the name it gave), then run the job file again."];
    if (data.run.waiting > choices.all.length)
      return [`These are the first ${gallery.number(choices.all.length)} of ` +
        `${gallery.number(data.run.waiting)}; write the page again for the rest.`];
    return [make("span", { class: "choices-hint" },
      "Click what to continue with; another click takes it back. The rest waits.")];
  }

  function show_bar() {
    const counts = choices.counts();
    bar.hidden = counts.all === 0;
    document.body.classList.toggle("has-choices", counts.all > 0);
    count.textContent = gallery.chooser.count_text();
    words.replaceChildren(...words_of(counts));
    way.firstChild.style.width = `${100 * counts.made / Math.max(1, counts.all)}%`;
    save.disabled = counts.half > 0 || counts.made === 0;
    on.disabled = counts.made === counts.all;
    gallery.viewer?.choices_changed();
  }

  // Goes to the next choice that is not made, in the order of what is shown; after the last one
  // the search begins at the first.
  function next() {
    const order = [...gallery.grid.rows()].flatMap((row) => choices.of(row));
    const row = gallery.viewer.is_open() ? gallery.viewer.row
      : gallery.grid.has_focus() ? gallery.grid.current_row() : -1;
    const at = order.indexOf(choices.active(row));
    const found = [...order.slice(at + 1), ...order.slice(0, at + 1)]
      .find((choice) => !choices.is_made(choice));
    if (!found) return gallery.toast("All of these are chosen");
    activate(found);
    if (gallery.viewer.is_open()) gallery.viewer.go_to(found.row);
    else gallery.grid.go_to_place(gallery.grid.place_of(found.row));
  }

  gallery.chooser = {
    next,
    card: (row) => choices.has(row) ? cover_of(row, true) : null,
    stage: (row) => choices.has(row) ? cover_of(row, false) : null,
    section: section_of,
    show_bar,
    count_text() {
      const { made, all } = choices.counts();
      return `${gallery.number(made)} of ${gallery.number(all)} chosen`;
    },
    // Picks what has this key; false where the picture has no choice.
    number(row, key) {
      const choice = choices.active(row);
      if (!choice) return false;
      const action = choice.actions.find((name) => choice.keys.get(name) === key);
      if (action) press(choice, action);
      return true;
    },
    // The other choice of the same picture.
    other(row) {
      const own = choices.of(row);
      if (own.length > 1) activate(own[(own.indexOf(choices.active(row)) + 1) % own.length]);
    },
    // Opens the picture in full size.
    open_file(row) {
      if (!data.has_file(row)) return;
      make("a", { href: data.url_of(row), target: "_blank", rel: "noopener" }).click();
    },
    // Says why nothing can be saved now; "" when it can.
    objection() {
      const counts = choices.counts();
      return counts.half > 0 ? words_of(counts)[0] : "";
    },
    saved() {
      choices.saved();
      is_saved = choices.all.length > 0;
      show_bar();
    },
  };
  bar.append(way, make("div", { class: "choices-row" },
    make("p", { class: "choices-said", role: "status" }, count, " ", words), on, save));
}
