// Puts the page together from the data that stands in it. Whatever comes from runs becomes text, never markup.

const data = JSON.parse(document.getElementById("data").textContent);
const charts = [];  // {canvas, make, chart}
const hidden = new Set();  // runs, or series of them, that the reader has switched off
const listeners = [];      // what is drawn anew when they change
const series_of = [];  // per run: its series, or itself
data.runs.forEach((_, run) => series_of.push(run));
if (data.by_series) data.series.forEach((each, s) => each.runs.forEach(run => series_of[run] = s));

function build(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter(child => child !== null));
  return element;
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

/// Six colours that the colour-blind tell apart; later runs have them again, with other dashes. Runs of a series look alike.
const place_colour = place => "run" + place % 6;
const run_colour = run => place_colour(series_of[run]);
const run_dash = run => [[], [8, 3], [2, 3], [10, 3, 2, 3]][Math.floor(series_of[run] / 6) % 4];

function letter(run) {
  return build("span", {class: "letter", style: "background: var(--" + run_colour(run) + ")"}, data.runs[run].letter);
}

/// Figures by the names that a report gives them.
const names = {auroc: "AUROC", average_precision: "Average precision", accuracy: "Accuracy", balanced_accuracy: "Balanced accuracy",
  precision: "Precision", recall: "Recall", specificity: "Specificity", f1: "F1", mcc: "MCC", only_first_right: "Only the first right",
  only_second_right: "Only the second right"};
const figure_name = name => name.startsWith("detection_at_") ? "Found at " + Number((100 * Number(name.slice(13))).toPrecision(4)) + "\u00a0% false alarms"
  : names[name] || name.replaceAll("_", " ");

/// Texts of other stages without the marks that a terminal needs, and figures by their names.
function plain(text) {
  return text.replaceAll("`", "").replaceAll(" by the given threshold", "").replace(/\bby ([a-z0-9_]+(?:, [a-z0-9_]+)*)/g, (_, list) =>
    "by " + list.split(", ").map(name => names[name] ? names[name].replace(/^[A-Z](?=[a-z])/, first => first.toLowerCase()) : name).join(", "));
}
const plural = (count, thing) => count + " " + thing + (count === 1 ? "" : "s");

function short(value) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-4 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

/// A figure between -1 and 1, with as many digits as a report gives it.
function rate(value) {
  return value === null || value === undefined ? "–" : value.toFixed(3);
}

function interval(low, high, digits = rate) {
  return low === null || high === null ? "" : digits(low) + " to " + digits(high);
}

