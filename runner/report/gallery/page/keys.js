// The keyboard: one table a view, and a sheet that shows them.
{
  const { make } = gallery;
  const help = document.getElementById("help");

  const sheet = [
    ["Pictures", [["← → ↑ ↓", "move"], ["Enter", "open"], ["Home End", "first, last"],
      ["x", "select for comparison"], ["c", "compare the selected"],
      ["1 … 5", "stars; again: none"], ["p", "pick"], ["s", "save picks.json"], ["/", "search"],
      ["f", "filters"], ["g", "group by prompt"], ["+ −", "larger, smaller"],
      ["t", "light, dark or as the system"], ["Esc", "clear the selection"]]],
    ["One picture", [["← →", "previous, next"], ["↑ ↓", "step above, step below"],
      ["+ −", "zoom"], ["z", "own pixels or fit"], ["Shift + arrows", "move"],
      ["1 … 5", "stars"], ["p", "pick"],
      ["i", "details"], ["y", "copy the prompt"], ["r", "copy the request"], ["x", "select"],
      ["Esc", "back"]]],
    ["Comparison", [["+ −", "zoom"], ["← → ↑ ↓", "move"], ["z", "own pixels or fit"],
      ["l", "together or each alone"], ["Esc", "back"]]],
  ];

  if (gallery.choices.all.length > 0)
    sheet.unshift(["Choices", [["1 … 9", "choose; again: take back"],
      ["n", "next without a choice"], ["m", "the other choice of a picture"],
      ["j k", "next, previous"], ["o", "full size"], ["s", "save picks.json"]]]);

  help.append(
    make("div", { class: "help-head" }, make("h2", { id: "help-title" }, "Keys"),
      gallery.tool("close", "Close", () => help.close(), "Esc")),
    make("div", { class: "help-parts" }, ...sheet.map(([title, rows]) => make("section", {},
      make("h3", {}, title), make("dl", {}, ...rows.flatMap(([keys, what]) => [
        make("dt", {}, ...keys.split(" ").map((key) =>
          key === "…" || (key === "+" && keys.includes("Shift")) ? key : make("kbd", {}, key))),
        make("dd", {}, what)]))))));

  const show_help = () => { if (!help.open) help.showModal(); };
  help.addEventListener("click", (event) => { if (event.target === help) help.close(); });

  const grid = gallery.grid;
  const grid_keys = {
    ArrowLeft: () => move(() => grid.move(-1)), ArrowRight: () => move(() => grid.move(1)),
    ArrowUp: () => move(() => grid.move_lines(-1)), ArrowDown: () => move(() => grid.move_lines(1)),
    Home: () => move(() => grid.go_to_place(0)),
    End: () => move(() => grid.go_to_place(grid.count - 1)),
    x: () => {
      const row = grid.current_row();
      if (grid.has_focus() && gallery.data.is_picture(row)) gallery.selection.toggle(row);
    },
    c: () => gallery.main.compare(),
    ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => [number, () => {
      const row = grid.current_row();
      if (!grid.has_focus() || gallery.chooser.number(row, number)) return;
      if (number <= 5) gallery.marks.rate(row, number);
    }])),
    n: gallery.chooser.next,
    m: () => { if (grid.has_focus()) gallery.chooser.other(grid.current_row()); },
    o: () => { if (grid.has_focus()) gallery.chooser.open_file(grid.current_row()); },
    j: () => grid.has_focus() ? grid.move(1) : grid.move(0),
    k: () => grid.has_focus() ? grid.move(-1) : grid.move(0),
    p: () => { if (grid.has_focus()) gallery.marks.pick(grid.current_row()); },
    s: gallery.marks.save,
    "/": () => document.getElementById("search").select(),
    f: () => gallery.panel.toggle(),
    g: () => gallery.main.toggle_groups(),
    t: () => gallery.main.next_theme(),
    "+": () => gallery.main.resize(1), "=": () => gallery.main.resize(1),
    "-": () => gallery.main.resize(-1),
    Escape: () => gallery.selection.clear(),
  };

  // The first arrow only brings the focus to a card. In a control, arrows are the control's own.
  function move(act) {
    if (grid.has_focus()) return act();
    const focus = document.activeElement;
    if (focus && focus !== document.body && !focus.closest("main")) return false;
    grid.move(0);
    return true;
  }

  const is_typing = (target) => target.closest("textarea, select, input:not([type=checkbox])");

  function on_search_key(event) {
    if (event.key === "Escape") {
      event.target.value = "";
      gallery.main.search("");
      event.target.blur();
    } else if (event.key === "Enter" || event.key === "ArrowDown") {
      event.preventDefault();
      gallery.main.search(event.target.value);
      grid.go_to_place(0);
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.id === "search") return on_search_key(event);
    if (is_typing(event.target)) return;
    if (event.key === "?") return show_help();
    if (help.open) return;
    const keys = gallery.viewer.is_open() ? gallery.viewer.keys
      : gallery.compare.is_open() ? gallery.compare.keys : grid_keys;
    const name = event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key;
    const act = keys[name];
    if (!act) return;
    if (event.target.closest(".side") && /^Arrow(Up|Down)$/.test(name)) return; // it scrolls
    if (act() !== false) event.preventDefault();
  });

  gallery.show_help = show_help;
}
