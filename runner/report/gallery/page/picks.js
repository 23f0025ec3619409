// What a person thinks of a picture: stars, a pick, a note. The browser keeps it. It is saved as
// picks.json, which keeps the picks of the run's branches as they were.
{
  const data = gallery.data;
  const { make } = gallery;
  const stored_as = `marks.${data.run.directory}.${data.run.name}`;
  const nothing = { picked: false, stars: 0, note: "" };

  // By the picture's SHA-256, or by its step and tile where it has no file.
  const name_of = (row) => data.sha_of(row) || `${data.key_of(row)}/${data.tile[row]}`;

  function read_stored() {
    try { return JSON.parse(gallery.store.get(stored_as)) || {}; } catch { return {}; }
  }
  const before = data.run.picks?.picks ? data.run.picks : { version: 1, picks: {} };
  const marks = { ...before.images, ...read_stored() };
  const names = new Map(); // of rows, since a name is worked out of bytes

  const name = (row) => {
    if (!names.has(row)) names.set(row, name_of(row));
    return names.get(row);
  };
  const of = (row) => ({ ...nothing, ...marks[name(row)] });

  function set(row, change) {
    if (data.state[row] > gallery.unwanted) return;
    const mark = { ...of(row), ...change };
    if (mark.picked || mark.stars || mark.note) marks[name(row)] = mark;
    else delete marks[name(row)];
    gallery.store.set(stored_as, JSON.stringify(marks));
    gallery.filters.mark_changed(row);
    gallery.grid.marks_changed();
  }

  function save() {
    const why_not = gallery.chooser.objection();
    if (why_not) return gallery.toast(why_not);
    const file = { ...before, picks: gallery.choices.picks(before.picks), images: marks };
    const blob = new Blob([JSON.stringify(file, null, 1) + "\n"], { type: "application/json" });
    const link = make("a", { href: URL.createObjectURL(blob), download: "picks.json" });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    const chosen = gallery.choices.all.length > 0 ? `${gallery.chooser.count_text()}, ` : "";
    gallery.toast(`picks.json: ${chosen}` +
      `${gallery.counted(Object.keys(marks).length, "picture")} with a mark`);
    gallery.chooser.saved();
  }

  gallery.marks = {
    of,
    save,
    count: () => Object.keys(marks).length,
    pick: (row) => set(row, { picked: !of(row).picked }),
    // The same number again takes the stars away.
    rate: (row, stars) => set(row, { stars: of(row).stars === stars ? 0 : stars }),

    // The badge of a card; none where there is nothing to show.
    badge(row) {
      if (data.state[row] > gallery.unwanted) return null;
      const { picked, stars, note } = of(row);
      if (!picked && !stars && !note) return null;
      return make("span", { class: "marks" }, picked ? gallery.icon("pick") : null,
        stars ? "★".repeat(stars) : null, note ? gallery.icon("note") : null);
    },

    // The section beside a picture.
    section(row) {
      if (data.state[row] > gallery.unwanted) return null;
      const part = make("section", { class: "picking" });
      const draw = () => {
        const mark = of(row);
        const pick = make("button", { type: "button", class: "value",
          "aria-pressed": String(mark.picked), title: "Pick (p)", onclick: () => {
            gallery.marks.pick(row);
            draw();
          } }, gallery.icon("pick"), mark.picked ? "Picked" : "Pick");
        const stars = [1, 2, 3, 4, 5].map((number) => make("button", { type: "button",
          class: "star", "aria-label": gallery.counted(number, "star"),
          "aria-pressed": String(number <= mark.stars), title: `${number}`,
          onclick: () => {
            gallery.marks.rate(row, number);
            draw();
          } }, number <= mark.stars ? "★" : "☆"));
        const note = make("textarea", { class: "note", rows: 2, value: mark.note,
          placeholder: "A note", "aria-label": "Note", dir: "auto",
          oninput: () => set(row, { note: note.value.trim() }) });
        part.replaceChildren(make("div", { class: "picking-row" }, pick,
          make("span", { class: "stars", role: "group", "aria-label": "Stars" }, ...stars)), note);
      };
      draw();
      part.redraw = draw;
      return part;
    },
  };
}
