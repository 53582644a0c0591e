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

/// Figures side by side: trivial scores, pairs that were compared.
function table_section(table) {
  const names = [];
  for (const row of table.rows) for (const {name} of row.figures) if (!names.includes(name)) names.push(name);
  const verdicts = table.rows.some(row => row.verdict);
  const body = table.rows.map(row => build("tr", {}, build("th", {scope: "row"}, row.name), ...names.map(name => {
    const figure = find_figure(row, name);
    if (!figure) return build("td", {class: "number faint"}, "–");
    return build("td", {class: "number"}, build("b", {}, short(figure.value)), build("div", {class: "small faint"}, interval_text(figure)));
  }), ...verdicts ? [build("td", {}, row.verdict)] : []));
  return build("section", {}, build("h2", {}, table.title), build("p", {class: "faint"}, table.note),
    scrolled(build("table", {class: "figures"}, heads_row([[""], ...names.map(name => [figure_name(name), "number"]), ...verdicts ? [["verdict"]] : []]),
      build("tbody", {}, ...body)), table.title));
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

try {
  start_charts();
  show(JSON.parse(document.getElementById("data").textContent), read_record());
} catch (error) {
  document.getElementById("page").prepend(build("p", {class: "failed"}, "This page could not be drawn: " + error.message));
  throw error;
}
