// Puts the page together from the data that stands in it.

function cut_name(judgement) {
  return judgement.column + " > " + short(judgement.threshold);
}

function figures_table(data) {
  const names = [];
  for (const judgement of data.judgements)
    for (const {name} of judgement.figures) if (!names.includes(name)) names.push(name);
  const head = build("tr", {}, build("th", {scope: "col"}, "figure"), ...data.judgements.map(judgement =>
    build("th", {scope: "col", class: "number"}, judgement.column,
      build("div", {class: "small faint"}, "threshold " + short(judgement.threshold)),
      build("div", {class: "small faint"}, judgement.method))));
  const body = names.flatMap(name => {
    const figures = build("tr", {}, build("th", {scope: "row"}, figure_name(name)), ...data.judgements.map(judgement => {
      const figure = find_figure(judgement, name);
      if (!figure) return build("td", {class: "number faint"}, "undefined");
      return build("td", {class: "number"}, build("b", {}, rate(figure.value)),
        build("div", {class: "small faint"}, interval_text(figure)));
    }));
    const words = (figure_words[name] || [])[1];
    return words ? [figures, build("tr", {class: "words"}, build("td", {colspan: data.judgements.length + 1}, words))] : [figures];
  });
  return build("div", {class: "scroll"}, build("table", {class: "figures"}, build("thead", {}, head), build("tbody", {}, ...body)));
}

function counts_table(data) {
  const labels = ["normal", "anomalous", "unknown"].filter(label =>
    label !== "unknown" || Object.values(data.counts).some(of => of.unknown > 0));
  const head = build("tr", {}, build("th", {scope: "col"}, "images"),
    ...labels.map(label => build("th", {scope: "col", class: "number"}, label)));
  const use = {train: "learned from", calibrate: "thresholds found on", test: "judged by", none: "without a use"};
  const body = Object.entries(data.counts).map(([split, of]) => build("tr", {},
    build("th", {scope: "row"}, split, build("div", {class: "small faint"}, use[split])),
    ...labels.map(label => build("td", {class: "number"}, String(of[label])))));
  return build("div", {class: "scroll"}, build("table", {}, build("thead", {}, head), build("tbody", {}, ...body)));
}

function confusion_table(c) {
  const anomalous = c.true_positive + c.false_negative, normal = c.true_negative + c.false_positive;
  const cell = (count, whole, kind, words) => build("td", {class: kind}, build("b", {}, String(count)),
    build("span", {class: "small"}, words + ", " + percent(count, whole)));
  return build("table", {class: "confusion"},
    build("thead", {}, build("tr", {}, build("td", {}), build("th", {scope: "col"}, "called anomalous"), build("th", {scope: "col"}, "called normal"))),
    build("tbody", {},
      build("tr", {}, build("th", {scope: "row"}, build("span", {class: "swatch anomalous"}), plural(anomalous, "anomalous image")),
        cell(c.true_positive, anomalous, "right", "found"), cell(c.false_negative, anomalous, "wrong", "missed")),
      build("tr", {}, build("th", {scope: "row"}, build("span", {class: "swatch normal"}), plural(normal, "normal image")),
        cell(c.false_positive, normal, "wrong", "false alarm"), cell(c.true_negative, normal, "right", "let pass"))));
}

function cut_section(data, index) {
  const judgement = data.judgements[index];
  const section = build("section", {id: "cut" + index}, build("h2", {}, cut_name(judgement)),
    build("p", {class: "faint"}, "Threshold by " + (judgement.method || "hand") + ", found from " +
      plural(judgement.fitted, "calibration score") + (judgement.anomalies ? ", those of synthetic anomalies among them" : "") +
      "; images that score higher are called anomalous."));
  if (judgement.caution) section.append(build("p", {class: "missing"}, judgement.caution));
  if (judgement.remarks.length > 0)
    section.append(build("div", {class: "missing"}, build("ul", {}, ...judgement.remarks.map(each => build("li", {}, each)))));
  section.append(build("div", {class: "charts"}, histogram(data, judgement), roc(judgement)),
    build("div", {class: "scroll"}, confusion_table(judgement.confusion)));
  if (judgement.plots.length > 0) section.append(build("div", {class: "charts"}, ...judgement.plots.map(plot_chart)));
  section.append(gallery(data, index));
  return section;
}

