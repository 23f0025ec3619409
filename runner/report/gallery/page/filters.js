// Filters: which rows are shown, in which order, and how many each further choice would show.
{
  const data = gallery.data;

  // Names for the dominant colour, and a sample of each.
  const colours = [
    ["red", "#d8433b"], ["orange", "#e08434"], ["yellow", "#e3c33c"], ["green", "#58a550"],
    ["teal", "#3ba6a0"], ["blue", "#4076d4"], ["purple", "#8257c9"], ["pink", "#d96aa8"],
    ["brown", "#80573a"], ["white", "#f4f3ef"], ["grey", "#8d8d8b"], ["black", "#1d1d1f"],
  ];

  function colour_name(rgb) {
    const r = rgb >> 16, g = rgb >> 8 & 255, b = rgb & 255;
    const high = Math.max(r, g, b), low = Math.min(r, g, b), span = high - low;
    const light = (high + low) / 510;
    const vivid = span / (255 * (1 - Math.abs(2 * light - 1)) || 1);
    if (light < 0.1) return "black";
    if (light > 0.93) return "white";
    if (span < 20 || vivid < 0.12) return light < 0.2 ? "black" : light > 0.85 ? "white" : "grey";
    let hue = high === r ? (g - b) / span : high === g ? 2 + (b - r) / span : 4 + (r - g) / span;
    hue = (hue * 60 + 360) % 360;
    if (hue >= 12 && hue < 50 && light < 0.42 && vivid < 0.75) return "brown";
    for (const [end, name] of [[14, "red"], [42, "orange"], [68, "yellow"], [160, "green"],
      [195, "teal"], [255, "blue"], [292, "purple"], [344, "pink"]]) if (hue < end) return name;
    return "red";
  }

  // A facet: a title, and for each row the number of its value; 0 for none.
  const facets = [];
  function add_facet(id, title, values, of, is_colour = false) {
    facets.push({ id, title, values, of, is_colour, chosen: new Set() });
  }

  // The number of a text is that of its value, so that nothing is copied.
  const text_facet = (id, title, column) =>
    add_facet(id, title, { name: (value) => data.strings[value] }, column);

  function state_facet() {
    const column = new Uint8Array(data.count);
    for (let row = 0; row < data.count; ++row) column[row] = data.state[row] + 1;
    add_facet("state", "State", { name: (value) => gallery.states[value - 1] }, column);
  }

  function colour_facet() {
    const column = new Uint8Array(data.count);
    for (let row = 0; row < data.count; ++row) {
      if (!data.colour[row]) continue;
      const name = colour_name(data.colour[row] - 1);
      column[row] = colours.findIndex(([known]) => known === name) + 1;
    }
    add_facet("colour", "Colour", {
      name: (value) => colours[value - 1][0], sample: (value) => colours[value - 1][1],
    }, column, true);
  }

  // A facet for each variable, and for each choice that was drawn.
  function pair_facets(kind, sets) {
    const columns = new Map();
    for (let row = 0; row < data.count; ++row) {
      const set = data.sets[sets[row]];
      for (let i = 0; i < set.length; i += 2) {
        if (!columns.has(set[i])) columns.set(set[i], new Uint32Array(data.count));
        columns.get(set[i])[row] = set[i + 1];
      }
    }
    for (const [name, column] of columns)
      text_facet(`${kind}:${data.strings[name]}`, data.strings[name], column);
    return columns.size;
  }

  state_facet();
  text_facet("kind", "Kind", data.kind);
  text_facet("job", "Job", data.job);
  text_facet("action", "Action", data.action);
  colour_facet();
  const before_pairs = facets.length;
  const variables = pair_facets("var", data.vars);
  pair_facets("drawn", data.drawn);
  for (let i = before_pairs; i < facets.length; ++i)
    facets[i].section = i < before_pairs + variables ? "Variables" : "Drawn";

  // The marks of a person are a facet too: 1 picked, 2 a note, 3 to 7 stars; the first that fits
  // counts, since a row has one value.
  const mark_names = ["picked", "with a note", "★★★★★", "★★★★", "★★★", "★★", "★"];
  const mark_of = (row) => {
    const { picked, stars, note } = gallery.marks.of(row);
    return picked ? 1 : stars ? 8 - stars : note ? 2 : 0;
  };
  const mark_column = new Uint8Array(data.count);
  if (gallery.marks.count() > 0)
    for (let row = 0; row < data.count; ++row) mark_column[row] = mark_of(row);
  facets.splice(1, 0, { id: "mark", title: "Picks",
    values: { name: (value) => mark_names[value - 1] }, of: mark_column, is_colour: false,
    chosen: new Set() });

  // What waits for a person is first where the page is for that.
  const waits = { id: "waits", title: "Choice", values: { name: () => "waits for a pick" },
    of: new Uint8Array(data.count), is_colour: false, chosen: new Set() };
  for (const { row } of gallery.choices.all) waits.of[row] = 1;
  if (gallery.choices.all.length > 0) facets.splice(1, 0, waits);
  if (gallery.choices.all.length > 0 && data.run.picking) waits.chosen.add(1);

  const filters = { query: "", order: "planned", grouped: false, facets };
  filters.mark_changed = (row) => { mark_column[row] = mark_of(row); };
  filters.facet = (id) => facets.find((facet) => facet.id === id);

  // By default all is shown but what the job file no longer wants.
  function set_defaults() {
    filters.query = "";
    for (const facet of facets) facet.chosen.clear();
  }

  const passes = (facet, row) => {
    const value = facet.of[row];
    if (facet.chosen.size > 0) return facet.chosen.has(value);
    return facet.id !== "state" || value !== gallery.unwanted + 1;
  };

  // Rows of one prompt stand together, in the order of the first of each.
  function by_prompt(rows) {
    const groups = new Map();
    for (const row of rows) {
      const group = groups.get(data.family[row]);
      if (group) group.push(row);
      else groups.set(data.family[row], [row]);
    }
    return [...groups].map(([prompt, members]) => ({ prompt, rows: members }));
  }

  function in_order(rows) {
    if (filters.order === "planned") return rows.sort((a, b) => data.rank[a] - data.rank[b]);
    const at = (row) => data.sent[row] + data.saved[row];
    const sign = filters.order === "newest" ? -1 : 1;
    return rows.sort((a, b) => sign * (at(a) - at(b)) || a - b);
  }

  // Returns the groups to show (one without a prompt when there are no groups) and, when that is
  // asked for, how many rows each value would leave if its facet's own choice were another.
  filters.apply = () => {
    const test = gallery.search(filters.query);
    const misses = new Uint8Array(data.count);
    const missed = facets.map(() => null);
    facets.forEach((facet, at) => {
      if (facet.chosen.size === 0 && facet.id !== "state") return;
      missed[at] = new Uint8Array(data.count);
      for (let row = 0; row < data.count; ++row)
        if (!passes(facet, row)) { missed[at][row] = 1; ++misses[row]; }
    });
    if (test)
      for (let row = 0; row < data.count; ++row) if (!test(row)) misses[row] = 255;
    const rows = [];
    for (let row = 0; row < data.count; ++row) if (misses[row] === 0) rows.push(row);
    const count_all = () => facets.map((facet, at) => {
      const found = new Map();
      for (let row = 0; row < data.count; ++row) {
        const other = misses[row] - (missed[at] ? missed[at][row] : 0);
        const value = facet.of[row];
        if (value && !found.has(value)) found.set(value, 0);
        if (value && other === 0) found.set(value, found.get(value) + 1);
      }
      return found;
    });
    const sorted = in_order(rows);
    const groups = filters.grouped ? by_prompt(sorted) : [{ prompt: 0, rows: sorted }];
    let counts = null; // they take as long as all the rest, and a closed panel does not show them
    return { groups, count: rows.length, get counts() { return counts ??= count_all(); } };
  };

  filters.is_set = () => filters.query !== "" || facets.some((facet) => facet.chosen.size > 0);
  filters.clear = set_defaults;
  filters.toggle = (facet, value) => {
    if (!facet.chosen.delete(value)) facet.chosen.add(value);
  };
  gallery.filters = filters;
}
