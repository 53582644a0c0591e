// One image, large: all its pictures under all maps, and its scores.

const case_dialog = {element: null, row: 0};

function case_scores(row) {
  const lines = view.data.columns.map(column => {
    const judged = view.data.judgements.filter(each => each.column === column.name && each.threshold !== null);
    const called = judged.filter(each => column.values[row] > each.threshold).length;
    const words = judged.length === 0 || column.values[row] === null ? "" : judged.length === 1
      ? (called ? "above " : "not above ") + "the graph's threshold, " + short(judged[0].threshold) : "above " + called + " of the graph's " + judged.length + " thresholds";
    return build("tr", {}, build("th", {scope: "row"}, column.name), build("td", {class: "number"}, score_text(column.values[row])), build("td", {class: "faint"}, words));
  });
  return scrolled(build("table", {class: "small"}, build("tbody", {}, ...lines)), "Scores");
}

function fill_case(row) {
  const [id, label, , category] = view.data.rows[row], own = pictures_of(row), place = shown_cases.list.indexOf(row);
  case_dialog.row = row;
  const pictures = (own ? own.sets : []).map(entry => build("div", {},
    view.data.gallery.sets.length > 1 ? build("h3", {}, view.data.gallery.sets[entry.set].label) : "",
    build("div", {class: "pictures large"}, ...picture_elements(own, entry, id, view.data.gallery.sets[entry.set].label))));
  const step = by => {
    const next = shown_cases.list[place + by];
    if (next !== undefined) fill_case(next);
  };
  const button = (words, by) => {
    const out = build("button", {type: "button"}, words);
    out.disabled = shown_cases.list[place + by] === undefined;
    out.addEventListener("click", () => step(by));
    return out;
  };
  const close = build("button", {type: "button"}, "Close");
  close.addEventListener("click", () => case_dialog.element.close());
  case_dialog.step = step;
  case_dialog.element.replaceChildren(
    build("div", {class: "bar"}, button("‹ Previous", -1), build("span", {class: "faint"}, place + 1 + " of " + shown_cases.list.length), button("Next ›", 1), close),
    build("h2", {class: "name"}, id), build("p", {}, badge(verdict(row)), " ", label, category ? ", " + category : ""),
    ...pictures, case_scores(row));
  close.focus();
}

function open_case(row) {
  if (!case_dialog.element) {
    case_dialog.element = build("dialog", {"aria-label": "One image"});
    case_dialog.element.addEventListener("keydown", event => {
      const by = {ArrowLeft: -1, ArrowRight: 1}[event.key];
      if (by) case_dialog.step(by);
    });
    document.body.append(case_dialog.element);
  }
  if (!case_dialog.element.open) case_dialog.element.showModal();
  fill_case(row);
}
