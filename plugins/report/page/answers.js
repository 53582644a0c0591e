// The answer first.

function primary(data) {
  return data.judgements[0];
}

/// Trivial scores with their AUROC: that of how far each departs from calibration images, whose direction no label chose.
function trivial_scores(data) {
  return data.tables.filter(table => /trivial/i.test(table.title)).flatMap(table => table.rows)
    .map(row => ({name: row.name, figure: known_figure(row, "auroc") || known_figure(row, "auroc_departure")})).filter(row => row.figure);
}

function card(question, big, ...words) {
  return build("div", {class: "card"}, build("h3", {}, question), build("p", {class: "big"}, big), ...words.filter(Boolean).map(each =>
    each instanceof Node ? each : build("p", {}, each)));
}

/// What the paired test says of a score and a trivial one, in a sentence; empty where they weren't compared.
function told_apart(data, column, trivial) {
  const both = [column, trivial, trivial + " departure"];
  const row = data.tables.flatMap(table => table.rows).find(each => {
    const pair = each.name.replaceAll("`", "").split(" against ");
    return each.verdict && pair.length === 2 && pair.includes(column) && pair.every(name => both.includes(name));
  });
  if (!row) return "";
  return row.verdict === "not distinguishable" ? " It is not distinguishable from " + trivial + "." : " By paired tests, " + plain(row.verdict) + ".";
}

function how_good(data, judgement) {
  const auroc = known_figure(judgement, "auroc"), trivial = trivial_scores(data).sort((a, b) => b.figure.value - a.figure.value)[0];
  const against = trivial ? "The best trivial score, " + trivial.name + ", reaches " + rate(trivial.figure.value) +
    (has_interval(trivial.figure) ? " (" + interval_text(trivial.figure) + ")" : "") +
    (auroc && trivial.figure.value > auroc.value ? ", which is more: these images can be told apart by less." : ".") +
    told_apart(data, judgement.column, trivial.name) : "No trivial score was measured beside it (evaluate.baselines).";
  return card("How good is it?", auroc ? "AUROC " + rate(auroc.value) : "undefined", auroc ? "Guessing gives 0.5, perfect order 1." :
    "It takes test images of both kinds to say.", against);
}

function how_sure(judgement) {
  const auroc = known_figure(judgement, "auroc"), recall = known_figure(judgement, "recall"), specificity = known_figure(judgement, "specificity");
  const c = judgement.confusion, anomalous = c.true_positive + c.false_negative, normal = c.true_negative + c.false_positive;
  const share = (figure, words) => figure && has_interval(figure) ? words + " between " + percents(figure.interval, "and") + " are " + (figure === recall ? "found" : "let pass") : "";
  const shares = [share(recall, "of the anomalous"), share(specificity, "of the normal")].filter(Boolean).join("; ");
  return card("How sure are we?", auroc && has_interval(auroc) ? interval_text(auroc) : "no interval",
    auroc && has_interval(auroc) ? "This is the interval of the AUROC, from " + plural(anomalous, "anomalous image") + " and " + plural(normal, "normal one") + "." :
    plural(anomalous, "anomalous image") + " and " + plural(normal, "normal one") + " were judged.",
    shares && shares[0].toUpperCase() + shares.slice(1) + ".");
}

/// "3 test images have no score: they are counted nowhere." in a column; nothing where all have one.
function uncounted(data, name) {
  const column = data.columns.find(each => each.name === name), count = column ? lacking(data, column).labelled.length : 0;
  return count === 0 ? "" : build("p", {class: "small"}, plural(count, "test image") +
    (count === 1 ? " has no score: it is" : " have no score: they are") + " counted nowhere.");
}

function what_wrong(data, judgement) {
  const c = judgement.confusion, anomalous = c.true_positive + c.false_negative, normal = c.true_negative + c.false_positive;
  const link = (kind, words) => {
    const out = build("a", {href: "#images"}, words);
    out.addEventListener("click", () => {
      if (view.name !== judgement.column) show_column(judgement.column);
      if (judgement.threshold !== null) move_threshold(judgement.threshold, false);
      if (view.show_outcome) view.show_outcome(kind);
    });
    return build("p", {}, out);
  };
  const without = uncounted(data, judgement.column);
  const big = anomalous + normal === 0 ? "nothing judged" : [anomalous > 0 ? c.false_negative + " missed" : "", normal > 0 ? plural(c.false_positive, "false alarm") : ""].filter(Boolean).join(", ");
  return card("What does it get wrong?", big, "Of " + plural(anomalous, "anomalous image") + " and " + plural(normal, "normal one") + ".",
    c.false_negative > 0 ? link("missed", "See what was missed") : null, c.false_positive > 0 ? link("alarm", "See the false alarms") : null,
    without, without ? link("missing", "See what has no score") : null);
}

function which_threshold(data, record, judgement) {
  const same = data.judgements.filter(each => each.column === judgement.column && each.threshold !== null);
  const values = same.map(each => each.threshold);
  const others = same.length > 1 ? plural(same.length, "strategy", "strategies") + " on this score lie between " + short(Math.min(...values)) + " and " + short(Math.max(...values)) + "." : "";
  return card("Which threshold?", short(judgement.threshold), "On " + judgement.column + ", by " + (judgement.method || "hand") + ", " + fitted_words(judgement) + ".",
    method_sentence(data, record, judgement), others,
    build("p", {}, build("a", {href: "#threshold"}, "Weigh it against others")));
}