/// Figures side by side: trivial scores, pairs that were compared.
function table_section(table) {
  const names = [];
  for (const row of table.rows) for (const {name} of row.figures) if (!names.includes(name)) names.push(name);
  const verdicts = table.rows.some(row => row.verdict);
  const head = build("tr", {}, build("th", {scope: "col"}, ""), ...names.map(name =>
    build("th", {scope: "col", class: "number"}, figure_name(name))), ...verdicts ? [build("th", {scope: "col"}, "verdict")] : []);
  const body = table.rows.map(row => build("tr", {}, build("th", {scope: "row"}, row.name), ...names.map(name => {
    const figure = find_figure(row, name);
    if (!figure) return build("td", {class: "number faint"}, "–");
    return build("td", {class: "number"}, build("b", {}, short(figure.value)), build("div", {class: "small faint"}, interval_text(figure)));
  }), ...verdicts ? [build("td", {}, row.verdict)] : []));
  return build("section", {}, build("h2", {}, table.title), build("p", {class: "faint"}, table.note),
    build("div", {class: "scroll"}, build("table", {class: "figures"}, build("thead", {}, head), build("tbody", {}, ...body))));
}

function networks_section(data) {
  const section = build("section", {id: "training"}, build("h2", {}, "Training"));
  data.networks.forEach((network, index) => {
    if (data.networks.length > 1) section.append(build("h3", {}, "Network " + (index + 1)));
    section.append(build("p", {}, network.parameters.toLocaleString("en") + " trainable numbers, images of " + network.width + " × " +
      network.height + " with " + plural(network.channels, "channel") + "."), build("pre", {}, network.architecture.trim()));
    if (network.curves.length === 0) section.append(build("p", {class: "missing"}, "This network keeps no loss curve."));
    section.append(build("div", {class: "curves"}, ...network.curves.map(loss_curve)));
  });
  return section;
}

function answers(data) {
  if (data.judgements.length > 3) {
    const areas = data.judgements.map(each => find_figure(each, "auroc")).filter(each => each && each.value !== null).map(each => each.value);
    const range = areas.length > 0 ? " AUROC lies between " + rate(Math.min(...areas)) + " and " + rate(Math.max(...areas)) + "." : "";
    return [build("p", {class: "answer"}, data.judgements.length + " thresholds were judged." + range)];
  }
  return data.judgements.map(each => build("p", {class: "answer"}, build("b", {}, each.column), answer(each)));
}

function show(data) {
  const page = document.getElementById("page"), absent = missing(data);
  document.title = data.title;
  page.append(build("h1", {}, data.title), ...answers(data));
  if (absent.length > 0)
    page.append(build("div", {class: "missing"}, build("ul", {}, ...absent.map(each => build("li", {}, each)))));
  if (data.judgements.length > 0) {
    page.append(figures_table(data), build("p", {class: "small faint"},
      "Beside a figure stands its interval: where the true value lies, with the confidence set in the evaluate stage (95 % unless " +
      "it says otherwise), were other images of the same kind tested. It knows nothing of images of another kind. A threshold is " +
      "found without test images."));
  }
  page.append(counts_table(data));
  if (data.judgements.length > 1)
    page.append(build("nav", {}, build("ul", {}, ...data.judgements.map((each, index) =>
      build("li", {}, build("a", {href: "#cut" + index}, cut_name(each) + (each.method ? ", " + each.method : "")))))));
  for (const table of data.tables) page.append(table_section(table));
  data.judgements.forEach((_, index) => page.append(cut_section(data, index)));
  if (data.networks.length > 0) page.append(networks_section(data));
}

function start() {
  Chart.register(threshold_line);
  show(JSON.parse(document.getElementById("data").textContent));
  draw_charts();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint_charts);
  matchMedia("print").addEventListener("change", repaint_charts);
}

try {
  start();
} catch (error) {
  document.getElementById("page").prepend(build("p", {class: "failed"}, "This page could not be drawn: " + error.message));
  throw error;
}