function table(head, rows, caption) {
  const box = build("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption});
  box.append(build("table", {}, build("thead", {}, build("tr", {}, ...head)), build("tbody", {}, ...rows)));
  return box;
}

const column_head = (...children) => build("th", {scope: "col"}, ...children);

function notice(sentences) {
  return sentences.length === 0 ? null
    : build("div", {class: "notice"}, build("ul", {}, ...sentences.map(each => build("li", {}, each))));
}

function runs_table() {
  const rows = data.runs.map((run, index) => build("tr", {}, build("th", {scope: "row"}, letter(index)),
    build("td", {class: "long"}, run.name, build("div", {class: "small faint"}, run.command)), build("td", {}, run.status),
    build("td", {}, run.started.slice(0, 16).replace("T", " ") + (run.started ? " UTC" : "")),
    build("td", {class: "number"}, run.seconds === null ? "–" : run.seconds.toFixed(1) + " s")));
  return table(["", "run", "status", "started", "took"].map(name => column_head(name)), rows, "The runs");
}

function settings_section() {
  const section = build("section", {}, build("h2", {}, "Parameters that differ"));
  if (data.settings.length === 0)
    section.append(build("p", {}, "None: the graphs are set alike. What differs comes from chance, from other plugins or from other data."));
  else
    section.append(table([column_head("parameter"), ...data.runs.map((_, run) => column_head(letter(run)))],
      data.settings.map(setting => build("tr", {}, build("th", {scope: "row"}, build("code", {}, setting.path)),
        ...setting.values.map(value => build("td", {class: "long"}, value === null ? build("span", {class: "faint"}, "not there") : build("code", {}, value))))),
      "Parameters that differ"));
  return section;
}

function figures_table(metric) {
  const figures = [];
  for (const run of metric.runs) for (const [name] of run.figures) if (!figures.includes(name)) figures.push(name);
  const row = (name, cell) => build("tr", {}, build("th", {scope: "row"}, name), ...metric.runs.map(cell));
  const rows = figures.map(name => row(figure_name(name), run => {
    const found = run.figures.find(each => each[0] === name);
    const digits = name in names || name.startsWith("detection_at_") ? rate : short;  // what plugins bring may be tiny
    return found ? build("td", {class: "number"}, build("b", {}, digits(found[1])), build("div", {class: "small faint"}, interval(found[2], found[3], digits)))
      : build("td", {class: "number faint"}, "–");
  }));
  rows.push(row("threshold", run => build("td", {class: "number"}, short(run.threshold), build("div", {class: "small faint"}, run.method))));
  rows.push(row("missed", run => build("td", {class: "number"}, run.confusion[3] + " of " + (run.confusion[0] + run.confusion[3]))));
  rows.push(row("false alarms", run => build("td", {class: "number"}, run.confusion[1] + " of " + (run.confusion[1] + run.confusion[2]))));
  return table([column_head("figure"), ...metric.runs.map(run => build("th", {scope: "col", class: "number"}, letter(run.run),
    metric.one_unit ? null : build("div", {class: "small faint"}, run.column)))], rows, "Figures of " + metric.title);
}

/// "auroc_difference" and "auroc_p" as one cell.
function tests_table(test) {
  const figures = [];
  for (const row of test.rows) for (const [name] of row.figures)
    if (name.endsWith("_difference") && !figures.includes(name)) figures.push(name);
  const rows = test.rows.map(row => build("tr", {}, build("th", {scope: "row"}, plain(row.name)), build("td", {}, plain(row.verdict)), ...figures.map(name => {
      const found = row.figures.find(each => each[0] === name), p = row.figures.find(each => each[0] === name.replace("_difference", "_p"));
      if (!found) return build("td", {class: "number faint"}, "–");
      return build("td", {class: "number"}, build("b", {}, (found[1] > 0 ? "+" : "") + rate(found[1])),
        build("div", {class: "small faint"}, interval(found[2], found[3])),
        p && p[1] !== null ? build("div", {class: "small faint"}, p[1] < 1e-4 ? "p < 0.0001" : "p " + Number(p[1].toPrecision(2))) : null);
    })));
  return build("div", {}, build("h3", {}, test.title), table([column_head("pair"), column_head("verdict"),
    ...figures.map(name => build("th", {scope: "col", class: "number"}, figure_name(name.replace("_difference", ""))))], rows, test.title),
    build("p", {class: "small faint"}, plain(test.note)));
}

// ---- Charts, through Chart.js. Colours come from the style sheet, so they follow light, dark and print.

function axis(title, extra) {
  return {type: "linear", title: {display: true, text: title, color: colour("faint")}, ticks: {color: colour("faint"), maxRotation: 0},
    grid: {color: colour("line"), borderColor: colour("line")}, ...extra};
}

function chart_figure(make, words, caption, wide) {
  const canvas = build("canvas", {role: "img", "aria-label": words});
  charts.push({canvas, make});
  return build("figure", wide ? {class: "wide"} : {}, build("div", {class: "canvas"}, canvas), build("figcaption", {}, caption));
}

function curve(run, points, label, extra) {
  return {run: run.run, label, data: points, showLine: true, pointRadius: 0, borderWidth: 2, tension: 0, hidden: hidden.has(series_of[run.run]),
    borderColor: colour(run_colour(run.run)), backgroundColor: colour(run_colour(run.run)), borderDash: run_dash(run.run), ...extra};
}

function line_chart(datasets, x, y) {
  return {type: "scatter", data: {datasets}, options: {scales: {x, y}, plugins: {legend: {display: false},
    tooltip: {callbacks: {label: item => item.dataset.label + ": " + short(item.parsed.x) + ", " + short(item.parsed.y)}}}}};
}

/// Scores on one axis: as they are where they share a unit; else from each run's threshold on, in standard deviations of
/// its normal test scores.
function placed(metric, run) {
  if (metric.one_unit) return value => value;
  const all = run.scores.normal.length > 1 ? run.scores.normal : [...run.scores.normal, ...run.scores.anomalous];
  const mean = all.reduce((sum, value) => sum + value, 0) / Math.max(1, all.length);
  const spread = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, all.length - 1)) || 1;
  return value => (value - (run.threshold === null ? mean : run.threshold)) / spread;
}

