// Charts, through Chart.js. Colours come from the style sheet, so they follow light, dark and print.

const charts = [];  // {chart, paint}: paint() takes the colours anew

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

function see_through(name, opacity) {
  const [r, g, b] = colour(name).match(/[0-9a-f]{2}/gi).map(digits => parseInt(digits, 16));
  return "rgba(" + r + ", " + g + ", " + b + ", " + opacity + ")";
}

/// A dashed vertical line at options.value with its label beside it.
const threshold_line = {
  id: "threshold",
  afterDatasetsDraw(chart, _, options) {
    if (typeof options.value !== "number") return;
    const {ctx, chartArea: area, scales: {x}} = chart;
    const place = x.getPixelForValue(options.value);
    if (place < area.left - 1 || place > area.right + 1) return;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour("ink");
    ctx.setLineDash([5, 4]);
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.moveTo(place, area.top);
    ctx.lineTo(place, area.bottom);
    ctx.stroke();
    ctx.font = "12px system-ui, sans-serif";
    const right = place < (area.left + area.right) / 2;
    ctx.textAlign = right ? "left" : "right";
    ctx.fillText("threshold " + short(options.value), place + (right ? 5 : -5), area.top + 11);
    ctx.restore();
  },
};

function axis(title, extra) {
  return Object.assign({
    type: "linear",
    title: {display: true, text: title, color: colour("faint")},
    ticks: {color: colour("faint"), maxRotation: 0},
    grid: {color: colour("line"), borderColor: colour("line")},
  }, extra);
}

/// A canvas in a figure; `make()` gives Chart.js its settings and is called again when colours change.
function chart_figure(make, words, caption) {
  const canvas = build("canvas", {role: "img", "aria-label": words});
  const figure = build("figure", {}, build("div", {class: "canvas"}, canvas), build("figcaption", {}, caption));
  charts.push({canvas, make});
  return figure;
}

/// Draws what is on the page by now; a canvas has no size before.
function draw_charts() {
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  Chart.defaults.font.family = "system-ui, sans-serif";
  for (const each of charts) each.chart = new Chart(each.canvas, each.make());
}

function repaint_charts() {
  for (const each of charts) {
    const {data, options} = each.make();
    each.chart.data = data;
    each.chart.options = options;
    each.chart.update("none");
  }
}

function legend() {
  return {labels: {color: colour("ink"), boxWidth: 14}};
}

function quantile(sorted, at) {
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))];
}

/// Scores of one column by kind, those of the calibration images apart.
function scores_by_kind(data, column) {
  const kinds = {normal: [], anomalous: [], calibrate: []};
  data.rows.forEach(([, label, split], row) => {
    const value = column.values[row];
    if (value === null) return;
    if (split === "test" && label !== "unknown") kinds[label].push(value);
    if (split === "calibrate") kinds.calibrate.push(value);
  });
  return kinds;
}

/// Bins of equal width. A long tail is cut off, so that it doesn't squeeze the rest: what lies beyond is counted in the
/// last bin, and `beyond` says how many that are.
function bins_for(kinds, threshold) {
  const all = [...kinds.normal, ...kinds.anomalous, ...kinds.calibrate].sort((a, b) => a - b);
  let low = all[0], high = all[all.length - 1];
  const most = quantile(all, 0.97);
  if (high - most > 1.2 * (most - low) && most > low) high = most + 0.1 * (most - low);
  if (typeof threshold === "number") {
    low = Math.min(low, threshold);
    high = Math.max(high, threshold);
  }
  if (low === high) [low, high] = low === 0 ? [-0.5, 0.5] : [low - Math.abs(low) / 2, high + Math.abs(high) / 2];
  const count = Math.max(8, Math.min(48, Math.round(2 * Math.sqrt(all.length)))), width = (high - low) / count;
  const fill = values => {
    const out = new Array(count).fill(0);
    for (const value of values) ++out[Math.max(0, Math.min(count - 1, Math.floor((value - low) / width)))];
    return out;
  };
  return {low, high, width, count, fill, beyond: all.filter(value => value > high).length};
}

function histogram(data, judgement) {
  const column = data.columns.find(each => each.name === judgement.column);
  const kinds = scores_by_kind(data, column);
  if (kinds.normal.length + kinds.anomalous.length + kinds.calibrate.length === 0)
    return build("p", {class: "missing"}, "There are no scores to draw a histogram of.");
  const bins = bins_for(kinds, judgement.threshold);
  const centre = i => bins.low + (i + 0.5) * bins.width;
  const bars = (label, values, name) => ({
    label: label + " (" + values.length + ")",
    data: bins.fill(values).map((y, i) => ({x: centre(i), y})),
    backgroundColor: see_through(name, 0.55),
    borderColor: colour(name),
    borderWidth: 1,
    grouped: false,
    barPercentage: 1,
    categoryPercentage: 1,
    order: 1,
  });
  const make = () => {
    const datasets = [];
    if (kinds.normal.length > 0) datasets.push(bars("normal", kinds.normal, "normal"));
    if (kinds.anomalous.length > 0) datasets.push(bars("anomalous", kinds.anomalous, "anomalous"));
    if (kinds.calibrate.length > 0) {
      const counts = bins.fill(kinds.calibrate);
      const steps = counts.map((y, i) => ({x: bins.low + i * bins.width, y}));
      steps.push({x: bins.high, y: counts[counts.length - 1]});
      datasets.push({
        type: "line", label: "calibration (" + kinds.calibrate.length + ")", data: steps, stepped: true,
        borderColor: colour("calibrate"), borderDash: [3, 3], borderWidth: 1.5, pointRadius: 0, order: 0,
      });
    }
    return {
      type: "bar",
      data: {datasets},
      options: {
        scales: {
          x: axis(judgement.column, {min: bins.low, max: bins.high, offset: false,
            ticks: {color: colour("faint"), maxRotation: 0, includeBounds: false}}),
          y: axis("images", {beginAtZero: true, ticks: {color: colour("faint"), precision: 0}}),
        },
        plugins: {
          legend: legend(),
          threshold: {value: judgement.threshold},
          tooltip: {callbacks: {title: items => short(items[0].parsed.x - bins.width / 2) + " to " + short(items[0].parsed.x + bins.width / 2)}},
        },
      },
    };
  };
  const beyond = bins.beyond > 0
    ? " " + plural(bins.beyond, "image scores", "images score") + " higher than the axis reaches and are counted in the last bar." : "";
  return chart_figure(make, "Histogram of the scores of " + kinds.normal.length + " normal and " + kinds.anomalous.length +
    " anomalous test images with the threshold at " + short(judgement.threshold),
    "Scores of the test images; right of the threshold they are called anomalous. The less the two kinds overlap, the better." + beyond);
}

