// The page of one picture: large, with its lineage and what is known about it.
{
  const data = gallery.data;
  const { make, tool } = gallery;
  const dialog = document.getElementById("viewer");
  let row = -1;
  let has_side = gallery.store.get("side") !== "no";

  const position = make("span", { class: "position" });
  const chosen = make("span", { class: "position", hidden: gallery.choices.all.length === 0 });
  const select = tool("check", "Select for comparison", () => gallery.selection.toggle(row), "x");
  const side = make("div", { class: "side", role: "region", "aria-label": "Details", tabIndex: 0 });
  const floor = make("div", { class: "stage", tabIndex: 0, role: "group",
    "aria-label": "Picture; plus and minus zoom" });
  const previous = tool("back", "Previous", () => step(-1), "←");
  const next = tool("next", "Next", () => step(1), "→");
  previous.classList.add("edge", "edge-left");
  next.classList.add("edge", "edge-right");
  const info = tool("info", "Details", () => toggle_side(), "i");
  const zooms = make("div", { class: "zooms" },
    tool("smaller", "Zoom out", () => stage.zoom_by(1 / 1.5), "-"),
    tool("fit", "Fit", () => stage.zoom_to(1), "0"),
    tool("larger", "Zoom in", () => stage.zoom_by(1.5), "+"));
  dialog.append(
    make("div", { class: "viewer-main" },
      make("div", { class: "viewer-bar" },
        tool("close", "Close", () => dialog.close(), "Esc"), position, chosen,
        make("span", { class: "spring" }), select, info),
      floor, previous, next, zooms),
    side);
  const stage = new gallery.Stage(floor);

  function step(way) {
    const other = gallery.grid.neighbour(row, way);
    if (other >= 0) go_to(other);
  }

  function go_to(other) {
    if (other >= 0) history.replaceState(null, "", `#p/${data.id_of(other)}`);
    if (other >= 0) show(other);
  }

  function toggle_side() {
    has_side = !has_side;
    gallery.store.set("side", has_side ? "yes" : "no");
    show_side();
  }

  function show_side() {
    dialog.classList.toggle("bare", !has_side);
    info.setAttribute("aria-pressed", has_side);
  }

  function put_on_stage() {
    zooms.hidden = !data.is_picture(row);
    if (data.is_picture(row)) {
      stage.show(data.url_of(row), {
        size: [data.width[row], data.height[row]], under: data.thumb_of(row),
        label: data.prompt_of(row) || data.step_of(row),
      });
      stage.set_cover(gallery.chooser.stage(row));
      return;
    }
    stage.clear();
    if (data.is_video(row) && data.has_file(row)) {
      const film = make("video", { controls: true, preload: "metadata", loop: true });
      film.src = data.url_of(row);
      return floor.prepend(film);
    }
    const text = data.state[row] >= gallery.failed
      ? data.message[row] || gallery.states[data.state[row]] : data.result[row];
    const why = data.is_removed(row) ? "This picture was removed by 'darkroom clean'."
      : "No picture was kept of this step.";
    floor.prepend(gallery.said("p", text || why, { class: "stage-words" }));
  }

  function show(other) {
    row = other;
    const place = gallery.grid.place_of(row);
    position.textContent = place < 0 ? "" :
      `${gallery.number(place + 1)} / ${gallery.number(gallery.grid.count)}`;
    previous.disabled = gallery.grid.neighbour(row, -1) < 0;
    next.disabled = gallery.grid.neighbour(row, 1) < 0;
    select.hidden = !data.is_picture(row);
    show_selection();
    gallery.viewer.choices_changed();
    side.replaceChildren(...gallery.details(row));
    side.scrollTop = 0;
    show_side();
    if (!dialog.open) {
      dialog.showModal();
      dialog.focus();
    }
    put_on_stage();
  }

  // After a key has changed a mark.
  function marked(act) {
    if (data.state[row] > gallery.unwanted) return;
    act();
    side.querySelector(".picking").redraw();
  }

  function show_selection() {
    if (row >= 0) select.setAttribute("aria-pressed", gallery.selection.has(row));
  }

  dialog.addEventListener("close", () => {
    stage.clear();
    const place = gallery.grid.place_of(row);
    row = -1;
    gallery.main.left();
    if (place >= 0) gallery.grid.go_to_place(place);
  });

  gallery.viewer = {
    show,
    step,
    go_to,
    cover: (element) => stage.set_cover(element),
    choices_changed() { chosen.textContent = gallery.chooser.count_text(); },
    hide() { if (dialog.open) dialog.close(); },
    get row() { return row; },
    is_open: () => dialog.open,
    selection_changed: show_selection,
    keys: {
      ArrowLeft: () => step(-1), k: () => step(-1),
      ArrowRight: () => step(1), j: () => step(1),
      ArrowUp: () => go_to(gallery.lineage.parent_of(row)),
      ArrowDown: () => go_to(gallery.lineage.child_of(row)),
      "+": () => stage.zoom_by(1.5), "=": () => stage.zoom_by(1.5),
      "-": () => stage.zoom_by(1 / 1.5),
      0: () => stage.zoom_to(1),
      z: () => stage.zoom_to(stage.view.zoom > 1.01 ? 1 : stage.own_zoom()),
      ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => [number, () => {
        if (!gallery.chooser.number(row, number) && number <= 5)
          marked(() => gallery.marks.rate(row, number));
      }])),
      n: gallery.chooser.next,
      m: () => gallery.chooser.other(row),
      o: () => gallery.chooser.open_file(row),
      p: () => marked(() => gallery.marks.pick(row)),
      s: gallery.marks.save,
      "Shift+ArrowLeft": () => stage.move(80, 0), "Shift+ArrowRight": () => stage.move(-80, 0),
      "Shift+ArrowUp": () => stage.move(0, 80), "Shift+ArrowDown": () => stage.move(0, -80),
      i: toggle_side,
      x: () => { if (data.is_picture(row)) gallery.selection.toggle(row); },
      y: () => gallery.copy(data.text(data.prompt[row]) || data.prompt_of(row), "Prompt"),
      r: () => gallery.copy(data.request_of(row), "Request"),
      c: () => gallery.main.compare(),
    },
  };
}
