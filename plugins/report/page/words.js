"use strict";

// Numbers and sentences.

const figure_words = {
  auroc: ["AUROC", "How often an anomalous image scores above a normal one, over all such pairs; a tie counts half. " +
    "Needs no threshold. Guessing gives 0.5, perfect order 1."],
  average_precision: ["Average precision", "Precision while going down the ranking, averaged over the anomalous images. " +
    "Needs no threshold. Guessing gives the share of anomalous images."],
  accuracy: ["Accuracy", "Share of all images that were judged rightly. Says little where one kind is rare."],
  balanced_accuracy: ["Balanced accuracy", "Mean of recall and specificity, so that both kinds count alike. Guessing gives 0.5."],
  precision: ["Precision", "Of the images called anomalous, the share that is. Depends on how many anomalous ones were tested."],
  recall: ["Recall", "Of the anomalous images, the share that was found."],
  specificity: ["Specificity", "Of the normal images, the share that was let pass; the rest are false alarms."],
  f1: ["F1", "Harmonic mean of precision and recall."],
  pixel_auroc: ["Pixel AUROC", "How often an anomalous pixel scores above a normal one, over all such pairs. Large defects and normal " +
    "background weigh most."],
  pixel_average_precision: ["Pixel average precision", "Precision while going down the ranking of all pixels. Guessing gives the share of " +
    "anomalous pixels."],
  aupro: ["AUPRO", "Share of each defect that is covered, averaged over defects and over false alarms up to a limit: small defects count as " +
    "much as large ones."],
  dice: ["Dice", "Twice what map and mask share, over the sum of both, at the threshold."],
  iou: ["IoU", "What map and mask share over what either covers, at the threshold."],
  mcc: ["MCC", "Correlation of verdict and truth (Matthews): 0 for guessing, 1 for perfect, -1 for always wrong."],
};

function figure_name(name) {
  if (name.startsWith("detection_at_")) return "Found at " + percent(Number(name.slice(13)), 1) + " false alarms";
  return (figure_words[name] || [name.replaceAll("_", " ")])[0];
}

/// Three significant digits or more, so that a figure near 1 still shows how near.
function short(value) {
  if (value === null || value === undefined) return "–";
  if (value === 0 || Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e6 ? String(Number(value.toPrecision(4))) : value.toExponential(2);
}

/// A figure between -1 and 1.
function rate(value) {
  return value === null ? "–" : value.toFixed(3);
}

function percent(part, whole) {
  return whole === 0 ? "–" : (100 * part / whole).toFixed(1).replace(/\.0$/, "") + "\u00a0%";
}

function plural(count, one, many) {
  return count + " " + (count === 1 ? one : many || one + "s");
}

function has_interval(figure) {
  return figure.interval !== null && !figure.interval.includes(null);
}

function interval_text(figure) {
  return has_interval(figure) ? rate(figure.interval[0]) + " to " + rate(figure.interval[1]) : "";
}

function find_figure(judgement, name) {
  return judgement.figures.find(figure => figure.name === name);
}

/// The answer for one threshold, in a sentence or two.
function answer(judgement) {
  const c = judgement.confusion;
  const anomalous = c.true_positive + c.false_negative, normal = c.true_negative + c.false_positive;
  const auroc = known_figure(judgement, "auroc");
  const parts = [];
  if (auroc) {
    const bounds = has_interval(auroc)
      ? " (interval " + (100 * auroc.interval[0]).toFixed(1) + " to " + (100 * auroc.interval[1]).toFixed(1) + " %)" : "";
    parts.push(" puts an anomalous image above a normal one in " + (100 * auroc.value).toFixed(1) + " % of all pairs" + bounds + ".");
  }
  if (anomalous + normal === 0) {
    parts.push((auroc ? " At its threshold it" : "") + " could not be judged: there is no test image with a label.");
  } else {
    const found = anomalous > 0 ? "finds " + c.true_positive + " of " + plural(anomalous, "anomalous image") : "";
    const alarms = normal > 0 ? "calls " + c.false_positive + " of " + plural(normal, "normal image") + " anomalous by mistake" : "";
    parts.push((auroc ? " At its threshold it " : " at its threshold ") + [found, alarms].filter(Boolean).join(" and ") + ".");
  }
  return parts.join("");
}

/// What a reader would look for and not find.
function missing(data) {
  const test = data.counts.test, out = [];
  if (data.judgements.length === 0) out.push("No threshold was judged, so there are no figures.");
  const judged = test.normal + test.anomalous;
  if (judged === 0) out.push("There are no test images with a label.");
  else if (test.anomalous === 0) out.push("There are no anomalous test images: nothing can be said about how many would be found.");
  else if (test.normal === 0) out.push("There are no normal test images: nothing can be said about false alarms.");
  if (judged > 0 && judged < 30)
    out.push("Only " + plural(judged, "test image") + " with a label: the figures could be very different on others.");
  if (test.unknown > 0) out.push(plural(test.unknown, "test image") + " without a label " + (test.unknown === 1 ? "was" : "were") + " scored and not judged.");
  for (const column of data.columns) {
    const count = column.values.filter((value, row) => value === null && data.rows[row][2] === "test").length;
    if (count > 0) out.push(plural(count, "score") + " of " + column.name + " on test images " + (count === 1 ? "is" : "are") +
      " not finite: the threshold below leaves them out.");
  }
  if (data.gallery.sets.length === 0) out.push("No maps were connected to examples, so no pictures are shown.");
  return out;
}

function known_figure(judgement, name) {
  return judgement.figures.find(figure => figure.name === name && figure.value !== null);
}

/// Where a threshold comes from: nothing was fitted to, where it stands in the graph.
function fitted_words(judgement) {
  return judgement.fitted === 0 ? "set in the graph" : "from " + plural(judgement.fitted, "calibration score") +
    (judgement.anomalies ? ", synthetic ones among them" : "");
}

/// Seconds, in the unit that suits them.
function duration(seconds) {
  if (seconds < 1e-3) return Number((seconds * 1e6).toPrecision(2)) + " µs";
  if (seconds < 1) return Number((seconds * 1e3).toPrecision(3)) + " ms";
  if (seconds < 90) return Number(seconds.toPrecision(3)) + " s";
  return Math.floor(seconds / 60) + " min " + Math.round(seconds % 60) + " s";
}

function mebibytes(bytes) {
  return Math.round(bytes / 2 ** 20) + " MiB";
}
