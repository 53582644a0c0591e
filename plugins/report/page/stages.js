// The graph of the run, drawn, and what each stage took.

/// Stages by layer: each one layer behind the last of those that it reads.
function layers_of(stages) {
  const layer = new Map(), by_name = new Map(stages.map(stage => [stage.name, stage]));
  const feeding = stage => [...new Set(Object.keys(stage.inputs || {}).flatMap(port => sources(stage, port)))].filter(name => by_name.has(name));
  const place = stage => {
    if (layer.has(stage)) return layer.get(stage);
    const at = Math.max(-1, ...feeding(stage).map(name => place(by_name.get(name)))) + 1;
    layer.set(stage, at);
    return at;
  };
  stages.forEach(place);
  const layers = [];
  for (const stage of stages) (layers[layer.get(stage)] = layers[layer.get(stage)] || []).push(stage);
  const edges = stages.flatMap(stage => feeding(stage).map(name => [by_name.get(name), stage]));
  return {layers, edges};
}

/// Sorts each layer by where its neighbours in the layers before (then behind) lie, a few times: the barycentre method of
/// Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures" (1981).
function untangle({layers, edges}) {
  const rank = new Map();
  const note = layer => layer.forEach((stage, k) => rank.set(stage, (k + 0.5) / layer.length));
  layers.forEach(note);
  for (let round = 0; round < 8; ++round) {
    const backwards = round % 2 === 1, order = backwards ? layers.slice().reverse() : layers;
    for (const layer of order) {
      const centre = new Map(layer.map(stage => {
        const near = edges.filter(edge => edge[backwards ? 0 : 1] === stage).map(edge => rank.get(edge[backwards ? 1 : 0]));
        return [stage, near.length > 0 ? near.reduce((sum, each) => sum + each, 0) / near.length : rank.get(stage)];
      }));
      layer.sort((a, b) => centre.get(a) - centre.get(b));
      note(layer);
    }
  }
}

const state_words = {cached: "from the cache", run: "ran", open: "ran as it was read", idle: "not needed", failed: "failed"};

function box_lines(stage) {
  const rate = stage.items_per_second > 0 ? ", " + short(Number(stage.items_per_second.toPrecision(3))) + "/s" : "";
  if (stage.state === "cached" && stage.earlier && stage.earlier.seconds > 0) return "cached, took " + duration(stage.earlier.seconds);
  return stage.state === "cached" ? "cached" : stage.state === "idle" ? "not needed" : duration(stage.seconds) + rate;
}

function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function cut_to(text, length) {
  return text.length > length ? text.slice(0, length - 1) + "…" : text;
}

function graph_drawing(record) {
  const graph = layers_of(record.stages);
  untangle(graph);
  const box = {width: 132, height: 58}, gap = {x: 22, y: 14};  // so that ten layers can still be read side by side
  const most = Math.max(...graph.layers.map(layer => layer.length));
  const height = most * (box.height + gap.y) + 4, width = graph.layers.length * (box.width + gap.x) - gap.x + 4;
  const at = new Map();
  graph.layers.forEach((layer, column) => layer.forEach((stage, k) => at.set(stage,
    {x: 2 + column * (box.width + gap.x), y: 2 + k * (box.height + gap.y)})));
  const lines = graph.edges.map(([from, to]) => {
    const a = at.get(from), b = at.get(to), x = a.x + box.width, y = a.y + box.height / 2, end = b.y + box.height / 2, bend = Math.max(16, (b.x - x) / 2);
    return svg("path", {class: "edge", d: "M" + x + " " + y + "C" + (x + bend) + " " + y + " " + (b.x - bend) + " " + end + " " + b.x + " " + end});
  });
  const longest = Math.max(...record.stages.map(stage => stage.seconds), 1e-9);
  const boxes = record.stages.map(stage => {
    const {x, y} = at.get(stage);
    return svg("g", {class: "stage " + stage.state, transform: "translate(" + x + " " + y + ")"},
      svg("title", {}, document.createTextNode(stage.name + ": " + stage.use + ", " + (state_words[stage.state] || stage.state))),
      svg("rect", {width: box.width, height: box.height, rx: 6}),
      svg("rect", {class: "time", y: box.height - 4, height: 4, rx: 2, width: Math.max(0, box.width * stage.seconds / longest)}),
      svg("text", {class: "name", x: 9, y: 18}, document.createTextNode(cut_to(stage.name, 17))),
      svg("text", {x: 9, y: 33}, document.createTextNode(cut_to(stage.use, 21))),
      svg("text", {class: "took", x: 9, y: 48}, document.createTextNode(box_lines(stage))));
  });
  const drawing = svg("svg", {viewBox: "0 0 " + width + " " + height, width, height, role: "img",
    "aria-label": "The graph: " + plural(record.stages.length, "stage") + "; the table below says the same"}, ...lines, ...boxes);
  drawing.style.minWidth = Math.min(width, 1100) + "px";  // narrower, its words couldn't be read
  return build("div", {class: "scroll graph", tabindex: "0", role: "region", "aria-label": "The graph, drawn"}, drawing);
}

