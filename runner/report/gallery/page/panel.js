// The filters: a panel at the side, and what is chosen as chips below the bar.
{
  const data = gallery.data;
  const { make } = gallery;
  const filters = gallery.filters;
  const panel = document.getElementById("panel");
  const chips = document.getElementById("chips");
  const first_values = 8;
  const open_facets = new Set(); // those that show all their values
  let shown = { counts: [] };

  function choose(facet, value) {
    filters.toggle(facet, value);
    gallery.main.refresh();
  }

  function line_of(facet, value, count) {
    const box = make("input", { type: "checkbox", checked: facet.chosen.has(value),
      onchange: () => choose(facet, value) });
    box.dataset.value = `${facet.id}=${facet.values.name(value)}`;
    const line = make("label", { class: "option" }, box,
      gallery.said("span", facet.values.name(value), { class: "option-name" }),
      make("span", { class: "option-count" }, gallery.number(count)));
    line.classList.toggle("none", count === 0 && !facet.chosen.has(value));
    return line;
  }

  function swatch_of(facet, value, count) {
    const name = facet.values.name(value);
    const swatch = make("button", { type: "button", class: "swatch",
      title: `${name}: ${gallery.number(count)}`, "aria-label": `${name}, ${count}`,
      "aria-pressed": String(facet.chosen.has(value)), onclick: () => choose(facet, value) });
    swatch.style.setProperty("--sample", facet.values.sample(value));
    swatch.dataset.value = `${facet.id}=${name}`;
    swatch.classList.toggle("none", count === 0);
    return swatch;
  }

  function values_of(facet, found) {
    const values = [...found].sort(facet.is_colour || /^(state|waits|mark)$/.test(facet.id)
      ? (a, b) => a[0] - b[0] : (a, b) => b[1] - a[1] || a[0] - b[0]);
    if (facet.is_colour)
      return [make("div", { class: "swatches" },
        ...values.map(([value, count]) => swatch_of(facet, value, count)))];
    const all = open_facets.has(facet.id);
    const shown = all ? values.slice(0, 500)
      : values.filter(([value], at) => at < first_values || facet.chosen.has(value));
    const lines = shown.map(([value, count]) => line_of(facet, value, count));
    if (values.length > first_values)
      lines.push(make("button", { type: "button", class: "quiet more", onclick: () => {
        if (!open_facets.delete(facet.id)) open_facets.add(facet.id);
        draw_panel();
      } }, all ? "Show fewer" : `Show all ${gallery.number(values.length)}`));
    return lines;
  }

  function order_choice() {
    const choice = make("select", { id: "order", onchange: () => {
      filters.order = choice.value;
      gallery.main.refresh();
    } }, ...[["planned", "By job and step"], ["newest", "Newest first"], ["oldest", "Oldest first"]]
      .map(([value, name]) => make("option", { value, selected: filters.order === value }, name)));
    return make("div", { class: "facet order" },
      make("label", { htmlFor: "order" }, "Order"), choice);
  }

  function draw_panel() {
    if (panel.hidden) return;
    const focused = document.activeElement && document.activeElement.dataset.value;
    const scroll = panel.scrollTop;
    let section = "";
    const parts = [];
    const { counts } = shown;
    filters.facets.forEach((facet, at) => {
      if (counts[at].size < (facet.section || /^(state|waits|mark)$/.test(facet.id) ? 1 : 2)) return;
      if (facet.section && facet.section !== section)
        parts.push(make("h2", { class: "panel-section" }, facet.section));
      section = facet.section || "";
      parts.push(make("fieldset", { class: "facet" }, gallery.said("legend", facet.title),
        ...values_of(facet, counts[at])));
    });
    const head = make("div", { class: "panel-head" }, make("h2", {}, "Filters"),
      make("button", { type: "button", class: "quiet", disabled: !filters.is_set(),
        onclick: () => gallery.main.clear() }, "Clear all"),
      gallery.tool("close", "Close filters", () => gallery.panel.toggle(), "f"));
    panel.replaceChildren(head, ...parts, order_choice());
    panel.scrollTop = scroll;
    if (focused) {
      const same = [...panel.querySelectorAll("[data-value]")]
        .find((one) => one.dataset.value === focused);
      if (same) same.focus({ preventScroll: true });
    }
  }

  function draw_chips() {
    const made = [];
    for (const facet of filters.facets)
      for (const value of facet.chosen) {
        const name = facet.values.name(value);
        made.push(make("button", { type: "button", class: "chip",
          title: "Remove this filter", onclick: () => choose(facet, value) },
        make("span", { class: "chip-name" }, facet.title), gallery.said("span", name),
        gallery.icon("close")));
      }
    if (made.length > 1)
      made.push(make("button", { type: "button", class: "quiet",
        onclick: () => gallery.main.clear() }, "Clear all"));
    chips.hidden = made.length === 0;
    chips.replaceChildren(...made);
  }

  gallery.panel = {
    show(result) {
      shown = result;
      draw_panel();
      draw_chips();
    },
    // Opens it as it was when the page was last used.
    restore() {
      panel.hidden = false;
      document.body.classList.add("has-panel");
    },
    toggle() {
      panel.hidden = !panel.hidden;
      document.body.classList.toggle("has-panel", !panel.hidden);
      gallery.store.set("panel", panel.hidden ? "no" : "yes");
      gallery.main.show_tools();
      draw_panel();
      if (!panel.hidden) {
        const first = panel.querySelector("input, .swatch");
        if (first) first.focus({ preventScroll: true });
      }
    },
    is_open: () => !panel.hidden,
    state_count: (state) => {
      const at = filters.facets.findIndex((facet) => facet.id === "state");
      return shown.counts[at].get(state + 1) || 0;
    },
    all_of_state: (state) => {
      let count = 0;
      for (let row = 0; row < data.count; ++row) count += data.state[row] === state ? 1 : 0;
      return count;
    },
  };
}
