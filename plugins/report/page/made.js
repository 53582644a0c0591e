// Training, and how the page came to be.

function loss_figure(curve) {
  const points = curve.steps.map((x, i) => ({x, y: curve.values[i]})).filter(point => point.x !== null && point.y !== null);
  if (points.length === 0) return build("p", {class: "notice"}, "The curve " + curve.name + " holds no finite value.");
  const values = points.map(point => point.y), low = Math.min(...values), high = Math.max(...values);
  const type = low > 0 && high / low > 30 ? "logarithmic" : "linear";
  return chart_figure({
    words: curve.name + " from " + short(values[0]) + " to " + short(values[values.length - 1]),
    caption: curve.name + ": " + short(values[0]) + " at first, " + short(values[values.length - 1]) + " at last" + (type === "logarithmic" ? "; logarithmic scale." : "."),
    make: () => ({type: "line", data: {datasets: [line_set(curve.name, points, "normal", {pointRadius: points.length < 40 ? 2 : 0})]},
      options: {scales: {x: axis("step"), y: axis(curve.name, {type})}, plugins: {legend: {display: false}}}}),
  });
}

/// What training saw: damaged, as it was, and what the network made of it.
function example_card(example) {
  const picture = (uri, what) => build("div", {class: "picture"}, build("img", {src: uri, alt: what + " of " + example.id, loading: "lazy", decoding: "async"}), build("span", {}, what));
  return build("article", {class: "case"}, build("div", {class: "pictures"}, picture(example.input, "synthetic input"), picture(example.target, "as it was"),
    picture(example.output, "reconstruction")), build("p", {class: "small name"}, example.id));
}

function training_section(data) {
  if (data.networks.length === 0) return null;
  const section = build("section", {id: "training"}, build("h2", {}, "Training"));
  data.networks.forEach((network, index) => {
    if (data.networks.length > 1) section.append(build("h3", {}, "Network " + (index + 1)));
    section.append(build("p", {}, network.parameters.toLocaleString("en") + " trainable numbers, images of " + network.width + " × " + network.height + " with " +
      plural(network.channels, "channel") + "."));
    if (network.curves.length === 0) section.append(build("p", {class: "notice"}, "This network keeps no loss curve."));
    section.append(build("div", {class: "curves"}, ...network.curves.map(loss_figure)));
    if (network.examples.length > 0)
      section.append(build("h3", {}, "What training saw"), build("div", {class: "cases"}, ...network.examples.map(example_card)));
    section.append(build("details", {}, build("summary", {}, "Architecture"), build("pre", {tabindex: "0"}, network.architecture.trim())));
  });
  return section;
}

function facts(pairs) {
  return build("dl", {class: "facts"}, ...pairs.filter(([, value]) => value !== "" && value !== undefined).map(([name, value]) =>
    build("div", {}, build("dt", {}, name), build("dd", {}, value))));
}

function folded(title, ...content) {
  return build("details", {}, build("summary", {}, title), ...content);
}

/// What the run warned of, at most so many of it.
function warnings_notice({warnings}, most) {
  const items = warnings.slice(0, most).map(({stage, text}) => build("li", {}, stage ? build("b", {}, stage + ": ") : "", ...marked(text)));
  if (items.length < warnings.length)
    items.push(build("li", {}, build("a", {href: "#made"}, "and " + plural(warnings.length - items.length, "warning") + " more")));
  return build("div", {class: "notice"}, build("b", {}, plural(warnings.length, "warning") + " of the run"), build("ul", {}, ...items));
}

function made_section(record) {
  const section = build("section", {id: "made"}, build("h2", {}, "How it was made"));
  if (!record) {
    section.append(build("p", {class: "faint"}, "This copy of the page doesn't know of its run: seeds, versions, digests and the command stand in the one in the run's folder."));
    return section;
  }
  if (record.warnings.length > 0) section.append(warnings_notice(record, Infinity));
  else section.append(build("p", {}, "The run gave no warning."));
  section.append(build("h3", {}, "The command that repeats it"), copied(record.command), facts([
    ["graph", record.graph + (record.file ? " (" + record.file + ")" : "")], ["started", when(record.started)], ["finished", when(record.finished)],
    ["status", record.status], ["seed", String(record.seed)], ["device", record.device], ["threads", String(record.threads)], ["fettle", record.fettle]]));
  const reads = record.stages.flatMap(stage => Object.entries(stage.reads || {}).map(([path, digest]) => [stage.name, path, digest]));
  const row = (head, ...cells) => build("tr", {}, build("th", {scope: "row"}, head), ...cells.map(cell => build("td", {class: "digest"}, cell)));
  if (reads.length > 0)
    section.append(folded("Data, " + plural(reads.length, "digest"), scrolled(build("table", {class: "small"}, heads_row([["stage"], ["read"], ["digest"]]),
      build("tbody", {}, ...reads.map(each => row(...each)))), "Data")));
  section.append(
    folded("Seeds and keys of " + plural(record.stages.length, "stage"), scrolled(build("table", {class: "small"}, heads_row([["stage"], ["seed"], ["key"]]),
      build("tbody", {}, ...record.stages.map(stage => row(stage.name, exact_seed(stage), stage.key)))), "Seeds and keys")),
    folded(plural(record.plugins.length, "plugin"), scrolled(build("table", {class: "small"}, heads_row([["plugin"], ["version"], ["built"]]),
      build("tbody", {}, ...record.plugins.map(plugin => row(plugin.name, plugin.version, plugin.abi + (plugin.built ? " | " + plugin.built : ""))))), "Plugins")),
    folded("The graph, every default filled in", copied(record.resolved)));
  return section;
}

/// Seeds have 64 bits, more than a number of JavaScript: read from the record's text.
function exact_seed(stage) {
  const text = document.getElementById("run").textContent, at = text.indexOf("\"key\":\"" + stage.key + "\"");
  const found = at < 0 ? null : /"seed":(\d+)/.exec(text.slice(at, at + 4000));
  return found ? found[1] : String(stage.seed);
}

function when(text) {
  return text.replace("T", " ").replace(/\.\d+Z$/, " UTC");
}
