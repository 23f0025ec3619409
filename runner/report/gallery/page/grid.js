// The grid: only the cards near the window are in the document.
{
  const data = gallery.data;
  const { make, icon } = gallery;
  const grid = document.getElementById("grid");
  const sizes = [110, 150, 200, 260, 340];
  const cards = new Map(); // by the place in the order; heads of groups by -1 - line
  let shown = { groups: [], count: 0 };
  let made = { order: new Uint32Array(0), lines: [], height: 0 };
  let space = { width: 0, target: 0, gap: 0, shape: null };
  const is_picking = data.run.picking;
  const size_name = is_picking ? "pick-size" : "size"; // a tile of a grid needs some room
  let size = Number(gallery.store.get(size_name) ?? (is_picking ? 4 : 2));
  let current = 0; // the place in the order that has the focus, or would have it
  let top_of_grid = 0;
  let is_waiting = false;

  const has_words = (row) => data.state[row] >= gallery.failed || data.is_text(row);

  // Words need some room, on a narrow page a whole line.
  const shape = (row) => {
    if (has_words(row)) return space.width < 560 ? 2.5 : Math.max(300 / space.target, 1.25);
    if (data.width[row] && data.height[row]) return data.width[row] / data.height[row];
    return data.is_video(row) ? 16 / 9 : 1;
  };

  const missing_text = (row) => data.is_removed(row) ? "Removed by 'darkroom clean'"
    : gallery.choices.has(row) && !data.has_file(row)
    ? "No picture was kept of this step" : "This picture cannot be shown";

  const label_of = (row) => (data.has_file(row) ? "" : `${missing_text(row)}: `) +
    `${data.prompt_of(row) || data.step_of(row)} ` +
    data.text(data.action[row]) + (data.tile[row] ? ` · ${data.tile[row]}` : "");

  // While the page flies by, cards have their colour only; their pictures come when it is slower.
  const fast = 2.5; // pixels a millisecond
  const bare = new Set(); // the functions that load them
  let last_scroll = { at: 0, y: 0 };
  let is_fast = false;
  let slow_down = 0;

  function measure_speed() {
    const at = performance.now(), y = window.scrollY;
    const speed = Math.abs(y - last_scroll.y) / Math.max(at - last_scroll.at, 1);
    last_scroll = { at, y };
    is_fast = speed > fast;
    if (!is_fast) return;
    clearTimeout(slow_down);
    slow_down = setTimeout(() => {
      is_fast = false;
      for (const load of bare) load();
      bare.clear();
    }, 90);
  }

  function load_into(element, url) {
    if (!is_fast) {
      element.src = url;
      return;
    }
    bare.add(() => { if (element.isConnected) element.src = url; });
  }

  function picture_of(row) {
    const image = make("img", { alt: "", decoding: "async", draggable: false });
    image.onerror = () => {
      image.onerror = () => { image.onerror = null; image.replaceWith(broken()); };
      if (data.colour[row] > 0) image.src = data.url_of(row);
      else image.onerror();
    };
    load_into(image, data.thumb_of(row));
    return image;
  }

  const broken = (text = "This picture cannot be shown") =>
    make("span", { class: "card-missing" }, text);

  function film_of(row) {
    const film = make("video",
      { preload: "metadata", muted: true, playsInline: true, tabIndex: -1 });
    load_into(film, data.url_of(row));
    return [film, make("span", { class: "badge badge-play" }, icon("play"))];
  }

  function words_of(row) {
    const is_failed = data.state[row] === gallery.failed;
    if (data.state[row] < gallery.failed)
      return [gallery.said("span", data.result[row] || "(empty)", { class: "card-text" })];
    const why = [data.text(data.problem[row]), data.text(data.code[row])].filter(Boolean);
    return [
      make("span", { class: "card-why" }, icon("failed"),
        is_failed ? why.join(", ") || "failed" : "in flight or unknown"),
      data.message[row] ? gallery.said("span", data.message[row], { class: "card-text" }) : null,
      gallery.said("span", data.prompt_of(row), { class: "card-of" }),
      data.advice[row] ? make("span", { class: "card-advice" }, data.advice_of(row)) : null,
    ];
  }

  function content_of(row) {
    if (has_words(row)) return words_of(row);
    if (!data.has_file(row)) return [broken(missing_text(row))];
    return data.is_video(row) ? film_of(row) : [picture_of(row)];
  }

  // What only a card with the pointer or the focus shows is made when it is needed: a page that
  // scrolls makes many cards.
  const has_pointer = window.matchMedia("(hover: hover)").matches;

  function complete(card, row) {
    if (card.dataset.complete) return;
    card.dataset.complete = "yes";
    const tile = data.tile[row] ? ` · ${data.tile[row]}` : "";
    if (!has_words(row)) {
      card.firstChild.append(make("span", { class: "card-caption" },
        gallery.said("span", data.prompt_of(row), { class: "card-prompt" }), " ",
        make("span", { class: "card-action" }, data.text(data.action[row]) + tile)));
      card.firstChild.removeAttribute("aria-label"); // the caption is the name now
    }
    if (!data.is_picture(row)) return;
    card.append(make("button", { type: "button", class: "card-select", tabIndex: -1,
      "aria-label": "Select for comparison", title: "Select (x)",
      onclick: () => gallery.selection.toggle(row) }, icon("check")));
    show_selection(card, row);
  }

  function make_card(place) {
    const row = made.order[place];
    const link = make("a", {
      class: "card-link", href: `#p/${data.id_of(row)}`, tabIndex: place === current ? 0 : -1,
      "aria-label": has_words(row) ? undefined : label_of(row), draggable: false,
      onfocus: () => {
        complete(card, row);
        set_current(place, false);
      },
    }, ...content_of(row));
    const card = make("article", { class: "card", "aria-posinset": place + 1,
      "aria-setsize": made.order.length, onpointerenter: () => complete(card, row) }, link);
    card.classList.toggle("words", has_words(row));
    card.classList.toggle("failed", data.state[row] === gallery.failed);
    if (data.colour[row] > 0) card.style.backgroundColor = data.colour_of(row);
    card.dataset.row = row;
    show_marks(card, row);
    const choose = gallery.chooser.card(row);
    if (choose) card.append(choose);
    card.classList.toggle("choosing-card", Boolean(choose));
    if (!has_pointer || gallery.selection.has(row)) complete(card, row);
    return card;
  }

  function show_selection(card, row) {
    const is_selected = gallery.selection.has(row);
    if (is_selected) complete(card, row);
    card.classList.toggle("selected", is_selected);
    const button = card.querySelector(".card-select");
    if (button) button.setAttribute("aria-pressed", is_selected);
  }

  function show_marks(card, row) {
    const before = card.querySelector(".marks");
    if (before) before.remove();
    const badge = gallery.marks.badge(row);
    if (badge) card.append(badge);
  }

  function make_head(line) {
    const { prompt, rows } = line.group;
    return make("div", { class: "group-head" },
      prompt ? gallery.said("h2", data.text(prompt)) : make("h2", {}, "Without a prompt"),
      make("p", {}, gallery.counted(rows.length, "picture")));
  }

  function put(node, { left, top, wide, high }) {
    node.style.left = `${left}px`;
    node.style.top = `${top}px`;
    node.style.width = `${wide}px`;
    node.style.height = `${high}px`;
  }

  // Adds the cards of the lines near the window, and removes the others.
  function draw() {
    is_waiting = false;
    measure_speed();
    const from = window.scrollY - top_of_grid - window.innerHeight * 0.75;
    const to = window.scrollY - top_of_grid + window.innerHeight * 1.75;
    const wanted = new Set();
    const added = document.createDocumentFragment();
    for (let at = gallery.line_at(made.lines, from); at < made.lines.length; ++at) {
      const line = made.lines[at];
      if (line.top > to) break;
      if (line.group) {
        wanted.add(-1 - at);
        if (cards.has(-1 - at)) continue;
        const head = make_head(line);
        put(head, { left: 0, top: line.top, wide: space.width, high: line.height });
        cards.set(-1 - at, head);
        added.append(head);
        continue;
      }
      let places = null;
      for (let i = 0; i < line.count; ++i) {
        const place = line.start + i;
        wanted.add(place);
        if (cards.has(place)) continue;
        places = places || gallery.places_in(line, made.order, space);
        const card = make_card(place);
        put(card, { left: places[i].left, top: line.top, wide: places[i].wide, high: line.height });
        cards.set(place, card);
        added.append(card);
      }
    }
    for (const [place, card] of cards) {
      if (wanted.has(place) || card.contains(document.activeElement)) continue;
      const film = card.querySelector("video");
      if (film) film.removeAttribute("src");
      card.remove();
      cards.delete(place);
    }
    if (added.childNodes.length > 0) grid.append(added);
  }

  function draw_soon() {
    if (is_waiting) return;
    is_waiting = true;
    requestAnimationFrame(draw);
  }

  function place_all() {
    const width = grid.clientWidth;
    if (width === 0) return;
    const narrow = width < 560;
    const target = narrow && is_picking && size === sizes.length - 1 ? width : narrow ? Math.min(sizes[size], Math.max(sizes[size] * 0.72, 90)) : sizes[size];
    space = { width, target, gap: narrow ? 6 : 10, shape };
    made = gallery.lay_out(shown.groups, space);
    for (const card of cards.values()) card.remove();
    cards.clear();
    grid.style.height = `${made.height}px`;
    top_of_grid = grid.getBoundingClientRect().top + window.scrollY;
    current = Math.min(current, Math.max(made.order.length - 1, 0));
    draw();
  }

  function line_of(place) {
    return made.lines.find((line) => place >= line.start && place < line.start + line.count);
  }

  function bring_into_view(place) {
    const line = line_of(place);
    if (!line) return;
    const top = line.top + top_of_grid;
    const bar = document.getElementById("bar").offsetHeight + 12;
    if (top - bar < window.scrollY) window.scrollTo({ top: top - bar });
    else if (top + line.height + 12 > window.scrollY + window.innerHeight)
      window.scrollTo({ top: top + line.height + 12 - window.innerHeight });
    draw();
  }

  function set_current(place, focuses = true) {
    const before = cards.get(current);
    current = Math.min(Math.max(place, 0), Math.max(made.order.length - 1, 0));
    if (before) before.firstChild.tabIndex = -1;
    if (focuses) bring_into_view(current);
    const card = cards.get(current);
    if (!card) return;
    card.firstChild.tabIndex = 0;
    if (focuses) card.firstChild.focus({ preventScroll: true });
  }

  // The card of the line above or below that stands nearest.
  function step_line(way) {
    const lines = made.lines.filter((line) => line.count > 0);
    const at = lines.indexOf(line_of(current));
    const from = lines[at], to = lines[at + way];
    if (!from || !to) return current;
    const middle_of = (place) => place.left + place.wide / 2;
    const here = middle_of(gallery.places_in(from, made.order, space)[current - from.start]);
    const places = gallery.places_in(to, made.order, space);
    let best = 0;
    places.forEach((place, i) => {
      if (Math.abs(middle_of(place) - here) < Math.abs(middle_of(places[best]) - here)) best = i;
    });
    return to.start + best;
  }

  let last_width = 0;
  new ResizeObserver(() => {
    if (grid.clientWidth === last_width) return;
    last_width = grid.clientWidth;
    place_all();
  }).observe(grid);
  window.addEventListener("scroll", draw_soon, { passive: true });
  window.addEventListener("resize", draw_soon, { passive: true });

  gallery.grid = {
    show(result) { shown = result; place_all(); },
    get count() { return made.order.length; },
    get size() { return size; },
    sizes: sizes.length,
    set_size(value) {
      size = Math.min(Math.max(value, 0), sizes.length - 1);
      gallery.store.set(size_name, size);
      place_all();
    },
    has_focus: () => Boolean(document.activeElement && document.activeElement.closest(".card")),
    current_row: () => made.order[current],
    rows: () => made.order,
    move(steps) { set_current(current + steps); },
    move_lines(way) { set_current(step_line(way)); },
    go_to_place: set_current,
    place_of: (row) => made.order.indexOf(row),
    // The row so many places further in what is shown; -1 at an end.
    neighbour(row, steps) {
      const at = made.order.indexOf(row);
      return at < 0 ? -1 : made.order[at + steps] ?? -1;
    },
    marks_changed() {
      for (const card of cards.values())
        if (card.dataset.row) show_marks(card, Number(card.dataset.row));
    },
    selection_changed() {
      for (const card of cards.values())
        if (card.dataset.row) show_selection(card, Number(card.dataset.row));
    },
  };
}
