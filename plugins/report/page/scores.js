// Arithmetic on scores: what any threshold would do.

/// How many of the ascending numbers are greater than `value`.
function count_above(sorted, value) {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] > value) high = middle;
    else low = middle + 1;
  }
  return sorted.length - low;
}

/// The finite scores of one column by kind, each ascending: test images with a label, and calibration images, the sound
/// ones and those that were damaged on purpose.
function kinds_of(data, column) {
  const kinds = {normal: [], anomalous: [], sound: [], synthetic: []};
  data.rows.forEach(([, label, split], row) => {
    const value = column.values[row];
    if (value === null) return;
    if (split === "test" && label !== "unknown") kinds[label].push(value);
    if (split === "calibrate") kinds[label === "anomalous" ? "synthetic" : "sound"].push(value);
  });
  for (const name of Object.keys(kinds)) kinds[name] = Float64Array.from(kinds[name]).sort();
  return kinds;
}

/// The test images without a finite score in a column: {labelled: their rows, unlabelled: how many more, of: how many
/// have a label}.
function lacking(data, column) {
  const out = {labelled: [], unlabelled: 0, of: 0};
  data.rows.forEach(([, label, split], row) => {
    if (split !== "test") return;
    if (label !== "unknown") ++out.of;
    if (column.values[row] !== null) return;
    if (label === "unknown") ++out.unlabelled;
    else out.labelled.push(row);
  });
  return out;
}

function confusion_at(kinds, threshold) {
  const found = count_above(kinds.anomalous, threshold), alarms = count_above(kinds.normal, threshold);
  return {true_positive: found, false_negative: kinds.anomalous.length - found,
    false_positive: alarms, true_negative: kinds.normal.length - alarms};
}

/// Interval of a share at 95 %: Wilson, "Probable inference, the law of succession, and statistical inference" (Journal of
/// the American Statistical Association 22, 1927).
function wilson(hits, trials) {
  if (trials === 0) return null;
  const z = 1.959963984540054, share = hits / trials, whole = 1 + z * z / trials;
  const middle = (share + z * z / (2 * trials)) / whole;
  const half = z * Math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / whole;
  return [hits === 0 ? 0 : Math.max(0, middle - half), hits === trials ? 1 : Math.min(1, middle + half)];
}

/// [name, value or null, interval or null] of what a threshold is judged by.
function figures_of(c) {
  const anomalous = c.true_positive + c.false_negative, normal = c.false_positive + c.true_negative;
  const called = c.true_positive + c.false_positive;
  const share = (hits, trials) => trials > 0 ? hits / trials : null;
  const f1 = share(2 * c.true_positive, 2 * c.true_positive + c.false_positive + c.false_negative);
  return [
    ["recall", share(c.true_positive, anomalous), wilson(c.true_positive, anomalous)],
    ["precision", share(c.true_positive, called), wilson(c.true_positive, called)],
    ["specificity", share(c.true_negative, normal), wilson(c.true_negative, normal)],
    ["f1", anomalous > 0 ? f1 : null, null],
  ];
}

/// What an image costs in the mean, where the share `prevalence` of all images is anomalous; null where the test images
/// are of one kind. The same sum that threshold.cost makes as small as it can.
function expected_cost(c, {miss, false_alarm, prevalence}) {
  const anomalous = c.true_positive + c.false_negative, normal = c.false_positive + c.true_negative;
  if (anomalous === 0 || normal === 0) return null;
  return miss * prevalence * c.false_negative / anomalous + false_alarm * (1 - prevalence) * c.false_positive / normal;
}

/// How often a score of `values` lies above one of the ascending `others`; a tie counts half. Null where one is empty.
function share_above(values, others) {
  if (values.length === 0 || others.length === 0) return null;
  const negated = others.map(value => -value).reverse();
  let sum = 0;
  for (const value of values) sum += (others.length - count_above(others, value) + count_above(negated, -value)) / 2;
  return sum / (values.length * others.length);
}

/// "found", "missed", "alarm", "passed"; "unknown" where the image has no label, "missing" where it has no finite score.
function outcome(label, score, threshold) {
  if (label === "unknown") return "unknown";
  if (score === null) return "missing";
  if (label === "anomalous") return score > threshold ? "found" : "missed";
  return score > threshold ? "alarm" : "passed";
}