function histogram(metric) {
  const runs = units(metric).map(unit => ({run: unit.runs[0], name: unit_letter(unit.place),
    scores: kind => unit.runs.flatMap(run => run.scores[kind].map(placed(metric, run))),
    cuts: unit.runs.filter(run => run.threshold !== null).map(run => placed(metric, run)(run.threshold))}));
  const all = runs.flatMap(({scores}) => [...scores("normal"), ...scores("anomalous")]).sort((a, b) => a - b);
  if (all.length === 0) return build("p", {class: "notice"}, "There are no scores to draw a histogram of.");
  let low = all[0], high = all[Math.min(all.length - 1, Math.ceil(0.995 * all.length))];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const count = Math.max(10, Math.min(40, Math.round(2 * Math.sqrt(all.length / runs.length)))), width = (high - low) / count;
  const steps = values => {
    const bins = new Array(count).fill(0), points = [];
    for (const value of values) bins[Math.max(0, Math.min(count - 1, Math.floor((value - low) / width)))] += 100 / values.length;
    bins.forEach((share, i) => points.push({x: low + i * width, y: share}, {x: low + (i + 1) * width, y: share}));
    return points;
  };
  const kinds = runs.flatMap(each => ["normal", "anomalous"].map(kind => ({...each, kind, values: each.scores(kind)})))
    .filter(each => each.values.length > 0).map(each => ({...each, points: steps(each.values)}));
  const top = Math.max(...kinds.flatMap(each => each.points.map(point => point.y)));
  const make = () => line_chart([
    ...kinds.map(({run, name, kind, points}) => curve(run, points, name + ", " + kind,
      kind === "normal" ? {borderDash: [3, 3], borderWidth: 1.5} : {borderDash: [], fill: "origin", backgroundColor: colour(run_colour(run.run)) + "2e"})),
    ...kinds.filter(each => each.kind === "anomalous" || !kinds.some(other => other.run === each.run && other.kind === "anomalous"))
      .flatMap(({run, name, cuts}) => cuts.filter(cut => cut >= low && cut <= high)
        .map(cut => curve(run, [{x: cut, y: 0}, {x: cut, y: top}], "threshold of " + name, {borderWidth: 1, borderDash: [8, 4]}))),
  ], axis(metric.one_unit ? metric.title : "score less threshold, in deviations of normal scores", {min: low, max: high}), axis("% of the images of a kind", {min: 0}));
  return chart_figure(make, "Histograms of the scores of each run's test images, normal and anomalous", "Scores of each run's own test images" +
    (data.by_series ? ", those of all seeds together: " : ": ") +
    "filled for anomalous ones, dotted for normal ones, a long dash at the threshold." + (metric.one_unit ? "" :
    " The runs judge by different metrics, so each is drawn from its threshold on, in standard deviations of its normal scores."), true);
}

function curves(metric) {
  const out = [];
  if (metric.runs.some(run => run.roc.length > 0))
    out.push(chart_figure(() => line_chart(metric.runs.map(run => curve(run, run.roc.map(([x, y]) => ({x, y})), data.runs[run.run].letter)),
      axis("false alarm rate", {min: 0, max: 1}), axis("detection rate", {min: 0, max: 1})), "ROC curves of the runs",
      "ROC: the further a curve bends to the upper left, the better."));
  else out.push(build("p", {class: "notice"}, "There is no ROC curve: it takes normal and anomalous test images."));
  const precise = metric.runs.filter(run => run.precision_recall);
  if (precise.length > 0)
    out.push(chart_figure(() => line_chart(precise.map(run => curve(run, run.precision_recall.x.map((x, i) => ({x, y: run.precision_recall.y[i]}))
      .filter(point => point.x !== null && point.y !== null), data.runs[run.run].letter)),
      axis("recall", {min: 0, max: 1}), axis("precision", {min: 0, max: 1})), "Precision and recall of the runs",
      "Precision over recall: the further to the upper right, the better."));
  return out;
}

