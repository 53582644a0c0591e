// Class by class.

/// A row per class folder: what the threshold does with it.
function classes_section() {
  const body = build("div", {}), section = build("section", {id: "classes"}, build("h2", {}, "Class by class"),
    build("p", {class: "faint"}, "What the threshold above does with the images of each class. Below a share stands its 95\u00a0% interval (Wilson)."), body);
  const classes = new Map();
  view.data.rows.forEach(([, label, split, category], row) => {
    if (split !== "test" || label === "unknown") return;
    const key = label + "/" + category;
    if (!classes.has(key)) classes.set(key, {label, category, rows: []});
    classes.get(key).rows.push(row);
  });
  const sorted = [...classes.values()].sort((a, b) => a.label === b.label ? (a.category < b.category ? -1 : 1) : a.label === "anomalous" ? -1 : 1);
  if (sorted.length === 0) return null;
  let fills = [];
  column_followers.push(() => {
    const rows = sorted.map(each => {
      const scores = Float64Array.from(each.rows.map(row => view.column.values[row]).filter(value => value !== null)).sort();
      const area = each.label === "anomalous" ? share_above(scores, view.kinds.normal) : null;
      const right = build("td", {class: "number"}), share = build("td", {class: "number"}), meter = build("div", {class: "meter"}, build("i", {}));
      fills.push(() => {
        const called = count_above(scores, view.threshold), good = each.label === "anomalous" ? called : scores.length - called;
        const interval = wilson(good, scores.length);
        const lost = each.rows.length - scores.length;
        right.textContent = good + " of " + scores.length + (lost > 0 ? ", " + lost + " without a score" : "");
        share.replaceChildren(build("b", {}, percent(good, scores.length)), build("div", {class: "small faint"},
          interval ? percents(interval) : ""));
        meter.firstChild.style.width = scores.length > 0 ? 100 * good / scores.length + "%" : "0";
      });
      return build("tr", {}, build("th", {scope: "row"}, build("div", {class: "name", title: each.category}, each.category || "(no class)")), build("td", {class: "is"}, build("span", {class: "swatch " + each.label}), each.label),
        right, share, build("td", {class: "wide"}, meter), build("td", {class: "number"}, area === null ? "–" : area.toFixed(3)));
    });
    fills = fills.slice(-rows.length);
    const heads = ["class", "is", "judged rightly", "share", "", "AUROC against all normal"];
    body.replaceChildren(scrolled(build("table", {}, build("thead", {}, build("tr", {}, ...heads.map((head, k) => head
      ? build("th", {scope: "col", class: [2, 3, 5].includes(k) ? "number" : ""}, head) : build("td", {})))), build("tbody", {}, ...rows)), "Class by class"));
  });
  followers.push(now_and_then(100, () => fills.forEach(fill => fill())));
  return section;
}
