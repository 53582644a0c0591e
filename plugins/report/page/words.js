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
  auroc_departure: ["AUROC of the departure", "AUROC of how far a trivial score lies from that of calibration images: no label chose its direction."],
  auroc_high: ["AUROC, high", "AUROC where a high value of the trivial score is taken for anomalous."],
  auroc_low: ["AUROC, low", "AUROC where a low value of the trivial score is taken for anomalous."],
  auroc_matched: ["AUROC, matched", "AUROC on pairs of a normal and an anomalous image that the trivial score doesn't tell apart."],
  auroc_over_mean_grey: ["AUROC over mean grey", "AUROC less that of mean grey in the direction that suits it best."],
  pairs: ["Pairs", "How many such pairs there are."],
  threshold: ["Threshold", "Above it a pixel is called anomalous."],
  images_with_mask: ["Images with a mask", "Anomalous test images that say where the anomaly is."],
  regions: ["Defects", "Connected regions of all masks."],
  only_first_right: ["Only the first right", "Images that the first judged rightly and the second wrongly."],
  only_second_right: ["Only the second right", "Images that the second judged rightly and the first wrongly."],
  shared_samples: ["Shared images", "Test images that both have a finite score of; where a pair lacks the number, all have."],
  mcc: ["MCC", "Correlation of verdict and truth (Matthews): 0 for guessing, 1 for perfect, -1 for always wrong."],
};

function figure_name(name) {
  if (name.startsWith("detection_at_")) return "Found at " + percent(Number(name.slice(13)), 1) + " false alarms";
  return (figure_words[name] || [name.replaceAll("_", " ")])[0];
}

/// Texts of other stages without the marks that a terminal needs, and figures by the names that the page gives them.
function plain(text) {
  return text.replaceAll("`", "").replaceAll(" by the given threshold", "").replace(/\bby ([a-z0-9_]+(?:, [a-z0-9_]+)*)/g, (_, names) =>
    "by " + names.split(", ").map(name => figure_words[name] ? inside(figure_name(name)) : name).join(", "));
}

/// A figure's name within a sentence.
function inside(name) {
  return /^[A-Z][a-z]/.test(name) ? name[0].toLowerCase() + name.slice(1) : name;
}

/// Three significant digits or more, so that a figure near 1 still shows how near.
function short(value) {
  if (value === null || value === undefined) return "–";
  if (value === 0 || Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const size = Math.abs(value);
  return size >= 1e-3 && size < 1e6 ? String(Number(value.toPrecision(4))) : value.toExponential(2);
}

function score_text(score) {
  return score === null ? "no score" : short(score);
}

/// A figure between -1 and 1.
function rate(value) {
  return value === null ? "–" : value.toFixed(3);
}

function percent(part, whole) {
  return whole === 0 ? "–" : (100 * part / whole).toFixed(1).replace(/\.0$/, "") + "\u00a0%";
}

/// Both ends of an interval of shares.
function percents(interval, and = "to") {
  return (100 * interval[0]).toFixed(1) + " " + and + " " + (100 * interval[1]).toFixed(1) + "\u00a0%";
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
      ? " (interval " + percents(auroc.interval) + ")" : "";
    parts.push(" puts an anomalous image above a normal one in " + (100 * auroc.value).toFixed(1) + "\u00a0% of all pairs" + bounds + ".");
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
    const {labelled, unlabelled, of} = lacking(data, column), count = labelled.length;
    if (count > 0) out.push(count + " of " + of + " test images " + (test.unknown > 0 ? "with a label " : "") + (count === 1 ? "has" : "have") +
      " no finite score of " + column.name + ", " + (count === 1 ? "" : "the first ") + data.rows[labelled[0]][0] +
      ": its figures, its curves and the threshold below are of the other " + (of - count) + ".");
    if (unlabelled > 0) out.push(plural(unlabelled, "test image") + " without a label " + (unlabelled === 1 ? "has" : "have") +
      " no finite score of " + column.name + ".");
  }
  return [...out, ...missing_pictures(data.gallery)];
}

/// What of an image can't be shown, by the anomalous ones that the page holds pictures of.
function missing_pictures({sets, rows, held, anomalous, without_mask}) {
  if (sets.length === 0) return ["No maps were connected to examples, so no pictures are shown."];
  const out = [], shown = rows.length < held ? " on this page" : "";
  if (anomalous > 0 && without_mask === anomalous)
    out.push("No anomalous test image" + shown + " has a mask: nothing can be said about where anomalies are.");
  else if (without_mask > 0) out.push(without_mask + " of " + plural(anomalous, "anomalous test image") + shown + " " + (without_mask === 1 ? "has" : "have") + " no mask.");
  const alone = sets.filter(set => set.maps > 0 && set.rebuilt === 0).map(set => set.label);
  if (alone.length > 0) out.push("There is no reconstruction to show beside the maps of " + alone.join(", ") + ": they aren't made by comparing two images.");
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

/// How a strategy finds its threshold and what may be expected of it, by its parameters as TOML: "0.95".
const method_words = {
  conformal: s => "At most " + percent(s.false_alarms, 1) + " false alarms are to be expected on average, however the scores are distributed.",
  cost: s => "The least expected cost on calibration scores, where a miss costs " + s.miss + ", a false alarm " + s.false_alarm + ", and " + percent(s.prevalence, 1) + " of all images are anomalous.",
  extreme_value: s => "About " + percent(s.false_alarms, 1) + " false alarms are to be expected, by a tail fitted to the highest " + percent(s.tail, 1) + " of the sound calibration scores.",
  f1: () => "The highest F1 on calibration scores, synthetic anomalies among them.",
  mad: s => "The median of the sound calibration scores and " + s.deviations + " median absolute deviations more.",
  manual: () => "Set by hand, whatever the scores.",
  otsu: () => "The division of the calibration scores into two groups that explains most of their variance.",
  precision: s => percent(s.at, 1) + " of the calibration images that it calls anomalous are so.",
  quantile: s => percent(s.at, 1) + " of the sound calibration images score no higher: " +
    (s.at === 1 ? "few false alarms are to be expected." : "about " + percent(1 - s.at, 1) + " false alarms are to be expected."),
  recall: s => percent(s.at, 1) + " of the anomalous calibration images are found.",
  sigma: s => "The mean of the sound calibration scores and " + s.deviations + " standard deviations more; of normally distributed scores 2 leave 2.3\u00a0% above, 3 leave 0.13\u00a0%.",
  valley: () => "The valley between two peaks of the calibration scores.",
  youden: () => "The highest recall less false alarm rate on calibration scores.",
};

/// A sentence about how this threshold was found; empty where its stage can't be told and its name doesn't say enough.
function method_sentence(data, record, judgement) {
  const [, name, inside] = /^(\w+)(?:\((.*)\))?$/.exec(judgement.method || "") || [];
  if (!Object.hasOwn(method_words, name || "")) return "";
  const settings = Object.fromEntries([...(inside || "").matchAll(/(\w+)=([^,]+)/g)].map(([, key, value]) => [key, value]));
  const alike = record ? record.stages.filter(stage => stage.use === "threshold." + name) : [];
  const cut = record && (cuts_of(record, data.judgements)[data.judgements.indexOf(judgement)] || alike.length === 1 && alike[0]);
  if (cut && cut.use === "threshold." + name) Object.assign(settings, cut.settings);
  for (const [key, value] of Object.entries(settings)) settings[key] = Number(value);
  const words = method_words[name](settings);
  return /NaN|undefined/.test(words) ? "" : words;
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
