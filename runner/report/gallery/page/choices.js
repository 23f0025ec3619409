// The choices that wait for a person: what each picture offers, and what was chosen. The browser
// keeps it until a page without that choice comes.
{
  const data = gallery.data;
  const stored_as = `choices.${data.run.directory}.${data.run.name}`;
  const all = []; // in the order of the plan
  const of_row = new Map();
  const active = new Map(); // by row: the choice that keys and clicks are about
  let unsaved = false;

  function read_stored() {
    try { return JSON.parse(gallery.store.get(stored_as)) || {}; } catch { return {}; }
  }

  const tile_of = (action) => Number((/^(?:upscale|variation)_?([1-4])$/.exec(action) || [])[1] || 0);

  // A grid is cut into its tiles, each with its actions; `plain` when none has several.
  function cut(choice, is_grid) {
    if (!is_grid || !data.is_picture(choice.row) || data.tile[choice.row] > 0) return;
    const tiles = [[], [], [], []];
    for (const action of choice.actions)
      if (tile_of(action)) tiles[tile_of(action) - 1].push(action);
    if (tiles.every((own) => own.length === 0)) return;
    choice.tiles = tiles;
    choice.plain = tiles.every((own) => own.length <= 1);
  }

  // A tile with one action has its number as the key; what else there is has the next ones.
  function give_keys(choice) {
    choice.others = choice.actions.filter((action) => !choice.tiles || !tile_of(action));
    const order = choice.tiles && !choice.plain ? [...choice.tiles.flat(), ...choice.others]
      : choice.others;
    let key = choice.plain ? 5 : 1;
    if (choice.plain)
      choice.tiles.forEach((own, at) => { if (own[0]) choice.keys.set(own[0], at + 1); });
    for (const action of order) if (key <= 9) choice.keys.set(action, key++);
  }

  // The row of each key: the whole picture rather than a tile, what is wanted rather than what not.
  function rows_of(keys) {
    const rows = new Map();
    const rank = (row) => data.state[row] * 100 + data.tile[row];
    for (let row = 0; row < data.count; ++row) {
      const key = data.key[row];
      if (!keys.has(key) || data.state[row] > gallery.unwanted) continue;
      if (!rows.has(key) || rank(row) < rank(rows.get(key))) rows.set(key, row);
    }
    return rows;
  }

  const short_key = (hex) =>
    btoa(String.fromCharCode(...hex.match(/../g).map((pair) => parseInt(pair, 16))))
      .replace(/=+$/, "");

  function read() {
    const pictures = data.run.choices || [];
    if (pictures.length === 0) return;
    const stored = read_stored();
    const rows = rows_of(new Set(pictures.map(({ key }) => short_key(key))));
    for (const { key, grid, picks } of pictures) {
      const row = rows.get(short_key(key));
      if (row === undefined) continue;
      const before = Array.isArray(stored[key]) ? stored[key] : [];
      of_row.set(row, picks.map(({ least, most, actions }) => {
        const choice = { at: all.length, row, key, least, most, actions, tiles: null, plain: false,
          others: [], keys: new Map(), chosen: new Set() };
        const known = before.filter((action) => actions.includes(action));
        if (known.length <= most) choice.chosen = new Set(known);
        cut(choice, grid);
        give_keys(choice);
        all.push(choice);
        return choice;
      }));
      active.set(row, of_row.get(row)[0]);
    }
  }

  const is_made = ({ chosen, least, most }) => chosen.size >= least && chosen.size <= most;
  const range = ({ least, most }) => least === most ? `${least}` : `${least} to ${most}`;
  const names = (choice) => choice.actions.filter((action) => choice.chosen.has(action));

  function keep() {
    unsaved = true;
    const kept = {};
    for (const choice of all)
      if (choice.chosen.size > 0) kept[choice.key] = (kept[choice.key] || []).concat(names(choice));
    gallery.store.set(stored_as, JSON.stringify(kept));
  }

  // The page of a run at work is opened again for its new pictures, and has all this then, too.
  window.addEventListener("beforeunload", (event) => {
    if (unsaved && !data.run.live) event.preventDefault();
  });

  gallery.choices = {
    all,
    of: (row) => of_row.get(row) || [],
    has: (row) => of_row.has(row),
    active: (row) => active.get(row),
    activate: (choice) => active.set(choice.row, choice),
    is_made,
    names,

    // Never more than allowed: of one, the new choice replaces the old one. Returns why not, or "".
    toggle(choice, action) {
      const { chosen, most } = choice;
      if (!chosen.delete(action)) {
        if (chosen.size >= most && most > 1) return `Not more than ${most}: take one back first`;
        if (most === 1) chosen.clear();
        chosen.add(action);
      }
      keep();
      return "";
    },

    text_of(choice) {
      if (is_made(choice)) return `Chosen: ${names(choice).join(", ")}`;
      if (choice.chosen.size > 0) return `${choice.least - choice.chosen.size} more to choose`;
      return `Choose ${range(choice)} of ${choice.actions.length}`;
    },

    counts() {
      const made = all.filter(is_made).length;
      return { all: all.length, made, half: all.filter(({ chosen }) => chosen.size > 0).length - made };
    },

    // The picks to save: earlier ones stay, and so do those of a choice that is not made here.
    picks(before) {
      const picks = {};
      for (const [key, actions] of Object.entries(before)) picks[key] = [...actions];
      for (const choice of all) {
        if (choice.chosen.size === 0) continue;
        const others = (picks[choice.key] || []).filter((name) => !choice.actions.includes(name));
        picks[choice.key] = others.concat(names(choice));
      }
      return picks;
    },
    saved() { unsaved = false; },
  };
  read();
}