/// The time of a stage, or that of when it ran, where it came from the cache and that is known.
function took(stage) {
  if (stage.earlier) return duration(stage.earlier.seconds);
  return stage.state === "cached" || stage.state === "idle" ? "–" : duration(stage.seconds);
}

/// Why a stage ran, as a sentence's end: "it never ran" was true when that was written.
function why_words(why) {
  return why === "it never ran" ? "because it had not run before" : why;
}

function stages_table(record) {
  const longest = Math.max(...record.stages.map(stage => stage.seconds), 1e-9);
  const rows = record.stages.map(stage => {
    const {seconds, items} = stage.earlier || stage, bar = build("div", {class: "meter"}, build("i", {})), inputs = Object.values(stage.inputs || {}).flat().join(", ");
    bar.firstChild.style.width = 100 * stage.seconds / longest + "%";
    return build("tr", {}, build("th", {scope: "row"}, stage.name, build("div", {class: "small faint"}, stage.use)),
      build("td", {class: "state"}, state_words[stage.state] || stage.state, stage.why ? build("div", {class: "small faint"}, why_words(stage.why)) : ""),
      build("td", {class: "number"}, took(stage), stage.earlier ? build("div", {class: "small faint"}, "when it ran") : "", stage.waiting_seconds > 0 ? build("div", {class: "small faint"}, "waited " + duration(stage.waiting_seconds)) : ""),
      build("td", {class: "wide"}, bar),
      build("td", {class: "number"}, items > 0 ? items.toLocaleString("en") : "–"),
      build("td", {class: "number"}, items > 0 && seconds > 0 ? short(Number((items / seconds).toPrecision(3))) : "–"),
      build("td", {class: "number"}, stage.peak_memory_bytes > 0 ? mebibytes(stage.peak_memory_bytes) : "–"),
      build("td", {class: "small faint reads"}, inputs));
  });
  const heads = [["stage"], ["state"], ["time", "number"], [""], ["items", "number"], ["a second", "number"], ["peak memory", "number"], ["reads"]];
  return scrolled(build("table", {class: "stages"}, heads_row(heads), build("tbody", {}, ...rows)), "Stages");
}

/// " (480 ms to 520 ms)", or nothing where there is no interval.
function duration_range(interval) {
  return interval && interval.low !== undefined ? " (" + duration(interval.low) + " to " + duration(interval.high) + ")" : "";
}

/// What one new image takes for a judge, as sentences; `whose` names the judge where there are several.
function latency_of(latency, whose) {
  const {stages, intervals = {}, earlier = [], unknown} = latency, one = unknown.length === 1;
  return "One new image takes about " + duration(latency.seconds_per_image) + " of processor time" + whose + duration_range(latency) + ": " +
    Object.entries(stages).map(([name, seconds]) => name + " " + duration(seconds) + duration_range(intervals[name])).join(", ") +
    (unknown.length > 0 ? "; " + unknown.join(", ") + " came from the cache and " + (one ? "isn't" : "aren't") + " counted" : "") + "." +
    (earlier.length > 0 ? " What came from the cache was timed by the run that made it: " + earlier.join(", ") + "." : "") +
    (latency.no_interval ? " The sum has no interval: " + latency.no_interval + "." : "");
}

function latency_words(record) {
  const all = latencies(record), known = all.filter(each => each.seconds_per_image !== null);
  if (known.length === 0) return "What one image takes was not measured: " + (all.length === 1 && all[0].no_interval || "nothing on its way was timed") + ".";
  return known.map(each => latency_of(each, all.length > 1 ? " for " + each.judge : "")).join(" ") +
    (known.some(each => each.low !== undefined || Object.keys(each.intervals || {}).length > 0) ? " In brackets: 95\u00a0% intervals, by how the batches of this one measurement differ." : "");
}

function stages_section(record) {
  const section = build("section", {id: "stages"}, build("h2", {}, "What ran, and what it took"));
  if (!record) {
    section.append(build("p", {class: "faint"}, "This copy of the page doesn't know of its run: the one in the run's folder does."));
    return section;
  }
  section.append(build("p", {}, "The whole run took " + duration(record.seconds) + " on " + record.device + " with " + plural(record.threads, "thread") +
    " and at most " + mebibytes(record.peak_memory_bytes) + " of memory. " + latency_words(record)), graph_drawing(record), stages_table(record),
    build("p", {class: "small faint"}, "Time is that of a stage's own code on all threads together; bars are this run's. Peak memory is the whole process's, when the stage had ended."));
  return section;
}
