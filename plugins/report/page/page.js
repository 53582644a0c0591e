// Puts the page together from the data that stands in it.

function counts_table(data) {
  const labels = ["normal", "anomalous", "unknown"].filter(label =>
    label !== "unknown" || Object.values(data.counts).some(of => of.unknown > 0));
  const use = {train: "learned from", calibrate: "thresholds found on", test: "judged by", none: "without a use"};
  const body = Object.entries(data.counts).map(([split, of]) => build("tr", {},
    build("th", {scope: "row"}, split, build("div", {class: "small faint"}, use[split])),
    ...labels.map(label => build("td", {class: "number"}, String(of[label])))));
  return scrolled(build("table", {}, heads_row([["images"], ...labels.map(label => [label, "number"])]), build("tbody", {}, ...body)), "Counts of images");
}

const most_rows = 8;  // of a table that stand open; the others are folded

/// "auroc_difference" and "auroc_p" as one cell; every other figure has its own.
function table_cell(row, name) {
  const figure = find_figure(row, name), p = find_figure(row, name.replace("_difference", "_p"));
  if (!figure) return build("td", {class: "number faint"}, "–");
  const signed = name.endsWith("_difference") && figure.value > 0 ? "+" : "";
  return build("td", {class: "number"}, build("b", {}, name.endsWith("_difference") ? signed + rate(figure.value) : short(figure.value)), build("div", {class: "small faint"}, interval_text(figure)),
    p && p !== figure && p.value !== null ? build("div", {class: "small faint"}, p.value < 1e-4 ? "p < 0.0001" : "p " + Number(p.value.toPrecision(2))) : null);
}

/// Figures side by side: trivial scores, pairs that were compared.
function table_section(table) {
  const names = [], all = new Set(table.rows.flatMap(row => row.figures.map(each => each.name)));
  for (const name of all) if (!name.endsWith("_p") || !all.has(name.slice(0, -2) + "_difference")) names.push(name);
  const verdicts = table.rows.some(row => row.verdict);
  const of_rows = rows => scrolled(build("table", {class: "figures"}, build("thead", {}, build("tr", {}, build("td", {}), ...names.map(name =>
    build("th", {scope: "col", class: "number", title: (figure_words[name.replace("_difference", "")] || ["", ""])[1]}, figure_name(name.replace("_difference", "")))),
  ...verdicts ? [build("th", {scope: "col"}, "verdict")] : [])), build("tbody", {}, ...rows.map(row => build("tr", {}, build("th", {scope: "row"}, plain(row.name)),
    ...names.map(name => table_cell(row, name)), ...verdicts ? [build("td", {}, plain(row.verdict))] : [])))), plain(table.title));
  const rest = table.rows.slice(most_rows);
  return build("section", {}, build("h2", {}, plain(table.title)), build("p", {class: "faint"}, plain(table.note)), of_rows(table.rows.slice(0, most_rows)),
    rest.length > 0 ? folded(plural(rest.length, "row") + " more", of_rows(rest)) : null);
}

function navigation(sections) {
  const names = {answer: "Answer", threshold: "Threshold", images: "Images", curves: "Curves", classes: "Classes", training: "Training", stages: "Stages", made: "How it was made"};
  const links = sections.filter(section => names[section.id]).map(section => build("li", {}, build("a", {href: "#" + section.id}, names[section.id])));
  return build("nav", {"aria-label": "On this page"}, build("ul", {}, ...links));
}

function show(data, record) {
  const page = document.getElementById("page");
  view.data = data;
  view.record = record;
  view.judged = [...new Set(data.judgements.map(each => each.column))].filter(name => data.columns.some(each => each.name === name));
  document.title = data.title;
  const test = data.counts.test, share = test.anomalous / (test.anomalous + test.normal);
  if (share > 0 && share < 1) view.cost.prevalence = Number(share.toFixed(3));
  const judged = view.judged.length > 0;
  const sections = [answer_section(data, record), ...judged ? [explorer_section(), gallery_section(), curves_section(), classes_section()] : [],
    ...data.tables.map(table_section), build("section", {}, build("h2", {}, "The images"), counts_table(data)), training_section(data),
    stages_section(record), made_section(record)].filter(Boolean);
  page.append(navigation(sections), ...sections);
  if (judged) show_column(view.judged[0]);
  draw_charts();
}

/// What is folded is printed too.
function open_for_print() {
  const opened = [];
  addEventListener("beforeprint", () => {
    for (const each of document.querySelectorAll("details:not([open])")) {
      opened.push(each);
      each.open = true;
    }
  });
  addEventListener("afterprint", () => {
    while (opened.length > 0) opened.pop().open = false;
  });
}

try {
  open_for_print();
  start_charts();
  show(JSON.parse(document.getElementById("data").textContent), read_record());
} catch (error) {
  document.getElementById("page").prepend(build("p", {class: "failed"}, "This page could not be drawn: " + error.message));
  throw error;
}
