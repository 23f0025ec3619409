// Places cards in lines of equal height, each as wide as the page. Numbers in, numbers out.
{
  const aspect_least = 0.5, aspect_most = 3;
  const head_height = 72; // of a group

  // `shape` gives the width of a row's card divided by its height. Returns lines from the top: a
  // head of a group has no cards, the others have `count` ones from `order[start]` on.
  gallery.lay_out = (groups, { width, target, gap, shape }) => {
    const count = groups.reduce((sum, group) => sum + group.rows.length, 0);
    const order = new Uint32Array(count);
    const lines = [];
    let top = 0, at = 0, above = 0;

    function end_line(start, sum, is_last) {
      const cards = at - start;
      const full = (width - gap * (cards - 1)) / sum;
      const height = Math.round(is_last ? Math.min(full, above || target) : full);
      above = height;
      lines.push({ top, height, start, count: cards, group: null, is_last });
      top += height + gap;
    }

    for (const group of groups) {
      above = 0;
      if (group.prompt || groups.length > 1) {
        lines.push({ top, height: head_height, start: at, count: 0, group });
        top += head_height;
      }
      let start = at, sum = 0;
      for (const row of group.rows) {
        order[at++] = row;
        sum += Math.min(Math.max(shape(row), aspect_least), aspect_most);
        if (sum * target + gap * (at - start - 1) >= width) {
          end_line(start, sum, false);
          start = at;
          sum = 0;
        }
      }
      if (at > start) end_line(start, sum, true);
    }
    return { order, lines, height: Math.max(top - gap, 0) };
  };

  // The left edges and widths of the cards of a line; the last card takes what rounding left.
  gallery.places_in = (line, order, { width, gap, shape }) => {
    const places = [];
    let left = 0;
    for (let i = line.start; i < line.start + line.count; ++i) {
      const wide = Math.min(Math.max(shape(order[i]), aspect_least), aspect_most) * line.height;
      const is_end = i === line.start + line.count - 1 && !line.is_last;
      places.push({ left: Math.round(left), wide: Math.round(is_end ? width - left : wide) });
      left += wide + gap;
    }
    return places;
  };

  // The first line that ends below `y`.
  gallery.line_at = (lines, y) => {
    let low = 0, high = lines.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (lines[middle].top + lines[middle].height < y) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
