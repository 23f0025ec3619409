// The page: its tools, its addresses, and the first picture of it.
{
  const data = gallery.data;
  const { make, tool } = gallery;
  const filters = gallery.filters;
  const tools = document.getElementById("tools");
  const search = document.getElementById("search");
  const count = document.getElementById("count");
  const empty = document.getElementById("empty");
  const themes = ["auto", "light", "dark"];
  let theme = themes.includes(gallery.store.get("theme")) ? gallery.store.get("theme") : "auto";

  const filter_tool = tool("filter", "Filters", () => gallery.panel.toggle(), "f");
  const group_tool = tool("group", "Group by prompt", () => gallery.main.toggle_groups(), "g");
  const smaller = tool("smaller", "Smaller", () => gallery.main.resize(-1), "-");
  const larger = tool("larger", "Larger", () => gallery.main.resize(1), "+");
  const theme_tool = tool("auto", "Theme", () => gallery.main.next_theme(), "t");
  const failed_tool = make("button", { type: "button", class: "failed-count",
    onclick: () => only_state(gallery.failed) });
  tools.append(failed_tool, filter_tool, group_tool,
    make("span", { class: "pair" }, smaller, larger), theme_tool,
    tool("help", "Keys", () => gallery.show_help(), "?"));

  function only_state(state) {
    const facet = filters.facet("state");
    const is_on = facet.chosen.has(state + 1) && facet.chosen.size === 1;
    facet.chosen.clear();
    if (!is_on) facet.chosen.add(state + 1);
    gallery.main.refresh();
  }

  function show_theme() {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    const name = `Theme: ${theme === "auto" ? "as the system" : theme}`;
    theme_tool.replaceChildren(gallery.icon(theme));
    theme_tool.title = `${name} (t)`;
    theme_tool.setAttribute("aria-label", name);
  }

  function show_empty(result) {
    empty.hidden = result.count > 0;
    if (result.count > 0) return;
    if (data.count === 0)
      return empty.replaceChildren(make("h2", {}, "No pictures yet"),
        make("p", {}, data.run.running
          ? "The run is at work. Write this page again to see more of it."
          : "Once a run has saved some, write this page again."));
    const hidden = gallery.panel.state_count(gallery.unwanted);
    empty.replaceChildren(make("h2", {}, filters.is_set() ? "Nothing matches" : "Nothing to show"),
      make("p", {}, filters.is_set() ? "No picture has all that you chose." :
        `${gallery.counted(hidden, "picture")} the job file no longer wants.`),
      filters.is_set() ? make("button", { type: "button", class: "main",
        onclick: () => gallery.main.clear() }, "Clear all") : make("button", {
        type: "button", class: "main", onclick: () => only_state(gallery.unwanted) }, "Show them"));
  }

  function show_count(result) {
    const all = gallery.counted(data.count, "result");
    count.textContent = result.count === data.count ? all
      : `${gallery.number(result.count)} of ${all}`;
  }

  const failures = gallery.panel.all_of_state(gallery.failed);

  gallery.main = {
    refresh() {
      const result = filters.apply();
      gallery.panel.show(result);
      show_count(result);
      show_empty(result);
      gallery.main.show_tools();
      gallery.grid.show(result);
    },
    show_tools() {
      filter_tool.setAttribute("aria-pressed", gallery.panel.is_open());
      group_tool.setAttribute("aria-pressed", filters.grouped);
      smaller.disabled = gallery.grid.size === 0;
      larger.disabled = gallery.grid.size === gallery.grid.sizes - 1;
      failed_tool.hidden = failures === 0;
      failed_tool.title = "Show what failed";
      failed_tool.replaceChildren(gallery.icon("failed"), gallery.number(failures),
        make("span", { class: "word" }, " failed"));
      const is_chosen = filters.facet("state").chosen.has(gallery.failed + 1);
      failed_tool.setAttribute("aria-pressed", is_chosen);
    },
    clear() {
      filters.clear();
      search.value = "";
      gallery.main.refresh();
    },
    search(text) {
      if (filters.query === text.trim()) return;
      filters.query = text.trim();
      window.scrollTo({ top: 0 });
      gallery.main.refresh();
    },
    // Shows all rows with one value, from the page of a picture.
    only(id, name) {
      const facet = filters.facet(id);
      const value = facet.of.find((number) => number && facet.values.name(number) === name);
      filters.clear();
      search.value = "";
      if (value) facet.chosen.add(value);
      gallery.viewer.hide();
      gallery.main.refresh();
      window.scrollTo({ top: 0 });
    },
    toggle_groups() {
      filters.grouped = !filters.grouped;
      gallery.main.refresh();
    },
    resize(way) {
      gallery.grid.set_size(gallery.grid.size + way);
      gallery.main.show_tools();
    },
    next_theme() {
      theme = themes[(themes.indexOf(theme) + 1) % themes.length];
      gallery.store.set("theme", theme);
      show_theme();
    },
    compare() {
      const { rows } = gallery.selection;
      if (rows.length < gallery.compare.least)
        return gallery.toast("Select two pictures or more, with x");
      location.hash = `c/${rows.map(data.id_of).join(",")}`;
    },
    // A dialog was closed: the address is that of the grid again.
    left() {
      if (gallery.viewer.is_open()) return;
      if (gallery.compare.is_open()) history.replaceState(null, "", gallery.compare.address());
      else if (location.hash.length > 1)
        history.replaceState(null, "", location.pathname + location.search);
    },
  };

  // Shows what the address says.
  function go() {
    const [kind, rest] = location.hash.slice(1).split("/");
    if (kind === "p") {
      const row = data.find(rest || "");
      if (row < 0) return gallery.toast("This picture is not in the page");
      gallery.viewer.show(row);
      return;
    }
    gallery.viewer.hide();
    if (kind !== "c") return gallery.compare.hide();
    const rows = (rest || "").split(",").map(data.find).filter((row) => row >= 0 &&
      data.is_picture(row)).slice(0, gallery.compare.most);
    if (rows.length >= gallery.compare.least) gallery.compare.show(rows);
  }

  let typing = 0;
  search.addEventListener("input", (event) => {
    clearTimeout(typing);
    if (event.isComposing) return;
    typing = setTimeout(() => gallery.main.search(search.value), data.count > 5000 ? 160 : 60);
  });
  search.addEventListener("compositionend", () => gallery.main.search(search.value));

  document.getElementById("title").lang = gallery.lang_of(data.run.name);
  document.getElementById("title").title =
    `${data.run.directory}, ${gallery.time(Date.parse(data.run.at))}`;
  document.getElementById("loading").remove();
  if (gallery.store.get("panel") === "yes" && window.innerWidth > 900) gallery.panel.restore();
  show_theme();
  gallery.chooser.show_bar();
  gallery.main.refresh();
  window.addEventListener("hashchange", go);
  go();
}
