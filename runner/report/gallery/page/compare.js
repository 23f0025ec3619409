// Two to eight pictures side by side, which zoom and move together.
{
  const data = gallery.data;
  const { make, tool } = gallery;
  const dialog = document.getElementById("compare");
  const tray = document.getElementById("tray");
  const least = 2, most = 8;
  const selected = [];

  function changed() {
    gallery.grid.selection_changed();
    gallery.viewer.selection_changed();
    tray.hidden = selected.length === 0;
    document.body.classList.toggle("has-tray", selected.length > 0);
    if (selected.length === 0) return;
    const open = make("button", { type: "button", class: "main", disabled: selected.length < least,
      title: "Compare (c)", onclick: () => gallery.main.compare() }, gallery.icon("compare"),
    selected.length < least ? "Select one more" : `Compare ${selected.length}`);
    tray.replaceChildren(
      make("div", { class: "tray-thumbs" }, ...selected.map((row) => {
        const thumb = make("img", { alt: "" });
        thumb.src = data.thumb_of(row);
        return make("button", { type: "button", class: "tray-thumb", title: "Remove",
          "aria-label": `Remove ${data.prompt_of(row) || data.step_of(row)}`,
          onclick: () => gallery.selection.toggle(row) }, thumb);
      })),
      open,
      make("button", { type: "button", class: "quiet", onclick: () => gallery.selection.clear() },
        "Clear"));
  }

  gallery.selection = {
    rows: selected,
    has: (row) => selected.includes(row),
    toggle(row) {
      const at = selected.indexOf(row);
      if (at >= 0) selected.splice(at, 1);
      else if (selected.length >= most) return gallery.toast(`At most ${most} can be compared`);
      else selected.push(row);
      changed();
    },
    clear() {
      selected.length = 0;
      changed();
    },
  };

  let stages = [];
  let shown = [];
  let is_linked = gallery.store.get("linked") !== "no";
  const link = tool("link", "Zoom and move together", () => toggle_link(), "l");
  const title = make("span", { class: "position" });
  const field = make("div", { class: "compare-field" });
  dialog.append(make("div", { class: "viewer-bar" },
    tool("close", "Close", () => dialog.close(), "Esc"), title, make("span", { class: "spring" }),
    tool("smaller", "Zoom out", () => each(1 / 1.5), "-"),
    tool("fit", "Fit", () => fit(), "0"), tool("larger", "Zoom in", () => each(1.5), "+"), link),
  field);

  function toggle_link() {
    is_linked = !is_linked;
    gallery.store.set("linked", is_linked ? "yes" : "no");
    show_link();
    if (is_linked && stages.length > 0) spread(stages[0]);
  }
  const show_link = () => link.setAttribute("aria-pressed", is_linked);

  function spread(from) {
    for (const stage of stages) if (stage !== from) stage.set(from.view);
  }
  // The keys move the first stage, or all where they are not linked.
  function with_each(act) {
    for (const stage of is_linked ? stages.slice(0, 1) : stages) act(stage);
  }
  const each = (factor) => with_each((stage) => stage.zoom_by(factor));
  const fit = () => with_each((stage) => stage.zoom_to(1));
  const move = (x, y) => with_each((stage) => stage.move(x, y));

  // Says how a picture differs from the others: by what is not the same for all.
  function caption_of(row, rows) {
    const differs = (of) => new Set(rows.map(of)).size > 1;
    const parts = [];
    if (differs((other) => data.action[other] * 16 + data.tile[other]))
      parts.push(data.text(data.action[row]) + (data.tile[row] ? ` · ${data.tile[row]}` : ""));
    for (const [name, value] of data.pairs_of(data.vars[row]))
      if (differs((other) => (data.pairs_of(data.vars[other]).find(([known]) => known === name) ||
        [])[1])) parts.push(`${name}: ${value}`);
    for (const [name, value] of data.pairs_of(data.drawn[row]))
      if (differs((other) => (data.pairs_of(data.drawn[other]).find(([known]) => known === name) ||
        [])[1])) parts.push(value);
    if (parts.length === 0) parts.push(data.prompt_of(row) || data.step_of(row));
    return parts.join(", ");
  }

  function show(rows) {
    shown = rows;
    for (const stage of stages) stage.end();
    stages = [];
    title.textContent = `${rows.length} pictures`;
    field.dataset.count = rows.length;
    field.replaceChildren(...rows.map((row) => {
      const floor = make("div", { class: "stage" });
      const stage = new gallery.Stage(floor, () => { if (is_linked) spread(stage); });
      stage.row = row;
      stages.push(stage);
      return make("figure", {}, floor, make("figcaption", {},
        make("a", { href: `#p/${data.id_of(row)}`, title: "Open" },
          gallery.said("span", caption_of(row, rows)))));
    }));
    show_link();
    if (!dialog.open) {
      dialog.showModal();
      dialog.focus();
    }
    for (const stage of stages)
      stage.show(data.url_of(stage.row), {
        size: [data.width[stage.row], data.height[stage.row]], under: data.thumb_of(stage.row),
        label: data.prompt_of(stage.row) || data.step_of(stage.row),
      });
  }

  dialog.addEventListener("close", () => {
    for (const stage of stages) stage.end();
    stages = [];
    field.replaceChildren();
    gallery.main.left();
  });

  gallery.compare = {
    least,
    most,
    show,
    hide() { if (dialog.open) dialog.close(); },
    is_open: () => dialog.open,
    address: () => `#c/${shown.map(data.id_of).join(",")}`,
    keys: {
      "+": () => each(1.5), "=": () => each(1.5), "-": () => each(1 / 1.5), 0: fit,
      z: () => with_each((stage) =>
        stage.zoom_to(stage.view.zoom > 1.01 ? 1 : stage.own_zoom())),
      ArrowLeft: () => move(80, 0), ArrowRight: () => move(-80, 0),
      ArrowUp: () => move(0, 80), ArrowDown: () => move(0, -80), l: toggle_link,
    },
  };
}
