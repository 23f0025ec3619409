// The rows of the run, as columns. runner/report/gallery/gallery_data.cpp writes them.
{
  const numbers = {
    state: Uint8Array, tile: Uint8Array, job: Uint32Array, item: Float64Array, repeat: Uint32Array,
    path: Uint32Array, kind: Uint32Array, action: Uint32Array, mode: Uint32Array,
    prompt: Uint32Array, root: Uint32Array, vars: Uint32Array, drawn: Uint32Array,
    folder: Uint32Array, account: Uint32Array, width: Uint32Array, height: Uint32Array,
    format: Uint32Array, bytes: Float64Array, cost: Float64Array, attempts: Uint32Array,
    sent: Float64Array, made: Float64Array, saved: Float64Array, colour: Uint32Array,
    problem: Uint32Array, code: Uint32Array, advice: Uint32Array,
  };
  const texts = ["name", "key", "sha", "image", "parent", "task", "trace", "message", "result"];

  gallery.states = ["delivered", "no longer wanted", "failed", "in flight or unknown"];
  gallery.delivered = 0;
  gallery.unwanted = 1;
  gallery.failed = 2;
  gallery.open = 3;

  // Reads the batches one after the other and frees the text of each.
  function read() {
    const parts = [...document.querySelectorAll("script.rows")].map((script) => {
      const part = JSON.parse(script.textContent);
      script.remove();
      return part;
    });
    const count = parts.reduce((sum, part) => sum + part.rows, 0);
    const data = { count, strings: [""], sets: [[]] };
    for (const [name, Kind] of Object.entries(numbers)) data[name] = new Kind(count);
    for (const name of texts) data[name] = new Array(count).fill("");
    let at = 0;
    for (const part of parts) {
      for (const text of part.texts) data.strings.push(text);
      for (const set of part.sets) data.sets.push(set);
      for (const name of Object.keys(numbers)) if (part[name]) data[name].set(part[name], at);
      for (const name of texts) {
        if (!part[name]) continue;
        for (let i = 0; i < part.rows; ++i) data[name][at + i] = part[name][i] || "";
      }
      at += part.rows;
    }
    return data;
  }

  const hex_of = (base64) => {
    const bytes = atob(base64);
    let hex = "";
    for (let i = 0; i < bytes.length; ++i)
      hex += bytes.charCodeAt(i).toString(16).padStart(2, "0");
    return hex;
  };
  const url_of = (path) => path.split("/").map((part) => {
    try { return encodeURIComponent(part); } catch { return ""; }
  }).join("/");

  function item_of(data, row) { return `${data.job[row]}/${data.item[row]}/${data.repeat[row]}`; }

  // Adds what is worked out once: which prompt a row belongs to, and which rows have equal names.
  function complete(data) {
    data.again = new Uint16Array(data.count);
    data.family = new Uint32Array(data.count); // the prompt of the first generation
    const seen = new Map();
    const prompts = new Map();
    for (let row = 0; row < data.count; ++row) {
      const name = `${data.key[row]}${data.tile[row]}`;
      const before = seen.get(name) || 0;
      data.again[row] = before;
      seen.set(name, before + 1);
      const known = data.root[row] || data.prompt[row];
      data.family[row] = known;
      if (known && (data.root[row] || data.path[row] === 0)) prompts.set(item_of(data, row), known);
    }
    // A failed follow-up does not name its prompt; a picture of the same item does.
    for (let row = 0; row < data.count; ++row)
      if (data.state[row] >= gallery.failed)
        data.family[row] = prompts.get(item_of(data, row)) || data.family[row];
  }

  // The place of each row: the jobs as the job file has them, the steps of an item together, each
  // below the one that it was made from, and those of one picture by their names. The lists have
  // them as they came, until a later run arranges them. A job that the file no longer has comes
  // last.
  function ranks_of(data, planned) {
    const names = new Map(planned.map((name, at) => [name, at]));
    const jobs = new Map();
    for (const job of data.job) {
      if (jobs.has(job)) continue;
      const at = names.get(data.strings[job]);
      jobs.set(job, at ?? planned.length + jobs.size);
    }
    const job_rank = Uint32Array.from(data.job, (job) => jobs.get(job));
    const path = (row) => data.strings[data.path[row]];
    const compare = (a, b) => job_rank[a] - job_rank[b] || data.item[a] - data.item[b] ||
      data.repeat[a] - data.repeat[b] ||
      (path(a) < path(b) ? -1 : path(a) > path(b) ? 1 : data.tile[a] - data.tile[b] || a - b);
    const order = Uint32Array.from({ length: data.count }, (_, row) => row);
    if (!order.every((row) => row === 0 || compare(row - 1, row) < 0)) order.sort(compare);
    const ranks = new Uint32Array(data.count);
    order.forEach((row, at) => { ranks[row] = at; });
    return ranks;
  }

  const head = JSON.parse(document.getElementById("head").textContent);
  const data = read();
  complete(data);
  Object.assign(data, {
    run: head,
    rank: ranks_of(data, head.jobs),
    text: (number) => data.strings[number],
    prompt_of: (row) => data.strings[data.family[row]],
    file_of: (row) => data.strings[data.folder[row]] + data.name[row],
    has_file: (row) => data.name[row] !== "",
    // 'darkroom clean' has removed its file.
    is_removed: (row) => data.name[row] === "" && data.bytes[row] > 0,
    url_of: (row) => head.base + url_of(data.file_of(row)),
    thumb_of: (row) => head.served && data.is_picture(row)
      ? `thumbs/${hex_of(data.sha[row])}.webp?file=${url_of(data.file_of(row))}`
      : data.colour[row] > 0 ? `${head.base}thumbs/${hex_of(data.sha[row])}.webp` : data.url_of(row),
    sha_of: (row) => data.sha[row] ? hex_of(data.sha[row]) : "",
    key_of: (row) => hex_of(data.key[row]),
    // What to do about a failure, with the name of this directory.
    advice_of: (row) => data.strings[data.advice[row]].replace(/\bDIR\b/, () => head.directory),
    is_video: (row) => data.strings[data.kind[row]] === "video",
    is_text: (row) => data.strings[data.kind[row]] === "text",
    is_picture: (row) => data.state[row] <= gallery.unwanted && data.has_file(row) &&
      !data.is_video(row) && !data.is_text(row),
    pairs_of: (set) => {
      const pairs = [];
      for (let i = 0; i < data.sets[set].length; i += 2)
        pairs.push([data.strings[data.sets[set][i]], data.strings[data.sets[set][i + 1]]]);
      return pairs;
    },
    // "cars/3" and, from the second request of an item on, "cars/3#2".
    step_of: (row) => `${data.strings[data.job[row]]}/${data.item[row]}` +
      (data.repeat[row] > 0 ? `#${data.repeat[row] + 1}` : ""),
    colour_of: (row) => data.colour[row] > 0
      ? `#${(data.colour[row] - 1).toString(16).padStart(6, "0")}` : "",
    id_of: (row) => hex_of(data.key[row].slice(0, 12)).slice(0, 16) +
      (data.tile[row] ? `-${data.tile[row]}` : "") +
      (data.again[row] ? `~${data.again[row] + 1}` : ""),
  });

  // Finds a row by its name in an address; -1 when there is none.
  data.find = (id) => {
    const parts = /^([0-9a-f]{16})(?:-(\d+))?(?:~(\d+))?$/.exec(id);
    if (!parts) return -1;
    const bytes = parts[1].match(/../g).map((pair) => String.fromCharCode(parseInt(pair, 16)));
    const begin = btoa(bytes.join("")).slice(0, 10); // 60 of the 64 bits
    const tile = Number(parts[2] || 0), again = Number(parts[3] || 1) - 1;
    for (let row = 0; row < data.count; ++row)
      if (data.key[row].startsWith(begin) && data.tile[row] === tile && data.again[row] === again)
        return row;
    return -1;
  };

  // The rows of an item, each below the one that it was made from.
  let items = null;
  data.rows_of_item = (row) => {
    if (!items) {
      items = new Map();
      for (let other = 0; other < data.count; ++other) {
        const name = item_of(data, other);
        if (items.has(name)) items.get(name).push(other);
        else items.set(name, [other]);
      }
      for (const rows of items.values()) rows.sort((a, b) => data.rank[a] - data.rank[b]);
    }
    return items.get(item_of(data, row));
  };

  // What was asked for, as a person would send it again.
  data.request_of = (row) => {
    const request = { action: data.text(data.action[row]) };
    if (data.prompt[row]) request.prompt = data.text(data.prompt[row]);
    if (data.parent[row]) request.image_id = data.parent[row];
    if (data.mode[row]) request.mode = data.text(data.mode[row]);
    return JSON.stringify(request, null, 2);
  };

  gallery.data = data;
}
