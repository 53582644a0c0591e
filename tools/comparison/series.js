// Runs that differ in the seed alone, as one line: what `by_series` of the data asks for. Without it each run stands alone.

const most_rows = 12;   // of a table that stands open beside the overview
const most_shown = 6;   // as many colours as can be told apart; the reader switches on the others

/// What the charts show as one: each run, or the runs of each series that judged the metric.
function units(metric) {
  const out = new Map();
  for (const run of metric.runs) out.set(series_of[run.run], [...out.get(series_of[run.run]) ?? [], run]);
  return [...out].sort((a, b) => a[0] - b[0]).map(([place, runs]) => ({place, runs}));
}

const unit_letter = place => data.by_series ? data.series[place].letter : data.runs[place].letter;
const unit_badge = place => build("span", {class: "letter", style: "background: var(--" + place_colour(place) + ")"}, unit_letter(place));

/// "parameters.share" at its shortest: the last steps, as many as tell it from the others.
function short_path(path) {
  const steps = path.split(".");
  for (let count = 1; count < steps.length; ++count) {
    const end = steps.slice(-count).join(".");
    if (data.varied.filter(other => other === end || other.endsWith("." + end)).length === 1) return end;
  }
  return path;
}

const bare = value => value === null ? "–" : value.replace(/^"(.*)"$/, "$1");

function unit_words(place) {
  if (!data.by_series) return data.runs[place].name;
  return data.varied.map((path, v) => short_path(path) + " " + bare(data.series[place].values[v])).join(", ") || "all seeds";
}

/// The columns that tell a series from the others.
const varied_heads = () => [column_head(""), ...data.varied.map(path => build("th", {scope: "col", title: path}, short_path(path)))];
const varied_cells = place => [build("th", {scope: "row"}, unit_badge(place)),
  ...data.series[place].values.map(value => build("td", {class: value !== null && value.length > 30 ? "long" : "value"}, bare(value)))];
const title_head = text => build("th", {scope: "col", class: "number title"}, text);

/// How many of a series' seeds finished.
function seeds_cell(series) {
  const done = series.runs.filter(run => data.runs[run].status === "done").length;
  return build("td", {class: "number"}, done < series.runs.length ? done + " of " + series.runs.length : done);
}

const single_runs = () => build("details", {}, build("summary", {}, "The " + plural(data.runs.length, "run") + " that these are"), runs_table());

// ---- Figures: the mean, half of Student's interval, and the single seeds below

const figure_of = (metric, place, name) => metric.series[place].find(each => each[0] === name);
const digits_of = name => name in names || name.startsWith("detection_at_") ? rate : short;

/// The figure's own interval of a series of one run.
function own_interval(metric, place, name) {
  const run = metric.runs.find(each => series_of[each.run] === place && (data.runs[each.run].status === "done" || !data.of_one_sweep)), found = run && run.figures.find(each => each[0] === name);
  return found ? interval(found[2], found[3], digits_of(name)) : "";
}

function spread_cell(metric, place, name) {
  const found = figure_of(metric, place, name), digits = digits_of(name);
  if (!found || found[1] === null) return build("td", {class: "number faint"}, "–");
  const [, mean, half, values] = found;
  return build("td", {class: "number"}, build("b", {}, digits(mean)), half === null ? null : " ± " + digits(half),
    build("div", {class: "small faint"}, values.length > 1 ? values.map(digits).join("  ") : own_interval(metric, place, name)));
}

const spread_note = () => data.series.some(each => each.runs.length > 1)
  ? "± is half of Student's 95 % interval of the mean over seeds, the single seeds stand below; of one seed its value, and below it the interval over its images."
  : "Each has one seed, so nothing tells how far another would be off; below the value stands its interval over the images.";

function figures_by_series(metric) {
  const figures = [];
  for (const each of metric.series) for (const [name] of each) if (!figures.includes(name)) figures.push(name);
  const rows = units(metric).map(({place}) => build("tr", {}, ...varied_cells(place), ...figures.map(name => spread_cell(metric, place, name))));
  const all = table([...varied_heads(), ...figures.map(name => title_head(figure_name(name)))], rows, "Figures of " + metric.title);
  return rows.length <= most_rows ? all : build("details", {}, build("summary", {}, "All figures by " + metric.title), all);
}