function roc(judgement) {
  if (judgement.roc.length === 0)
    return build("p", {class: "missing"}, "There is no ROC curve: it takes normal and anomalous test images.");
  const c = judgement.confusion;
  const here = {x: c.false_positive / (c.false_positive + c.true_negative), y: c.true_positive / (c.true_positive + c.false_negative)};
  const make = () => ({
    type: "scatter",
    data: {
      datasets: [
        {label: "this threshold", data: [here], backgroundColor: colour("ink"), pointRadius: 5, pointHoverRadius: 6},
        {label: "every threshold", data: judgement.roc.map(([x, y]) => ({x, y})), showLine: true, pointRadius: 0,
          borderColor: colour("anomalous"), backgroundColor: colour("anomalous"), borderWidth: 2, tension: 0},
        {label: "guessing", data: [{x: 0, y: 0}, {x: 1, y: 1}], showLine: true, pointRadius: 0,
          borderColor: colour("calibrate"), backgroundColor: colour("calibrate"), borderDash: [3, 3], borderWidth: 1.5},
      ],
    },
    options: {
      scales: {x: axis("false alarm rate", {min: 0, max: 1}), y: axis("detection rate", {min: 0, max: 1})},
      plugins: {legend: legend(), tooltip: {callbacks: {label: item => rate(item.parsed.y) + " found at " + rate(item.parsed.x) + " false alarms"}}},
    },
  });
  return chart_figure(make, "ROC curve; at this threshold " + percent(here.y, 1) + " are found at " + percent(here.x, 1) + " false alarms",
    "What any threshold would give: the further the curve bends to the upper left, the better.");
}

/// A curve that a stage brought along, with its band where it has one.
function plot_chart(plot) {
  const points = of => plot.x.map((x, i) => ({x, y: of[i]})).filter(point => point.x !== null && point.y !== null && point.y !== undefined);
  const line = points(plot.y);
  if (line.length === 0) return build("p", {class: "missing"}, "The curve " + plot.name + " holds no finite value.");
  const make = () => {
    const edge = (label, of, fill) => ({label, data: points(of), borderWidth: 0, pointRadius: 0, fill,
      backgroundColor: see_through("anomalous", 0.2)});
    const band = plot.low.length > 0 ? [edge("lower end", plot.low, false), edge("upper end", plot.high, "-1")] : [];
    return {
      type: "line",
      data: {datasets: [...band, {label: plot.name, data: line, borderColor: colour("anomalous"), backgroundColor: colour("anomalous"),
        borderWidth: 2, pointRadius: 0}]},
      options: {
        parsing: false,
        scales: {x: axis(plot.x_name, {type: "linear"}), y: axis(plot.y_name)},
        plugins: {legend: {display: false}},
      },
    };
  };
  return chart_figure(make, plot.name + ": " + plot.y_name + " over " + plot.x_name,
    plot.name + (plot.low.length > 0 ? "; the band shows how far chance may move it." : "."));
}

function loss_curve(curve) {
  const points = curve.steps.map((x, i) => ({x, y: curve.values[i]})).filter(point => point.y !== null);
  if (points.length === 0) return build("p", {class: "missing"}, "The curve " + curve.name + " holds no finite value.");
  const values = points.map(point => point.y), low = Math.min(...values), high = Math.max(...values);
  const type = low > 0 && high / low > 30 ? "logarithmic" : "linear";
  const make = () => ({
    type: "line",
    data: {
      datasets: [{label: curve.name, data: points, borderColor: colour("normal"), backgroundColor: colour("normal"),
        borderWidth: 2, pointRadius: points.length < 40 ? 2.5 : 0}],
    },
    options: {
      parsing: false,
      scales: {x: axis("step"), y: axis(curve.name, {type})},
      plugins: {legend: {display: false}},
    },
  });
  return chart_figure(make, curve.name + " from " + short(values[0]) + " to " + short(values[values.length - 1]),
    curve.name + ": " + short(values[0]) + " at first, " + short(values[values.length - 1]) + " at last" +
    (type === "logarithmic" ? "; logarithmic scale." : "."));
}
