// Lineage: from the prompt to the last upscale, as a tree of the steps of one item.
{
  const data = gallery.data;
  const { make } = gallery;

  // The steps of an item by their paths, with the rows of each. A step whose picture was not kept
  // has no row; its children still hang below it.
  function tree_of(row) {
    const nodes = new Map();
    const node_at = (path) => {
      if (nodes.has(path)) return nodes.get(path);
      const node = { path, rows: [], children: [], parent: null };
      nodes.set(path, node);
      if (path !== "") {
        node.parent = node_at(path.slice(0, Math.max(path.lastIndexOf("/"), 0)));
        node.parent.children.push(node);
      }
      return node;
    };
    node_at("");
    for (const other of data.rows_of_item(row))
      node_at(data.text(data.path[other])).rows.push(other);
    return nodes;
  }

  const name_of = (node) => node.path.slice(node.path.lastIndexOf("/") + 1);

  function thumb_of(row) {
    if (!data.is_picture(row)) {
      const of_kind = data.is_video(row) ? "play" : "info";
      return make("span", { class: "tree-thumb" },
        gallery.icon(data.state[row] >= gallery.failed ? "failed" : of_kind));
    }
    const thumb = make("img", { class: "tree-thumb", alt: "", decoding: "async",
      loading: "lazy" });
    thumb.onerror = () => { thumb.onerror = null; thumb.src = data.url_of(row); };
    thumb.src = data.thumb_of(row);
    if (data.colour[row] > 0) thumb.style.backgroundColor = data.colour_of(row);
    return thumb;
  }

  function entry_of(row, current) {
    const tile = data.tile[row] ? ` · tile ${data.tile[row]}` : "";
    const state = data.state[row] === gallery.delivered ? null :
      make("span", { class: `state state-${data.state[row]}` }, gallery.states[data.state[row]]);
    return make("a", {
      class: "tree-step", href: `#p/${data.id_of(row)}`,
      "aria-current": row === current ? "true" : undefined,
    }, thumb_of(row), make("span", { class: "tree-name" },
      data.text(data.action[row]) + tile, state));
  }

  function branch_of(node, current) {
    const item = make("li", {});
    if (node.rows.length > 0) item.append(...node.rows.map((row) => entry_of(row, current)));
    else if (node.path !== "")
      item.append(make("span", { class: "tree-step gone" }, make("span", { class: "tree-thumb" }),
        make("span", { class: "tree-name" }, name_of(node),
          make("span", { class: "state" }, "not kept"))));
    if (node.children.length > 0)
      item.append(make("ul", {}, ...node.children.map((child) => branch_of(child, current))));
    return item;
  }

  gallery.lineage = {
    // Returns the tree, from the prompt on.
    show(row) {
      const root = tree_of(row).get("");
      const prompt = data.prompt_of(row);
      const top = root.rows.length > 0 ? [root] : root.children;
      return make("div", { class: "tree" },
        prompt ? gallery.said("p", prompt, { class: "tree-root", title: prompt }) : null,
        make("ul", { class: "tree-top" }, ...top.map((node) => branch_of(node, row))));
    },
    // The row of the step above; -1 when there is none that was kept.
    parent_of(row) {
      let node = tree_of(row).get(data.text(data.path[row])).parent;
      while (node && node.rows.length === 0) node = node.parent;
      return node ? node.rows[0] : -1;
    },
    // The first row below; -1 when there is none.
    child_of(row) {
      const first = (node) => node.rows.length > 0 ? node.rows[0] :
        node.children.map(first).find((found) => found !== undefined);
      const found = tree_of(row).get(data.text(data.path[row])).children.map(first)
        .find((other) => other !== undefined);
      return found ?? -1;
    },
  };
}