/// One figure of every series by every metric.
function overview() {
  const section = build("section", {id: "overview"}, build("h2", {}, "What each combination reached"));
  const figures = [];
  for (const metric of data.metrics) for (const each of metric.series) for (const [name] of each) if (!figures.includes(name)) figures.push(name);
  const select = build("select", {id: "figure"}, ...figures.map(name => build("option", {value: name}, figure_name(name))));
  const place = build("div", {});
  const draw = () => place.replaceChildren(table([...varied_heads(), title_head("seeds"), ...data.metrics.map(metric => title_head(metric.title))],
    data.series.map((series, s) => build("tr", {}, ...varied_cells(s), seeds_cell(series), ...data.metrics.map(metric => spread_cell(metric, s, select.value)))),
    "One figure of each combination, by all metrics"));
  select.addEventListener("change", draw);
  if (figures.includes("auroc")) select.value = "auroc";
  draw();
  if (figures.length > 0) section.append(build("div", {class: "tools"}, build("label", {for: "figure"}, "Figure", select)));
  section.append(place, figures.length > 0 ? build("p", {class: "small faint"}, spread_note()) : "", single_runs());
  return section;
}

/// Every seed as a dot, the mean's interval as a line, a row for each series.
function spread_chart(metric) {
  const name = ["auroc", ...metric.series.flatMap(each => each.map(([name]) => name))].find(name => metric.series.some((_, s) => figure_of(metric, s, name)));
  if (!name) return null;
  const rows = units(metric).filter(({place}) => figure_of(metric, place, name));
  const make = () => ({...line_chart(rows.flatMap(({place}, row) => {
    const [, mean, half, values] = figure_of(metric, place, name), tone = colour(place_colour(place)), label = unit_letter(place);
    const line = half === null ? [] : [{label: label + ", interval", data: [{x: mean - half, y: row}, {x: mean + half, y: row}], showLine: true, pointRadius: 0,
      borderWidth: 3, borderColor: tone + "66"}];
    return [...line, {label, data: values.map(x => ({x, y: row})), pointRadius: 3.5, borderColor: tone, backgroundColor: tone}];
  }), axis(figure_name(name), {}), axis("", {min: -0.5, max: rows.length - 0.5, reverse: true, ticks: {color: colour("faint"), stepSize: 1, autoSkip: false,
    callback: value => Number.isInteger(value) && rows[value] ? unit_letter(rows[value].place) : ""}, afterBuildTicks: scale => {
    scale.ticks = rows.map((_, value) => ({value}));
  }}))});
  const figure = chart_figure(make, figure_name(name) + " of every seed of each series", figure_name(name) + ": a dot for each seed" +
    (rows.some(({place}) => figure_of(metric, place, name)[2] !== null) ? ", a line for Student's 95 % interval of their mean." : "."), true);
  figure.firstChild.style.height = 5 + 1.2 * rows.length + "rem";
  return figure;
}

// ---- Samples

/// A series in a sample's card: each seed's rank as a mark, and what they make of it together.
function series_row(metric, sample, {place, runs}) {
  const of = runs.map(run => metric.runs.indexOf(run)).filter(k => sample.scores[k] !== null);
  if (of.length === 0) return build("div", {class: "run"}, unit_badge(place), build("div", {class: "small"}, "no score"));
  const marks = of.map(k => build("i", {style: "left: " + (100 * sample.ranks[k]).toFixed(1) + "%; background: var(--" + place_colour(place) + ")"}));
  const ranks = of.map(k => Math.round(100 * sample.ranks[k])), verdicts = of.map(k => called(metric.runs[k], sample.scores[k])).filter(each => each !== null);
  const yes = verdicts.filter(each => each).length, [low, high] = [Math.min(...ranks), Math.max(...ranks)];
  const words = "higher than " + low + (high > low ? " to " + high : "") + " %" + (verdicts.length === 0 ? "" : "; called anomalous by " + yes + " of " + plural(verdicts.length, "seed"));
  return build("div", {class: "run"}, unit_badge(place), build("div", {}, build("div", {class: "place", "aria-hidden": "true"}, ...marks),
    build("div", {class: "small"}, words)));
}

function series_answer() {
  if (data.metrics.length === 0) return "Fewer than two of these runs judged anything: only their settings can be compared.";
  const several = data.series.some(each => each.runs.length > 1);
  return plural(data.runs.length, "run") + ", " + plural(data.series.length, "combination") + " of what differs but the seed, judged by " +
    plural(data.metrics.length, "metric") + (several ? ": each combination stands with the mean over its seeds." : ".");
}