function repaint() {
  for (const each of charts) {
    const made = each.make();
    if (!each.chart) each.chart = new Chart(each.canvas, made);
    else Object.assign(each.chart, {data: made.data, options: made.options}), each.chart.update("none");
  }
}

/// Which runs the charts show; it is their legend, too.
function chooser(metric) {
  return build("fieldset", {}, build("legend", {}, "Shown:"), ...units(metric).map(({place}) => {
    const box = build("input", {type: "checkbox", name: "run" + place});
    box.checked = !hidden.has(place);
    box.addEventListener("change", () => {
      box.checked ? hidden.delete(place) : hidden.add(place);
      for (const other of document.getElementsByName("run" + place)) other.checked = box.checked;
      repaint();
      for (const each of listeners) each();
    });
    const words = units(metric).length > most_rows ? null : build("span", {class: "small"}, unit_words(place));  // else the tables tell
    return build("label", {title: unit_words(place)}, box, unit_badge(place), words);
  }));
}

// ---- Samples side by side

function called(run, score) {
  return score === null || run.threshold === null ? null : score > run.threshold;
}

function sample_card(metric, sample) {
  const card = build("li", {class: "sample"}, build("b", {}, sample.id),
    build("div", {class: "small faint"}, (sample.anomalous ? "anomalous" : "normal") + (sample.category ? ", " + sample.category : "") +
      "; ranks " + Math.round(100 * sample.spread) + " points apart"));
  if (data.by_series) card.append(...units(metric).filter(unit => !hidden.has(unit.place)).map(unit => series_row(metric, sample, unit)));
  else metric.runs.forEach((run, k) => {
    const verdict = called(run, sample.scores[k]), right = verdict === sample.anomalous;
    const place = sample.scores[k] === null ? "" : build("div", {class: "place", "aria-hidden": "true"},
      build("i", {style: "left: " + (100 * sample.ranks[k]).toFixed(1) + "%; background: var(--" + run_colour(run.run) + ")"}));
    const words = sample.scores[k] === null ? "no score" : "scores " + short(sample.scores[k]) + ", higher than " + Math.round(100 * sample.ranks[k]) + " %" +
      (verdict === null ? "" : "; called " + (verdict ? "anomalous" : "normal") + (right ? ", rightly" : ", wrongly"));
    const pictures = sample.pictures[k];
    const shown = !pictures ? [] : ["original", "reconstruction", "map"].filter(what => pictures[what]).map(what =>
      build("div", {}, build("img", {class: what, src: pictures[what], alt: what + " of " + sample.id + " in " + data.runs[run.run].letter,
        loading: "lazy", decoding: "async"}), what));
    card.append(build("div", {class: "run"}, letter(run.run), build("div", {}, place, build("div", {class: "small"}, words),
      shown.length > 0 ? build("div", {class: "pictures"}, ...shown) : null)));
  });
  return card;
}

function samples_section(metric) {
  const section = build("section", {id: "samples"}, build("h2", {}, "The same images, run by run"));
  if (metric.samples.length === 0) {
    section.append(build("p", {class: "notice"}, "The runs have no test image in common."));
    return section;
  }
  const without = metric.runs.filter((_, k) => !metric.samples.some(sample => sample.pictures[k])).map(({run}) => data.runs[run].letter);
  section.append(build("p", {class: "faint"}, "Those about which the runs disagree most stand first: by how far apart the runs rank them among the " +
    plural(metric.shared, "shared image") + ", from the most normal to the most anomalous." +
    (metric.samples.some(sample => sample.pictures.some(each => each && each.map)) ? " Maps are coloured on each run's own scale." : "") +
    (metric.samples.length < metric.shared ? " The first " + metric.samples.length + " are listed." : "")));
  if (data.pictured && without.length > 0)
    section.append(build("p", {class: "notice"}, without.join(", ") + (without.length > 1 ? " hold" : " holds") +
      " no pictures: they come from a run's report.html, to whose stage maps are connected as `examples`."));
  const kinds = {
    "all": () => true,
    "called differently": sample => new Set(metric.runs.map((run, k) => called(run, sample.scores[k])).filter(verdict => verdict !== null)).size > 1,
    "anomalous": sample => sample.anomalous,
    "normal": sample => !sample.anomalous,
  };
  if (metric.samples.some(sample => sample.scores.includes(null))) kinds["without a score in a run"] = sample => sample.scores.includes(null);
  const select = build("select", {id: "kind"}, ...Object.keys(kinds).map(kind => build("option", {value: kind}, kind)));
  const list = build("ul", {class: "samples"}), more = build("button", {type: "button"}, "Show more"), count = build("span", {class: "faint", role: "status"});
  let shown = 12;
  const draw = () => {
    const fitting = metric.samples.filter(kinds[select.value]);
    list.replaceChildren(...fitting.slice(0, shown).map(sample => sample_card(metric, sample)));
    more.hidden = fitting.length <= shown;
    count.textContent = fitting.length === 0 ? "none" : Math.min(shown, fitting.length) + " of " + fitting.length;
  };
  select.addEventListener("change", () => (shown = 12, draw()));
  more.addEventListener("click", () => {
    const last = list.children.length;
    shown += 24;
    draw();
    list.children[last].setAttribute("tabindex", "-1");
    list.children[last].focus();
  });
  draw();
  listeners.push(draw);
  section.append(build("div", {class: "tools"}, build("label", {for: "kind"}, "Images", select), count), list, more);
  return section;
}

