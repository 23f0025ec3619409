// The run at work, above its pictures: the state comes by events, orders go by POST.
{
  const { make } = gallery;
  const main = document.getElementById("main");
  const run = gallery.data.run;
  const shown_max = 24; // pictures that have just landed
  let state = null;
  let samples = [];
  let landed = [];
  let landed_in_all = 0;
  let seen_in_page = null; // pictures of this run that the page had when it was opened
  let source = null;

  const part = (name, ...children) => make("section", { class: `live-part ${name}` }, ...children);
  const title = (text) => make("h3", {}, text);
  const progress = make("div", { class: "live-bar", role: "img" });
  const headline = make("p", { class: "live-headline" });
  const waits = make("p", { class: "live-waits", role: "status", "aria-live": "polite" });
  const facts = make("dl", { class: "live-facts" });
  const controls = make("div", { class: "live-controls", role: "group", "aria-label": "Steer the run" });
  const open_list = make("div", { class: "live-open" });
  const open_title = title("Open generations");
  const landed_list = make("div", { class: "live-landed" });
  const charts = make("div", { class: "live-charts" });
  const failures = make("div", { class: "live-failures" });
  const log = make("ol", { class: "live-log" });
  const fresh = make("button", { type: "button", class: "main live-fresh", hidden: true,
    onclick: () => location.reload() });
  const log_part = make("details", { class: "live-part" }, make("summary", {}, "Log"), log);
  const live = make("section", { class: "live", "aria-label": "The run at work" },
    make("div", { class: "live-head" }, make("div", { class: "live-words" }, headline, waits),
      controls),
    progress, facts,
    part("opens", open_title, open_list),
    part("lands", title("Just landed"), landed_list),
    part("curves", charts), failures, log_part, fresh);
  main.prepend(live);

  async function order(body) {
    try {
      const answer = await fetch("orders", { method: "POST", body: JSON.stringify(body),
        headers: { "content-type": "application/json" } });
      const reply = await answer.json();
      gallery.toast(reply.text);
      return reply.done;
    } catch {
      gallery.toast("The run does not answer");
      return false;
    }
  }

  // A field that shows a limit, and sets it.
  function limit(name, path, text_of) {
    const input = make("input", { type: "text", size: 7, "aria-label": name, autocomplete: "off",
      spellcheck: false });
    const form = make("form", { class: "live-limit", onsubmit: async (event) => {
      event.preventDefault();
      const value = input.value.trim();
      if (value && await order({ order: "set", path, value })) input.blur();
    } }, make("label", {}, make("span", {}, name), input));
    return { form, show() {
      if (document.activeElement !== input) input.value = text_of();
    } };
  }

  const rate_text = (rate) => rate >= 1 ? `${Number(rate.toPrecision(4))}/s`
    : rate * 60 >= 1 ? `${Number((rate * 60).toPrecision(4))}/min`
    : `${Number((rate * 3600).toPrecision(4))}/h`;
  const rate = limit("Rate", "limits.rate", () => rate_text(state.rate));
  const concurrency = limit("At once", "limits.concurrency", () => String(state.concurrency));
  const pause = make("button", { type: "button", class: "main",
    onclick: () => order({ order: state.paused ? "resume" : "pause" }) });
  const stop = make("button", { type: "button", class: "live-stop", onclick: () => {
    if (confirm("Stop the run? Open generations may finish; run it again to go on."))
      order({ order: "stop" });
  } }, "Stop");
  controls.append(rate.form, concurrency.form, pause, stop);

  function show_head() {
    const counts = state.counts;
    const done = `${gallery.number(counts.done)} of ${gallery.number(counts.total)} steps done`;
    const ends = { all_done: "All done.", some_failed: "The run has ended; some steps are left.",
      budget_spent: "Stopped: the budget is spent.", interrupted: "Interrupted." };
    headline.textContent = state.ended ? ends[state.ended] || "The run has ended." : done;
    waits.textContent = state.ended ? done : state.waits ||
      (state.seconds_left ? `About ${gallery.span(state.seconds_left * 1000)} left` : "");
    live.classList.toggle("ended", Boolean(state.ended));
    live.classList.toggle("paused", state.paused);
    controls.hidden = Boolean(state.ended);
    pause.textContent = state.paused ? "Resume" : "Pause";
    stop.disabled = pause.disabled = state.stopping;
    rate.show();
    concurrency.show();
    const share = (value) => `${Math.min(100, 100 * value / Math.max(1, counts.total)).toFixed(2)}%`;
    progress.replaceChildren(...[["good", counts.done], ["bad", counts.failed],
      ["gone", counts.skipped], ["busy", state.open]].map(([name, value]) => {
      const piece = make("span", { class: name });
      piece.style.width = share(value); // set by script: the policy allows it
      return piece;
    }));
    progress.setAttribute("aria-label", `${done}, ${counts.failed} failed`);
  }

  function show_facts() {
    const counts = state.counts;
    const money = (amount) => gallery.money(Math.round(amount * 1e6));
    const rows = [
      ["Pictures", `${gallery.number(counts.images)}, ${gallery.size(counts.bytes)}`],
      ["Speed", state.images_per_second
        ? `${(state.images_per_second * 60).toFixed(1)} a minute` : "–"],
      ["Open", `${state.open} of ${state.places}`],
      ["Paid", `${gallery.number(counts.paid)}` + (state.budget_generations === null ? ""
        : ` of ${gallery.number(state.budget_generations)}`)],
      ["Cost", money(counts.cost) + (state.budget_cost === null ? ""
        : ` of ${money(state.budget_cost)}`)],
      ["Retries", gallery.number(counts.retries)],
      ["Time", gallery.span(state.seconds * 1000)],
    ];
    for (const change of state.changes) rows.push(["By hand", change.what]);
    facts.replaceChildren(...rows.map(([name, value]) =>
      make("div", {}, make("dt", {}, name), make("dd", {}, value))));
  }

  // A card is kept while its step is open, so that its preview does not flicker.
  const cards = new Map();
  function card_of(step) {
    let card = cards.get(step.key);
    if (!card) {
      const picture = make("img", { alt: "", hidden: true });
      const note = make("span", { class: "live-note" });
      const cancel = gallery.tool("close", `Cancel what is below ${step.name}`, () =>
        order({ order: "cancel", step: step.name }));
      card = { picture, note, percent: -1, element: make("article", { class: "live-card" },
        make("div", { class: "live-preview" }, picture, note, cancel),
        gallery.said("p", step.prompt || step.name, { title: step.name })) };
      picture.addEventListener("error", () => { picture.hidden = true; });
      picture.addEventListener("load", () => { picture.hidden = false; });
      cards.set(step.key, card);
    }
    const percent = step.percent ?? 0;
    card.note.textContent = step.problem ? (step.again_in ? `again in ${Math.ceil(step.again_in)} s`
      : "looked up") : step.loading ? "saving" : step.percent === undefined ? "sent"
      : `${percent} %`;
    card.note.title = step.problem || "";
    card.element.classList.toggle("waits", Boolean(step.problem));
    if (step.preview && percent !== card.percent)
      card.picture.src = `previews/${step.key}?at=${percent}`;
    card.percent = percent;
    return card.element;
  }

  function show_open() {
    const steps = state.open_steps;
    const now = new Set(steps.map((step) => step.key));
    for (const key of cards.keys()) if (!now.has(key)) cards.delete(key);
    open_list.parentElement.hidden = steps.length === 0;
    open_title.textContent = steps.length < state.open ? `Open generations, ${steps.length} of ` +
      `${gallery.number(state.open)}` : "Open generations";
    open_list.replaceChildren(...steps.map(card_of));
  }

  function show_landed() {
    landed_list.parentElement.hidden = landed.length === 0;
    landed_list.replaceChildren(...landed.slice(-shown_max).reverse().map((one) => {
      const path = one.file.split("/").map(encodeURIComponent).join("/");
      if (one.kind !== "image")
        return gallery.said("a", one.text || one.name, { class: "live-text", href: path || "#" });
      return make("a", { href: path, target: "_blank", rel: "noopener", title: one.prompt },
        make("img", { src: `thumbs/${one.sha256}.webp?file=${path}`, alt: one.prompt,
          loading: "lazy" }));
    }));
    const more = landed_in_all - (seen_in_page ?? landed_in_all);
    fresh.hidden = more <= 0;
    fresh.textContent = `Show ${gallery.counted(more, "new picture")} below`;
  }

  function show_charts() {
    const over = (column) => samples.map((row) => [row[0], row[column]]);
    const [open, places, sent, rate_of, done, cost] = [1, 2, 3, 4, 5, 7];
    const speed = gallery.a_minute(over(sent));
    const limits = over(rate_of).map(([when, rate]) => [when, rate * 60]);
    // A limit that is far away would press the curve flat.
    const fastest = Math.max(1, ...speed.map((point) => point[1]));
    const is_near = limits.length > 0 && limits.at(-1)[1] <= 4 * fastest;
    const latest = speed.length > 0 ? speed.at(-1)[1] : 0;
    const parts = [
      ["Open, and places", [{ points: over(places), name: "places" },
        { points: over(open), name: "open", filled: true }],
      state ? `${state.open} of ${state.places}` : ""],
      ["Requests a minute, and the limit", [...(is_near ? [{ points: limits, name: "places" }] : []),
        { points: speed, name: "sent", filled: true }],
      state ? `${latest.toFixed(1)} of ${gallery.number(Math.round(state.rate * 60))}` : ""],
      ["Steps done a minute", [{ points: gallery.a_minute(over(done)), name: "done", filled: true }],
        state && state.images_per_second ? (state.images_per_second * 60).toFixed(1) : "–"],
      ["Cost", [{ points: over(cost), name: "cost", filled: true }],
        state ? gallery.money(Math.round(state.counts.cost * 1e6)) : ""],
    ];
    charts.replaceChildren(...parts.map(([name, lines, now]) => make("figure", {},
      make("figcaption", {}, make("span", {}, name), make("b", {}, now)),
      gallery.chart(name, lines))));
  }

  function show_failures() {
    const classes = Object.entries(state.failures);
    failures.hidden = classes.length === 0;
    if (classes.length === 0) return failures.replaceChildren();
    failures.className = "live-part live-failures";
    failures.replaceChildren(title("Failures"),
      make("p", {}, classes.map(([name, count]) => `${name}: ${count}`).join(" · ")),
      make("ul", {}, ...state.failed.slice(0, 8).map((one) => make("li", {},
        make("b", {}, one.name), " ", gallery.said("span", one.problem), " ",
        make("em", {}, one.advice)))));
  }

  function add_lines(lines) {
    const is_at_end = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
    for (const line of lines)
      log.append(make("li", { class: line.kind }, make("time", {}, line.at.slice(11, 19)), " ",
        gallery.said("span", line.text)));
    while (log.children.length > 400) log.firstChild.remove();
    if (is_at_end) log.scrollTop = log.scrollHeight;
  }

  // A connection that opens anew brings everything again.
  function listen() {
    source = new EventSource("events");
    source.addEventListener("open", () => {
      landed = [];
      log.replaceChildren();
      live.classList.remove("lost");
    });
    source.addEventListener("state", (event) => {
      state = JSON.parse(event.data);
      landed_in_all = state.pictures;
      if (seen_in_page === null) seen_in_page = landed_in_all;
      show_head();
      show_facts();
      show_open();
      show_landed();
      show_failures();
      if (state.ended) source.close();
      if (state.stays) setTimeout(become_gallery, 1500);
    });
    source.addEventListener("pictures", (event) => {
      landed = landed.concat(JSON.parse(event.data)).slice(-200);
      show_landed();
    });
    source.addEventListener("samples", (event) => {
      samples = JSON.parse(event.data);
      show_charts();
    });
    source.addEventListener("lines", (event) => add_lines(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      live.classList.add("lost");
      if (state && !state.ended) waits.textContent = "The run does not answer; trying again…";
      // A browser gives up after an answer that is none: then the page asks again itself.
      if (source.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
    });
  }

  // After the run its gallery is served at the same address, as soon as the run has closed its files.
  let asked = 0;
  async function become_gallery() {
    if (++asked > 60) return gallery.toast("The run is over, and its page has ended");
    try {
      const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" });
      if (answer.ok) return location.reload();
    } catch { /* not yet */ }
    setTimeout(become_gallery, 1000);
  }

  document.getElementById("empty").hidden = true;
  document.title = `${run.name}: at work`;
  listen();
  gallery.live = { state: () => state, order };
}
