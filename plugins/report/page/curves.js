// ROC, precision and recall, and what else stages drew; the dot on each follows the threshold.

/// A dot over a chart, at point() = {x, y} or null: {element, place(chart), follow()}.
function follower_dot(point) {
  const element = build("i", {class: "dot"});
  let chart = null;
  const follow = () => {
    const at = point();
    element.hidden = !chart || !at || at.x === null || at.y === null;
    if (element.hidden) return;
    const x = chart.scales.x.getPixelForValue(at.x), y = chart.scales.y.getPixelForValue(at.y);
    element.style.transform = "translate(" + x + "px, " + y + "px)";
    on_paper(element, chart, x, y);
  };
  return {element, follow, place: drawn => {
    chart = drawn;
    follow();
  }};
}

/// About `most` of the points, the first and last among them.
function thinned(points, most) {
  if (points.length <= most) return points;
  return Array.from({length: most}, (_, i) => points[Math.round(i * (points.length - 1) / (most - 1))]);
}

/// The band about a ROC curve: at each of its corners both rates have their own interval (Wilson, 95 %), and the band is
/// what the rectangles of all corners cover.
function roc_band(corners, normal, anomalous) {
  const low = [{x: 0, y: 0}], high = [{x: 0, y: 0}];
  for (const [x, y] of thinned(corners, 200)) {
    const alarms = wilson(Math.round(x * normal), normal), found = wilson(Math.round(y * anomalous), anomalous);
    high.push({x: alarms[0], y: found[1]});
    low.push({x: alarms[1], y: found[0]});
  }
  low.push({x: 1, y: 1});
  high.push({x: 1, y: 1});
  return {low, high};
}

/// The band's upper edge read at the lower edge's places: Chart.js fills between points of equal number.
function read_at(points, places) {
  let k = 0;
  return places.map(({x}) => {
    while (k + 1 < points.length && points[k + 1].x <= x) ++k;
    const from = points[k], to = points[Math.min(k + 1, points.length - 1)];
    return {x, y: to.x > from.x ? from.y + (to.y - from.y) * (x - from.x) / (to.x - from.x) : Math.max(from.y, to.x === x ? to.y : 0)};
  });
}

function strategy_points(x, y) {
  return view.strategies.map(each => {
    const c = each.confusion;
    const rates = {alarms: c.false_positive / (c.false_positive + c.true_negative), recall: c.true_positive / (c.true_positive + c.false_negative),
      precision: c.true_positive / (c.true_positive + c.false_positive)};
    return {x: rates[x], y: rates[y], name: each.method || "by hand"};
  }).filter(point => Number.isFinite(point.x) && Number.isFinite(point.y));
}

function points_set(points) {
  return {type: "scatter", label: "strategies", data: points, backgroundColor: colour("paper"), borderColor: colour("ink"), borderWidth: 1.5,
    pointRadius: 3.5, pointHoverRadius: 5, order: -1};
}

function unit_chart(sets, x_name, y_name) {
  return {type: "line", data: {datasets: sets}, options: {
    interaction: {mode: "nearest", intersect: true},
    scales: {x: axis(x_name, {min: 0, max: 1}), y: axis(y_name, {min: 0, max: 1})},
    plugins: {legend: legend(), tooltip: {callbacks: {title: () => "", label: item =>
      (item.raw.name ? item.raw.name + ": " : "") + y_name + " " + item.parsed.y.toFixed(3) + " at " + x_name + " " + item.parsed.x.toFixed(3)}}},
  }};
}

