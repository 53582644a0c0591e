// The run's record, which the runtime puts into the page when the run has ended.

/// Null where this copy of the page was never told: one that lies in the cache.
function read_record() {
  const record = JSON.parse(document.getElementById("run").textContent);
  return record && typeof record === "object" ? record : null;
}

function stage_named(record, name) {
  return record.stages.find(stage => stage.name === name);
}

function family(stage) {
  return stage.use.split(".")[0];
}

/// Names of the stages that feed one input of a stage.
function sources(stage, port) {
  return ((stage.inputs || {})[port] || []).map(edge => edge.slice(0, edge.lastIndexOf(".")));
}

/// Which tables a manual threshold on a column is set on: {stages, columns of those tables in their order, sure}.
function scored_by(column) {
  const cannot_tell = {stages: ["score"], columns: [column], sure: false}, {record, data} = view;
  if (!record) return cannot_tell;
  const judges = record.stages.filter(stage => family(stage) === "evaluate" && stage.inputs && stage.inputs.decisions);
  const cuts = judges.flatMap(stage => sources(stage, "decisions")).map(name => stage_named(record, name));
  const columns = data.judgements.map(each => each.column);
  if (cuts.length === columns.length) {
    const cut = cuts[columns.indexOf(column)];
    return {stages: sources(cut, "scores"), columns: [column], sure: true};
  }
  if (cuts.length === 1) return {stages: sources(cuts[0], "scores"), columns, sure: true};
  return cannot_tell;
}

/// The stages that a new image would go through: what the judged thresholds read, back to the data set, not by way of a
/// trained network.
function path_of_an_image(record) {
  const wanted = new Set(), ports = {evaluate: ["decisions"]};
  const visit = stage => {
    for (const port of Object.keys(stage.inputs || {})) {
      if (["network", "networks", "objects"].includes(port) || !(ports[family(stage)] || [port]).includes(port)) continue;
      for (const name of sources(stage, port)) {
        const source = stage_named(record, name);
        if (source && !wanted.has(source) && family(source) !== "train") {
          wanted.add(source);
          visit(source);
        }
      }
    }
  };
  record.stages.filter(stage => family(stage) === "evaluate" && (stage.inputs || {}).decisions).forEach(visit);
  const working = ["dataset", "transform", "infer", "similarity", "hash", "score"];
  return record.stages.filter(stage => wanted.has(stage) && working.includes(family(stage)));
}

/// {seconds, timed, untimed}: processor time for one image, summed over the stages that ran on images.
function latency(record) {
  const path = path_of_an_image(record), timed = path.filter(stage => stage.items > 0 && stage.seconds > 0);
  const untimed = path.filter(stage => stage.state === "cached");
  return {seconds: timed.reduce((sum, stage) => sum + stage.seconds / stage.items, 0), timed, untimed};
}
