// Charts, through Chart.js. Colours come from the style sheet, so they follow light, dark and print.

const charts = [];  // {canvas, make, chart}: make() gives Chart.js its settings and is called again when colours change

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

function see_through(name, opacity) {
  const [r, g, b] = colour(name).match(/[0-9a-f]{2}/gi).map(digits => parseInt(digits, 16));
  return "rgba(" + r + ", " + g + ", " + b + ", " + opacity + ")";
}

function axis(title, extra) {
  return Object.assign({
    type: "linear",
    title: {display: true, text: title, color: colour("faint")},
    ticks: {color: colour("faint"), maxRotation: 0},
    grid: {color: colour("grid"), borderColor: colour("line")},
  }, extra);
}

function legend() {
  return {align: "start", labels: {color: colour("ink"), boxWidth: 14, boxHeight: 10, filter: item => !item.text.startsWith("_")}};
}

/// A canvas in a figure, drawn by draw_charts(); `over` lies on top of it. `placed(chart)` is called after each drawing.
function chart_figure({make, words, caption, over = [], placed}) {
  const canvas = build("canvas", {role: "img", "aria-label": words});
  const frame = build("div", {class: "canvas"}, canvas, ...over);
  const figure = build("figure", {}, frame, caption ? build("figcaption", {}, caption) : "");
  charts.push({canvas, make, placed});
  return figure;
}

/// Draws what is on the page by now; a canvas has no size before.
function draw_charts() {
  for (const each of charts) {
    if (each.chart || !each.canvas.isConnected) continue;
    const settings = each.make();
    settings.options.plugins = Object.assign({placed: {call: each.placed}}, settings.options.plugins);
    each.chart = new Chart(each.canvas, settings);
  }
}

function drop_lost_charts() {
  for (let i = charts.length; i-- > 0;) {
    if (charts[i].canvas.isConnected) continue;
    if (charts[i].chart) charts[i].chart.destroy();
    charts.splice(i, 1);
  }
}

function repaint_charts() {
  for (const each of charts) {
    if (!each.chart) continue;
    const {data, options} = each.make();
    options.plugins = Object.assign({placed: {call: each.placed}}, options.plugins);
    each.chart.data = data;
    each.chart.options = options;
    each.chart.update("none");
  }
}

/// Tells a chart's overlay where the axes came to lie.
const placed_plugin = {
  id: "placed",
  afterDraw(chart, _, options) {
    if (options.call) options.call(chart);
  },
};

/// Thin lines with a number at the top, for options.lines = [{value, text}] by value; numbers that would touch move down.
const lines_plugin = {
  id: "lines",
  afterDatasetsDraw(chart, _, options) {
    if (!options.lines) return;
    const {ctx, chartArea: area, scales: {x}} = chart;
    ctx.save();
    ctx.font = "600 11px system-ui, sans-serif";
    ctx.textAlign = "center";
    const ends = [];  // of the numbers, row by row
    for (const {value, text} of options.lines) {
      const place = x.getPixelForValue(value);
      if (!(place >= area.left - 1 && place <= area.right + 1)) continue;
      const half = ctx.measureText(text).width / 2 + 4;
      let row = ends.findIndex(end => end < place - half);
      if (row < 0) row = ends.length;
      ends[row] = place + half;
      const top = area.top + 2 + row * 17;
      ctx.strokeStyle = colour("faint");
      ctx.setLineDash([3, 3]);
      ctx.beginPath();
      ctx.moveTo(place, top + 14);
      ctx.lineTo(place, area.bottom);
      ctx.stroke();
      ctx.fillStyle = colour("paper");
      ctx.setLineDash([]);
      ctx.fillRect(place - half + 1, top, 2 * half - 2, 15);
      ctx.strokeRect(place - half + 1, top, 2 * half - 2, 15);
      ctx.fillStyle = colour("ink");
      ctx.fillText(text, place, top + 11.5);
    }
    ctx.restore();
  },
};

/// [what, how it is drawn] of a line without points.
function line_set(label, points, name, extra) {
  return Object.assign({type: "line", label, data: points, borderColor: colour(name), backgroundColor: colour(name), borderWidth: 2,
    pointRadius: 0, tension: 0, fill: false}, extra);
}

/// The two edges of a band; the legend leaves out what begins with "_".
function band_sets(low, high, name) {
  const edge = (label, points, fill) => ({type: "line", label, data: points, borderWidth: 0, pointRadius: 0, tension: 0, fill,
    backgroundColor: see_through(name, 0.18)});
  return [edge("_low", low, false), edge("_high", high, "-1")];
}

function start_charts() {
  Chart.register(placed_plugin, lines_plugin);
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  Chart.defaults.parsing = false;
  Chart.defaults.font.family = "system-ui, sans-serif";
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint_charts);
  matchMedia("print").addEventListener("change", repaint_charts);
}

/// Where something over a chart stands once the chart is scaled to paper: as shares of it.
function on_paper(element, chart, x, y) {
  element.style.setProperty("--x", 100 * x / chart.width + "%");
  element.style.setProperty("--y", 100 * y / chart.height + "%");
}