/// AUROC of every score with its interval, trivial ones in grey.
function auroc_figure(data) {
  const seen = new Set(), rows = [];
  const add = (name, figure, kind) => {
    if (!figure || seen.has(name)) return;
    seen.add(name);
    rows.push({name, figure, kind});
  };
  for (const each of data.judgements) add(each.column, known_figure(each, "auroc"), "normal");
  const trivial = trivial_scores(data);
  for (const each of trivial) add(each.name, each.figure, "calibrate");
  if (rows.length < 2) return "";
  const lowest = Math.min(0.5, ...rows.map(row => has_interval(row.figure) ? row.figure.interval[0] : row.figure.value));
  const figure = chart_figure({
    words: "AUROC of each score: " + rows.map(row => row.name + " " + rate(row.figure.value)).join(", "),
    caption: "AUROC of each score with its interval" + (trivial.length > 0 ? "; grey ones are trivial. A score whose interval reaches a trivial one's has shown little." : "."),
    make: () => ({type: "bar", data: {labels: rows.map(row => cut_to(row.name, 28)), datasets: [
      {type: "scatter", label: "AUROC", data: rows.map((row, y) => ({x: row.figure.value, y})), backgroundColor: rows.map(row => colour(row.kind)), pointRadius: 5},
      {label: "interval", data: rows.map((row, y) => ({x: has_interval(row.figure) ? row.figure.interval : null, y})), backgroundColor: rows.map(row => see_through(row.kind, 0.35)),
        barThickness: 7, borderRadius: 4, borderSkipped: false, grouped: false}]},
    options: {indexAxis: "y", parsing: true, scales: {x: axis("AUROC", {min: Math.floor(lowest * 10) / 10, max: 1}),
      y: axis("", {type: "category", labels: rows.map(row => cut_to(row.name, 28)), title: {display: false}, ticks: {color: colour("ink"), autoSkip: false}})},
    plugins: {legend: {display: false}, tooltip: {callbacks: {title: items => rows[items[0].dataIndex].name, label: item => {
      const row = rows[item.dataIndex];
      return "AUROC " + rate(row.figure.value) + (has_interval(row.figure) ? ", " + interval_text(row.figure) : "");
    }}}}}}),
  });
  figure.querySelector(".canvas").style.height = 70 + 26 * rows.length + "px";
  return figure;
}

/// A row per judged threshold, a column per figure.
function figures_table(data) {
  const names = [];
  for (const judgement of data.judgements)
    for (const {name} of judgement.figures) if (!names.includes(name)) names.push(name);
  const head = build("tr", {}, build("th", {scope: "col"}, "score and threshold"), ...names.map(name =>
    build("th", {scope: "col", class: "number", title: (figure_words[name] || ["", ""])[1]}, figure_name(name))));
  const body = data.judgements.map(judgement => build("tr", {}, build("th", {scope: "row"}, judgement.column,
    build("div", {class: "small faint"}, short(judgement.threshold) + " by " + (judgement.method || "hand")),
    uncounted(data, judgement.column)), ...names.map(name => {
    const figure = find_figure(judgement, name);
    if (!figure) return build("td", {class: "number faint"}, "undefined");
    return build("td", {class: "number"}, build("b", {}, rate(figure.value)), build("div", {class: "small faint"}, interval_text(figure).replace(" to ", "–")));
  })));
  const meanings = names.filter(name => figure_words[name]).flatMap(name => [build("dt", {}, figure_name(name)), build("dd", {}, figure_words[name][1])]);
  return build("div", {}, scrolled(build("table", {class: "figures"}, build("thead", {}, head), build("tbody", {}, ...body)), "Figures"),
    build("p", {class: "small faint"}, "Beneath a figure stands its interval: where the true value lies, with the confidence set in the evaluate stage (95 % unless " +
      "it says otherwise), were other images of the same kind tested. It knows nothing of images of another kind."),
    folded("What the figures mean", build("dl", {class: "meanings"}, ...meanings)));
}

/// Cautions and remarks of the judgements, each once, with how many said so.
function notes_of(data) {
  const of = new Map();
  for (const each of data.judgements)
    for (const note of [each.caution, ...each.remarks].filter(Boolean)) of.set(note, [...of.get(note) || [], each.column + ", " + (each.method || "by hand")]);
  return [...of].map(([note, whose]) => note + (data.judgements.length === 1 || whose.length === data.judgements.length ? "" :
    whose.length > 2 ? " (" + whose.length + " thresholds)" : " (" + whose.join("; ") + ")"));
}

function answer_section(data, record) {
  const first = primary(data), absent = missing(data), notes = notes_of(data), out = build("section", {id: "answer"});
  out.append(build("p", {class: "eyebrow"}, record ? record.graph + " · " + when(record.finished) : "fettle"), build("h1", {}, data.title));
  if (record && record.summary) out.append(build("p", {class: "faint"}, record.summary));
  if (first) out.append(build("p", {class: "answer"}, build("b", {}, first.column), answer(first)));
  if (record && record.warnings.length > 0) out.append(warnings_notice(record, 4));
  if (absent.length > 0) out.append(build("div", {class: "notice"}, build("ul", {}, ...absent.map(each => build("li", {}, each)))));
  if (!first) return out;
  out.append(build("div", {class: "cards"}, how_good(data, first), how_sure(first), what_wrong(data, first), which_threshold(data, record, first)));
  if (data.judgements.length > 1)
    out.append(build("p", {class: "small faint"}, "The sentence and the four answers are for the first threshold of the graph: none is picked by its figures on test images."));
  out.append(auroc_figure(data), figures_table(data));
  if (notes.length > 0)
    out.append(build(notes.length > 3 ? "details" : "div", {class: "remarks"}, build(notes.length > 3 ? "summary" : "b", {}, plural(notes.length, "remark")),
      build("ul", {}, ...notes.map(each => build("li", {}, each)))));
  return out;
}
