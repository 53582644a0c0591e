// The run's record, which the runtime puts into the page when the run has ended.

/// Null where this copy of the page was never told: one that lies in the cache.
function read_record() {
  const record = JSON.parse(document.getElementById("run").textContent);
  return record && typeof record === "object" ? record : null;
}

function stage_named(record, name) {
  return record.stages.find(stage => stage.name === name);
}

/// Names of the stages that feed one input of a stage.
function sources(stage, port) {
  return ((stage.inputs || {})[port] || []).map(edge => edge.slice(0, edge.lastIndexOf(".")));
}

/// The stages that judged what this page shows, in its order; null where the record doesn't say which report this is.
function judges_of(record) {
  const reports = record.stages.filter(stage => stage.use === "report.html");
  if (reports.length !== 1) return null;
  return sources(reports[0], "measures").map(name => stage_named(record, name)).filter(stage => stage && stage.role === "measure");
}

/// The stages that found the judged thresholds, one for each of the page's judgements; or the only one there is, which
/// found all of them. Empty where that can't be told.
function cuts_of(record, judgements) {
  const judges = record && judges_of(record);
  if (!judges) return [];
  const cuts = judges.flatMap(stage => sources(stage, "decisions")).map(name => stage_named(record, name));
  if (cuts.some(cut => !cut)) return [];
  return cuts.length === judgements.length ? cuts : cuts.length === 1 ? judgements.map(() => cuts[0]) : [];
}

/// Which tables a manual threshold on a column is set on: {stages: edges, columns of those tables in their order, sure}.
function scored_by(column) {
  const cannot_tell = {stages: ["score"], columns: [column], sure: false}, {record, data} = view;
  const cuts = cuts_of(record, data.judgements), columns = data.judgements.map(each => each.column);
  const cut = cuts[columns.indexOf(column)], stages = cut && (cut.inputs || {}).scores;
  if (!stages) return cannot_tell;
  return {stages, columns: cuts.length > 1 && cuts.every(each => each === cut) ? columns : [column], sure: true};
}

/// What one new image takes, by the record, for each stage that judged what this page shows.
function latencies(record) {
  const judges = judges_of(record), all = record.latency || [];
  return judges ? all.filter(each => judges.some(judge => judge.name === each.judge)) : all;
}