function answer() {
  const metric = data.metrics[0], test = metric && metric.tests[0];
  if (data.by_series && !test) return series_answer();
  if (!metric) return "Fewer than two of these runs judged anything: only their settings can be compared.";
  if (!test) return "No paired test could be made" + (metric.trouble ? ": " + metric.trouble : ": the runs have too few test images in common") + ".";
  const [first] = test.rows, pair = plain(first.name).split(" against ");
  const verdict = first.verdict === "not distinguishable" && pair.length === 2 ? pair.join(" and ") + " are not distinguishable" : plain(first.verdict);
  const same = test.rows.filter(row => row.verdict === "not distinguishable").length;
  const words = test.rows.length === 1 ? verdict : same === test.rows.length ? "no pair of runs is distinguishable"
    : same + " of " + plural(test.rows.length, "pair") + " of runs are not distinguishable";
  return (metric.one_unit ? "By " + metric.title : "By what each run judged first") + ", on " + plural(metric.shared, "shared test image") + ": " + words + ".";
}

/// Each remark once, with the runs that made it.
function remarks_of(metric) {
  const by = new Map();
  for (const run of metric.runs) for (const each of run.remarks) by.set(each, [...by.get(each) ?? [], data.runs[run.run].letter]);
  return [...by].map(([each, letters]) => (letters.length > 1 && letters.length === metric.runs.length ? "all" : letters.join(", ")) + ": " + each);
}

function show() {
  const page = document.getElementById("page");
  page.append(build("h1", {}, plural(data.runs.length, "run") + " compared"), build("p", {class: "answer"}, answer()));
  if (!data.by_series) page.append(runs_table());
  const remarks = notice(data.remarks);
  if (remarks) page.append(remarks);
  page.append(data.by_series ? overview() : settings_section());
  if (data.by_series) data.series.forEach((_, place) => place >= most_shown && hidden.add(place));
  for (const metric of data.metrics) {
    const section = build("section", {}, build("h2", {}, metric.title));
    const told = notice([...metric.remarks, ...metric.trouble ? ["there is no paired test: " + metric.trouble] : [],
      ...remarks_of(metric)]);
    if (told) section.append(told);
    section.append(data.by_series ? figures_by_series(metric) : figures_table(metric), ...metric.tests.map(tests_table), chooser(metric),
      build("div", {class: "charts"}, ...data.by_series ? [spread_chart(metric)].filter(each => each) : [], histogram(metric), ...curves(metric)));
    page.append(section);
  }
  if (data.metrics.length > 0) page.append(samples_section(data.metrics[0]));
  Object.assign(Chart.defaults, {animation: false, maintainAspectRatio: false});
  Chart.defaults.font.family = "system-ui, sans-serif";
  repaint();
  for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", repaint);
}

try {
  show();
} catch (error) {
  document.getElementById("page").prepend(build("p", {class: "failed"}, "This page could not be drawn: " + error.message));
  throw error;
}
