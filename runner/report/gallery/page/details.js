// What is known about a picture, beside it.
{
  const data = gallery.data;
  const { make } = gallery;

  const copy_button = (text, what) => make("button", {
    type: "button", class: "quiet", onclick: () => gallery.copy(text, what),
  }, gallery.icon("copy"), `Copy ${what.toLowerCase()}`);

  function facts_of(row) {
    const facts = [];
    const add = (name, value) => { if (value) facts.push([name, value]); };
    const is_delivered = data.state[row] <= gallery.unwanted;
    const after = (millis) => millis > 0 ? gallery.span(millis - 1) : "";
    add("Action", data.text(data.action[row]));
    add("Step", data.step_of(row) + (data.path[row] ? `/${data.text(data.path[row])}` : ""));
    add("Tile", data.tile[row] ? String(data.tile[row]) : "");
    add("Mode", data.text(data.mode[row]));
    add("Size", data.width[row] ? `${data.width[row]} × ${data.height[row]}` : "");
    add("File", data.bytes[row] ? `${data.text(data.format[row]).toUpperCase()}, ` +
      gallery.size(data.bytes[row]) : "");
    add("Cost", is_delivered ? gallery.money(data.cost[row]) : "");
    add(is_delivered ? "Sent" : "Last fact",
      data.sent[row] > 0 ? gallery.time(data.sent[row]) : "");
    add("Generated", data.made[row] ? `after ${after(data.made[row])}` : "");
    add("Saved", data.saved[row] ? `after ${after(data.saved[row])}` : "");
    add("Attempts", data.attempts[row] > 1 || !is_delivered ? String(data.attempts[row]) : "");
    add("Account", data.text(data.account[row]));
    add("Image", data.image[row]);
    add("Task", data.task[row]);
    add("Trace", data.trace[row]);
    return facts;
  }

  function table_of(facts) {
    return make("dl", { class: "facts" }, ...facts.flatMap(([name, value]) =>
      [make("dt", {}, name), gallery.said("dd", value)]));
  }

  // Each value is a filter.
  function pairs_of(title, kind, pairs) {
    if (pairs.length === 0) return null;
    return make("section", {}, make("h3", {}, title), make("div", { class: "values" },
      ...pairs.map(([name, value]) => make("button", {
        type: "button", class: "value", title: `Show all with ${name} = ${value}`,
        onclick: () => gallery.main.only(`${kind}:${name}`, value),
      }, make("span", { class: "value-name" }, name), gallery.said("span", value)))));
  }

  function problem_of(row) {
    if (data.state[row] < gallery.failed) return null;
    const why = [data.text(data.problem[row]), data.text(data.code[row])].filter(Boolean);
    const is_failed = data.state[row] === gallery.failed;
    return make("section", { class: is_failed ? "problem" : "problem open" },
      make("h3", {}, gallery.icon("failed"),
        is_failed ? `Failed: ${why.join(", ")}` : "In flight or unknown"),
      data.message[row] ? gallery.said("p", data.message[row]) : null,
      data.advice[row] ? make("p", { class: "problem-advice" }, data.advice_of(row)) : null,
      is_failed ? null : make("p", { class: "problem-advice" },
        "The next run looks it up at the service before anything is bought."));
  }

  gallery.details = (row) => {
    const prompt = data.text(data.prompt[row]) || data.prompt_of(row);
    const request = data.request_of(row);
    return [
      problem_of(row),
      gallery.chooser.section(row),
      gallery.marks.section(row),
      make("section", {}, make("h3", {}, "Prompt"),
        prompt ? gallery.said("p", prompt, { class: "prompt" }) :
          make("p", { class: "prompt none" }, "None was sent."),
        make("div", { class: "buttons" }, prompt ? copy_button(prompt, "Prompt") : null,
          copy_button(request, "Request"))),
      pairs_of("Variables", "var", data.pairs_of(data.vars[row])),
      pairs_of("Drawn", "drawn", data.pairs_of(data.drawn[row])),
      make("section", {}, make("h3", {}, "Lineage"), gallery.lineage.show(row)),
      make("section", {}, make("h3", {}, "Step"), table_of(facts_of(row)),
        data.has_file(row) ? make("a", {
          class: "quiet", href: data.url_of(row), target: "_blank", rel: "noopener",
        }, gallery.icon("open"), "Open the file") : null),
    ].filter(Boolean);
  };
}
