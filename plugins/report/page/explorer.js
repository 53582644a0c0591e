// The threshold explorer: what any threshold would do, live.

/// Counts in a table of two by two, and the function that fills them in.
function confusion_table() {
  const cell = kind => build("td", {class: kind}, build("b", {}), build("span", {class: "small"}));
  const cells = {true_positive: cell("right"), false_negative: cell("wrong"), false_positive: cell("wrong"), true_negative: cell("right")};
  const heads = {anomalous: build("th", {scope: "row"}), normal: build("th", {scope: "row"})};
  const table = build("table", {class: "confusion"},
    build("thead", {}, build("tr", {}, build("td", {}), build("th", {scope: "col"}, "called anomalous"), build("th", {scope: "col"}, "called normal"))),
    build("tbody", {}, build("tr", {}, heads.anomalous, cells.true_positive, cells.false_negative),
      build("tr", {}, heads.normal, cells.false_positive, cells.true_negative)));
  const words = {true_positive: "found", false_negative: "missed", false_positive: "false alarms", true_negative: "let pass"};
  const fill = c => {
    const anomalous = c.true_positive + c.false_negative, normal = c.true_negative + c.false_positive;
    heads.anomalous.textContent = plural(anomalous, "anomalous image");
    heads.normal.textContent = plural(normal, "normal image");
    for (const [name, element] of Object.entries(cells)) {
      element.firstChild.textContent = c[name];
      element.lastChild.textContent = words[name] + ", " + percent(c[name], name === "true_positive" || name === "false_negative" ? anomalous : normal);
    }
  };
  return {table, fill};
}

function reading() {
  const list = build("dl", {class: "reading"}), values = {};
  for (const name of ["recall", "precision", "specificity", "f1"]) {
    values[name] = build("dd", {}, build("b", {}), build("span", {class: "small faint"}));
    list.append(build("div", {}, build("dt", {title: figure_words[name][1]}, figure_name(name)), values[name]));
  }
  const fill = c => {
    for (const [name, value, interval] of figures_of(c)) {
      values[name].firstChild.textContent = value === null ? "undefined" : value.toFixed(3);
      values[name].lastChild.textContent = interval && value !== null ? interval[0].toFixed(3) + " to " + interval[1].toFixed(3) : "";
    }
  };
  return {list, fill};
}

/// What a miss and a false alarm cost, to be changed; and what an image costs then.
function costs() {
  const result = build("output", {});
  const field = (name, label, step, most) => {
    const input = build("input", {type: "number", min: "0", step, value: String(view.cost[name]), id: "cost_" + name, inputmode: "decimal"});
    if (most) input.max = most;
    input.addEventListener("input", () => {
      const value = input.valueAsNumber;
      const good = value >= 0 && (!most || value <= Number(most));
      input.setAttribute("aria-invalid", String(!good));
      if (!good) return;
      view.cost[name] = value;
      fill(confusion_at(view.kinds, view.threshold));
      for (const follow of followers) follow();
    });
    return build("div", {}, build("label", {for: input.id}, label), input);
  };
  const fill = c => {
    const cost = expected_cost(c, view.cost);
    result.textContent = cost === null ? "undefined: it takes test images of both kinds" : short(Number((1000 * cost).toPrecision(4)));
  };
  const form = build("div", {class: "costs"}, build("h3", {}, "What mistakes cost"), build("div", {class: "fields"},
    field("miss", "a miss", "any"), field("false_alarm", "a false alarm", "any"), field("prevalence", "share of anomalous images", "0.01", "1")),
    build("p", {}, "Expected cost of 1,000 images at this threshold: ", result));
  return {form, fill};
}

/// The stage to paste: `threshold.manual` with the value that is shown.
function recipe() {
  const text = build("code", {}), copy = copy_button(() => text.textContent);
  const scored = scored_by(view.name);
  const fill = () => {
    const level = scored.columns.map(name => name === view.name ? view.threshold : (view.data.judgements.find(each => each.column === name) || {}).threshold);
    const numbers = level.map(value => typeof value === "number" ? toml_number(value) : "nan");
    text.textContent = "[stage.by_hand]\nuse       = \"threshold.manual\"\nin.scores = [" + scored.stages.map(each => JSON.stringify(each)).join(", ") +
      "]\nlevel     = " + (numbers.length === 1 ? numbers[0] : "[" + numbers.join(", ") + "]  # " + scored.columns.map(each => JSON.stringify(each)).join(", "));
  };
  const words = scored.sure ? "This threshold in a graph; connect by_hand.decisions where the other threshold is." :
    "This threshold in a graph. For in.scores, name the stage whose table holds " + view.name + " alone.";
  return {box: build("div", {class: "recipe"}, build("h3", {}, "Take this threshold"), build("p", {class: "small faint"}, words),
    build("div", {class: "copied"}, build("pre", {tabindex: "0"}, text), copy)), fill};
}

