// The histogram of scores, and the handle on it that moves the threshold.

/// Bins of equal width. A long tail is cut off, so that it doesn't squeeze the rest: what lies beyond is counted in the
/// last bin, and `beyond` says how many that are.
function bins_for(kinds, thresholds) {
  const all = Float64Array.from([...kinds.normal, ...kinds.anomalous, ...kinds.sound, ...kinds.synthetic]).sort();
  let low = all[0], high = all[all.length - 1];
  const most = all[Math.floor(0.97 * (all.length - 1))];
  if (high - most > 1.2 * (most - low) && most > low) high = most + 0.1 * (most - low);
  const width_before = high - low;
  for (const value of thresholds) {  // near ones are shown; a far one would squeeze everything else
    if (value >= low - width_before && value < low) low = value;
    if (value <= high + width_before && value > high) high = value;
  }
  if (low === high) [low, high] = low === 0 ? [-0.5, 0.5] : [low - Math.abs(low) / 2, high + Math.abs(high) / 2];
  const count = Math.max(8, Math.min(64, Math.round(2 * Math.sqrt(all.length)))), width = (high - low) / count;
  const fill = values => {
    const out = new Array(count).fill(0);
    for (const value of values) ++out[Math.max(0, Math.min(count - 1, Math.floor((value - low) / width)))];
    return out;
  };
  return {low, high, width, count, fill, beyond: count_above(all, high)};
}

function histogram_sets(kinds, bins) {
  const centre = i => bins.low + (i + 0.5) * bins.width;
  const bars = (label, values, name) => ({
    label: label + " (" + values.length + ")", data: bins.fill(values).map((y, i) => ({x: centre(i), y})),
    backgroundColor: see_through(name, 0.5), borderColor: colour(name), borderWidth: 1, grouped: false, barPercentage: 1,
    categoryPercentage: 1, order: 1,
  });
  const steps = (label, values, dash) => {
    const counts = bins.fill(values), points = counts.map((y, i) => ({x: bins.low + i * bins.width, y}));
    points.push({x: bins.high, y: counts[counts.length - 1]});
    return line_set(label + " (" + values.length + ")", points, "calibrate", {stepped: true, borderDash: dash, borderWidth: 1.5, order: 0});
  };
  const sets = [];
  if (kinds.normal.length > 0) sets.push(bars("normal", kinds.normal, "normal"));
  if (kinds.anomalous.length > 0) sets.push(bars("anomalous", kinds.anomalous, "anomalous"));
  if (kinds.sound.length > 0) sets.push(steps("calibration, sound", kinds.sound, [2, 2]));
  if (kinds.synthetic.length > 0) sets.push(steps("calibration, synthetic", kinds.synthetic, [8, 3]));
  return sets;
}

/// A number with as many digits as a step of the handle needs, and no more.
function rounded_to(value, step) {
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return digits > 15 ? value : Number(value.toFixed(digits));
}

function handle_words() {
  const c = confusion_at(view.kinds, view.threshold);
  return short(view.threshold) + ": " + c.false_negative + " missed, " + plural(c.false_positive, "false alarm");
}

/// The handle over a histogram of `bins`: {element, place(chart), follow()}. It is moved by the pointer anywhere in the
/// chart, and by keys; the chart isn't drawn again.
function make_handle(bins) {
  const element = build("div", {class: "handle", role: "slider", tabindex: "0", "aria-label": "threshold on " + view.name,
    "aria-valuemin": String(bins.low), "aria-valuemax": String(bins.high)}, build("i", {}), build("b", {}));
  const step = (bins.high - bins.low) / 500;
  let chart = null;
  const follow = () => {
    if (!chart) return;
    const {left, right} = chart.chartArea;
    const at = Math.max(left, Math.min(right, chart.scales.x.getPixelForValue(view.threshold)));
    element.style.transform = "translateX(" + at + "px)";
    on_paper(element, chart, at, chart.chartArea.top);
    element.classList.toggle("left", at > (left + right) / 2);
    element.lastChild.textContent = short(view.threshold);
    element.setAttribute("aria-valuenow", String(Math.max(bins.low, Math.min(bins.high, view.threshold))));
    element.setAttribute("aria-valuetext", handle_words());
  };
  const place = drawn => {
    chart = drawn;
    element.style.top = chart.chartArea.top + "px";
    element.style.height = chart.chartArea.bottom - chart.chartArea.top + "px";
    element.style.setProperty("--height", 100 * (chart.chartArea.bottom - chart.chartArea.top) / chart.height + "%");
    follow();
  };
  const limited = value => rounded_to(Math.max(bins.low, Math.min(bins.high, value)), step);
  element.addEventListener("keydown", event => {
    const steps = {ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -20, PageUp: 20}[event.key];
    if (steps !== undefined) drag_threshold(limited(view.threshold + steps * (event.shiftKey ? 10 : 1) * step));
    else if (event.key === "Home") drag_threshold(bins.low);
    else if (event.key === "End") drag_threshold(bins.high);
    else return;
    event.preventDefault();
  });
  const listen = frame => {
    const drag = event => drag_threshold(limited(chart.scales.x.getValueForPixel(event.clientX - frame.getBoundingClientRect().left)));
    frame.classList.add("draggable");
    frame.addEventListener("pointerdown", event => {
      if (event.button !== 0 || !chart || event.clientY - frame.getBoundingClientRect().top < chart.chartArea.top) return;
      frame.setPointerCapture(event.pointerId);
      element.focus({preventScroll: true});
      drag(event);
    });
    frame.addEventListener("pointermove", event => {
      if (frame.hasPointerCapture(event.pointerId)) drag(event);
    });
  };
  return {element, place, follow, listen};
}

/// {figure, follow}: the histogram of the column that is shown, with its strategies marked.
function histogram() {
  const {kinds, strategies} = view;
  if (Object.values(kinds).every(values => values.length === 0))
    return {figure: build("p", {class: "notice"}, "There are no scores to draw a histogram of."), follow: () => {}};
  const bins = bins_for(kinds, strategies.map(each => each.threshold).filter(each => each !== null));
  const handle = make_handle(bins);
  const lines = strategies.map((each, index) => ({value: each.threshold, text: String(index + 1)})).filter(each => each.value !== null);
  lines.sort((a, b) => a.value - b.value);
  const beyond = bins.beyond > 0
    ? " " + plural(bins.beyond, "image scores", "images score") + " higher than the axis reaches and are counted in the last bar." : "";
  const figure = chart_figure({
    words: "Histogram of the scores of " + kinds.normal.length + " normal and " + kinds.anomalous.length + " anomalous test images",
    caption: "Images right of the handle are called anomalous. Drag it, or move it with the arrow keys; numbers mark the strategies below." + beyond,
    over: [handle.element], placed: handle.place,
    make: () => ({
      type: "bar",
      data: {datasets: histogram_sets(kinds, bins)},
      options: {
        scales: {
          x: axis(view.name, {min: bins.low, max: bins.high, offset: false, ticks: {color: colour("faint"), maxRotation: 0, includeBounds: false}}),
          y: axis("images", {beginAtZero: true, grace: "12%", ticks: {color: colour("faint"), precision: 0}}),
        },
        plugins: {
          legend: legend(), lines: {lines},
          tooltip: {callbacks: {title: items => short(items[0].parsed.x - bins.width / 2) + " to " + short(items[0].parsed.x + bins.width / 2)}},
        },
      },
    }),
  });
  handle.listen(figure.querySelector(".canvas"));
  return {figure, follow: handle.follow};
}
