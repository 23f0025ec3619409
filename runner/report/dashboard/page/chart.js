// Small charts over time, as SVG.
{
  const names = "http://www.w3.org/2000/svg";
  const width = 320, height = 72;

  function shape(tag, set, ...children) {
    const made = document.createElementNS(names, tag);
    for (const [name, value] of Object.entries(set)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  function path_of(points, most, close) {
    if (points.length === 0) return "";
    const first = points[0][0], span = Math.max(points[points.length - 1][0] - first, 1);
    const at = ([when, value]) => `${((when - first) / span * width).toFixed(1)} ` +
      `${(height - 2 - value / most * (height - 6)).toFixed(1)}`;
    const line = points.map(at).join("L");
    return close ? `M0 ${height}L${line}L${width} ${height}Z` : `M${line}`;
  }

  // `lines`: from the back to the front, each with points [[when, value]…] and a class.
  gallery.chart = (title, lines) => {
    const most = Math.max(1, ...lines.flatMap((line) => line.points.map((point) => point[1])));
    const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none",
      role: "img", "aria-label": title, class: "chart" });
    for (const line of lines) {
      if (line.filled)
        svg.append(shape("path", { d: path_of(line.points, most, true), class: `${line.name} area` }));
      svg.append(shape("path", { d: path_of(line.points, most, false), class: line.name,
        "vector-effect": "non-scaling-stroke" }));
    }
    return svg;
  };

  // Returns points of what was added a minute, between samples.
  gallery.a_minute = (points) => {
    const rates = [];
    const step = Math.max(1, Math.floor(points.length / 60));
    for (let i = step; i < points.length; i += step) {
      const [before, now] = [points[i - step], points[i]];
      const minutes = (now[0] - before[0]) / 60000;
      if (minutes > 0) rates.push([now[0], Math.max(0, now[1] - before[1]) / minutes]);
    }
    return rates;
  };
}