function toml_number(value) {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? value.toFixed(1) : String(value);
}

/// Every strategy with what it does on the test images; one is chosen as with radio buttons.
function strategies_table() {
  const heads = ["", "strategy", "threshold", "found", "false alarms", "precision", "F1", "cost of 1,000"];
  const body = build("tbody", {}), updates = [];
  view.strategies.forEach((judgement, index) => {
    const pick = build("input", {type: "radio", name: "strategy", id: "strategy" + index});
    pick.disabled = judgement.threshold === null;
    pick.addEventListener("change", () => move_threshold(judgement.threshold, false));
    const c = judgement.confusion, f1 = figures_of(c)[3][1], precision = figures_of(c)[1][1], cost = build("td", {class: "number"});
    const notes = [judgement.caution, ...judgement.remarks].filter(Boolean);
    const row = build("tr", {}, build("td", {}, pick), build("th", {scope: "row"}, build("label", {for: pick.id}, build("span", {class: "count"}, String(index + 1)),
      " " + (judgement.method || "by hand")), build("div", {class: "small faint"}, fitted_words(judgement)),
      build("div", {class: "small faint method"}, method_sentence(view.data, view.record, judgement)), notes.length > 0 ? remarks_of(notes) : null),
      build("td", {class: "number"}, short(judgement.threshold)),
      build("td", {class: "number"}, c.true_positive + " of " + (c.true_positive + c.false_negative)),
      build("td", {class: "number"}, c.false_positive + " of " + (c.false_positive + c.true_negative)),
      build("td", {class: "number"}, precision === null ? "–" : precision.toFixed(3)), build("td", {class: "number"}, f1 === null ? "–" : f1.toFixed(3)), cost);
    updates.push(() => {
      pick.checked = is_shown(judgement);
      row.classList.toggle("chosen", pick.checked);
      const sum = expected_cost(c, view.cost);
      cost.textContent = sum === null ? "–" : short(Number((1000 * sum).toPrecision(4)));
    });
    body.append(row);
  });
  const table = build("table", {class: "strategies"}, build("caption", {}, "Strategies on " + view.name),
    build("thead", {}, build("tr", {}, ...heads.map((head, k) => head ? build("th", {scope: "col", class: k > 1 ? "number" : ""}, head) : build("td", {})))), body);
  return {table: scrolled(table, "Strategies"), fill: () => updates.forEach(each => each())};
}

function remarks_of(notes) {
  return build("details", {class: "small"}, build("summary", {}, plural(notes.length, "remark")), build("ul", {}, ...notes.map(each => build("li", {}, each))));
}

function explorer_section() {
  const body = build("div", {}), section = build("section", {id: "threshold"}, build("h2", {}, "Which threshold should I take?"), body);
  let parts = [];
  if (view.judged.length > 1) {
    const choice = build("select", {id: "column"}, ...view.judged.map(name => build("option", {value: name}, name)));
    choice.addEventListener("change", () => show_column(choice.value));
    body.before(build("p", {class: "field"}, build("label", {for: "column"}, "Score"), choice));
  }
  column_followers.push(() => {
    const {figure, follow} = histogram(), table = confusion_table(), figures = reading(), cost = costs(), toml = recipe(), strategies = strategies_table();
    const value = build("input", {type: "number", step: "any", id: "value", inputmode: "decimal"});
    value.addEventListener("input", () => {
      value.setAttribute("aria-invalid", String(!Number.isFinite(value.valueAsNumber)));
      if (Number.isFinite(value.valueAsNumber)) move_threshold(value.valueAsNumber, true);
    });
    const origin = build("span", {class: "faint"});
    body.replaceChildren(
      build("div", {class: "explorer"}, figure, build("div", {}, build("p", {class: "field"}, build("label", {for: "value"}, "Threshold"), value, origin), table.table,
        uncounted(view.data, view.name), figures.list)),
      build("p", {class: "small faint"}, "Beside a share stands its 95\u00a0% interval (Wilson). A threshold that was chosen by looking at these images " +
        "looks better here than it will be on new ones; the strategies have seen calibration images only."),
      strategies.table, build("div", {class: "halves"}, cost.form, toml.box));
    parts = [() => {
      const c = confusion_at(view.kinds, view.threshold);
      table.fill(c);
      figures.fill(c);
      cost.fill(c);
      toml.fill();
      strategies.fill();
      if (document.activeElement !== value) {
        value.value = String(Number(view.threshold.toPrecision(7)));  // as much as the field has room for
        value.setAttribute("aria-invalid", "false");
      }
      const chosen = view.strategies.find(is_shown);
      origin.textContent = chosen ? chosen.method || "by hand" : "set by you";
    }, follow];
  });
  followers.push(() => parts.forEach(part => part()));
  return section;
}