function roc_figure() {
  const {kinds} = view, judgement = view.strategies.find(each => each.roc.length > 0);
  if (!judgement)
    return {figure: build("p", {class: "notice"}, "There is no ROC curve: it takes normal and anomalous test images."), follow: () => {}};
  const corners = judgement.roc, {low, high} = roc_band(corners, kinds.normal.length, kinds.anomalous.length);
  const dot = follower_dot(() => {
    const c = confusion_at(kinds, view.threshold);
    return {x: c.false_positive / kinds.normal.length, y: c.true_positive / kinds.anomalous.length};
  });
  const auroc = known_figure(judgement, "auroc");
  const figure = chart_figure({
    words: "ROC curve of " + view.name + (auroc ? ", area " + rate(auroc.value) : ""), over: [dot.element], placed: dot.place,
    caption: "What any threshold would give: the nearer to the upper left, the better. The band: each rate within its own 95 % interval.",
    make: () => unit_chart([...band_sets(low, read_at(high, low), "anomalous"), line_set("any threshold", thinned(corners, 2000).map(([x, y]) => ({x, y})), "anomalous"),
      line_set("guessing", [{x: 0, y: 0}, {x: 1, y: 1}], "calibrate", {borderDash: [3, 3], borderWidth: 1.5}), points_set(strategy_points("alarms", "recall"))],
    "false alarm rate", "detection rate"),
  });
  return {figure, follow: dot.follow};
}

function points_of(plot, of) {
  return plot.x.map((x, i) => ({x, y: of[i]})).filter(point => point.x !== null && point.y !== null && point.y !== undefined);
}

function precision_figure() {
  const {kinds} = view, plots = view.strategies.flatMap(each => each.plots);
  const plot = plots.find(each => each.x_name === "recall" && each.y_name === "precision");
  if (!plot)
    return {figure: build("p", {class: "notice"}, "There is no curve of precision and recall: it takes normal and anomalous test images."), follow: () => {}};
  const dot = follower_dot(() => {
    const c = confusion_at(kinds, view.threshold), called = c.true_positive + c.false_positive;
    return called === 0 || kinds.anomalous.length === 0 ? null : {x: c.true_positive / kinds.anomalous.length, y: c.true_positive / called};
  });
  const share = kinds.anomalous.length / (kinds.anomalous.length + kinds.normal.length);
  const figure = chart_figure({
    words: "Precision over recall of " + view.name, over: [dot.element], placed: dot.place,
    caption: "How many of those called anomalous are so, while more and more are found. The band: what drawing the images anew would give." +
      " Guessing gives " + percent(share, 1) + ".",
    make: () => unit_chart([...plot.low.length > 0 ? band_sets(points_of(plot, plot.low), points_of(plot, plot.high), "normal") : [],
      line_set("any threshold", points_of(plot, plot.y), "normal"),
      line_set("guessing", [{x: 0, y: share}, {x: 1, y: share}], "calibrate", {borderDash: [3, 3], borderWidth: 1.5}), points_set(strategy_points("recall", "precision"))],
    "recall", "precision"),
  });
  return {figure, follow: dot.follow};
}

/// A curve that a stage brought along, with its band where it has one.
function plot_figure(plot) {
  const line = points_of(plot, plot.y);
  if (line.length === 0) return build("p", {class: "notice"}, "The curve " + plot.name + " holds no finite value.");
  return chart_figure({
    words: plot.name + ": " + plot.y_name + " over " + plot.x_name,
    caption: plot.name + (/promised by calibration/.test(plot.x_name) ? ": on the diagonal, calibration kept its promise; above it there are more false alarms than it promised" : "") +
      (plot.low.length > 0 ? "; the band shows how far chance may move it." : "."),
    make: () => ({type: "line", data: {datasets: [...plot.low.length > 0 ? band_sets(points_of(plot, plot.low), points_of(plot, plot.high), "anomalous") : [],
      line_set(plot.name, line, "anomalous")]},
    options: {scales: {x: axis(plot.x_name), y: axis(plot.y_name)}, plugins: {legend: {display: false}}}}),
  });
}

function curves_section() {
  const body = build("div", {class: "curves"}), section = build("section", {id: "curves"}, build("h2", {}, "What any threshold would give"), body);
  let follows = [];
  column_followers.push(() => {
    const roc = roc_figure(), precision = precision_figure();
    const seen = new Set(), others = view.strategies.flatMap(each => each.plots).filter(plot => {
      const key = JSON.stringify(plot), fresh = !seen.has(key) && !(plot.x_name === "recall" && plot.y_name === "precision");
      seen.add(key);
      return fresh;
    });
    body.replaceChildren(roc.figure, precision.figure, ...others.map(plot_figure));
    follows = [roc.follow, precision.follow];
  });
  followers.push(() => follows.forEach(follow => follow()));
  return section;
}
