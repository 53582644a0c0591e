// The gallery: every test image with its pictures, sorted and filtered; it follows the threshold.

const outcome_words = {
  missed: ["missed", "✗", "anomalous, let pass"], alarm: ["false alarm", "!", "normal, called anomalous"],
  found: ["found", "✓", "anomalous, called so"], passed: ["let pass", "·", "normal, let pass"], missing: ["no score", "∅", "without a finite score"],
  unknown: ["no verdict", "?", "without a label"],
};
const orders = {
  error: ["the most wrong first", (score, label, threshold) => label === "anomalous" ? threshold - score : score - threshold],
  high: ["the highest score first", score => score], low: ["the lowest score first", score => -score], name: ["by name", null],
};
const page_step = 24;

const shown_cases = {rows: [], only: "all", order: "error", set: 0, count: page_step, cards: new Map(), list: []};

function verdict(row) {
  return outcome(view.data.rows[row][1], view.column.values[row], view.threshold);
}

function badge(kind) {
  return build("span", {class: "badge " + kind, title: outcome_words[kind][2]}, outcome_words[kind][1] + " " + outcome_words[kind][0]);
}

function fill_pictures(box, row) {
  const own = pictures_of(row), name = view.data.rows[row][0];
  if (own === undefined) return false;  // not read yet
  const entry = own && own.sets.find(each => each.set === shown_cases.set);
  if (entry) box.replaceChildren(...picture_elements(own, entry, name, view.data.gallery.sets[entry.set].label));
  else if (view.data.gallery.sets.length > 0) box.replaceChildren(build("p", {class: "small faint"}, "The connected maps don't hold this image."));
  return true;
}

/// Puts the cards into the box in this order. Those that are in their place stay untouched and the one with the focus
/// keeps it; where it is gone, `instead` has the focus: it must not fall out of the gallery.
function arrange(box, cards, instead) {
  const focused = box.contains(document.activeElement) ? document.activeElement : null;
  cards.forEach((card, k) => {
    if (box.children[k] !== card) box.insertBefore(card, box.children[k] || null);
  });
  while (box.children.length > cards.length) box.lastElementChild.remove();
  if (focused && focused !== document.activeElement) (focused.isConnected ? focused : instead).focus({preventScroll: true});
}

/// {element, follow}: an image with its verdict.
function case_card(row) {
  const [id, , , category] = view.data.rows[row];
  const mark = build("span", {}), score = build("span", {class: "score"}), box = build("div", {class: "pictures"});
  const open = build("button", {type: "button", class: "name", title: id}, id);
  open.addEventListener("click", () => open_case(row));
  box.addEventListener("click", () => open_case(row));
  const element = build("article", {class: "case"}, build("div", {class: "about"}, mark, score), box,
    build("p", {class: "small"}, open, build("span", {class: "faint"}, category)));
  if (!fill_pictures(box, row)) addEventListener("load", () => fill_pictures(box, row), {once: true});
  let kind = null;
  return {element, follow: () => {
    const now = verdict(row);
    score.textContent = score_text(view.column.values[row]);
    if (now === kind) return;
    kind = now;
    mark.replaceChildren(badge(kind));
  }};
}

function chosen_cases() {
  const {rows, only, order} = shown_cases, value = row => view.column.values[row];
  const list = only === "all" ? rows.slice() : rows.filter(row => verdict(row) === only);
  const key = orders[order][1];
  if (!key) return list.sort((a, b) => view.data.rows[a][0] < view.data.rows[b][0] ? -1 : 1);
  const keys = new Map(list.map(row => {
    const score = value(row), label = view.data.rows[row][1];
    return [row, score === null || order === "error" && label === "unknown" ? -Infinity : key(score, label, view.threshold)];
  }));
  return list.sort((a, b) => keys.get(b) - keys.get(a) || a - b);
}

function gallery_filters(refresh) {
  const buttons = {}, box = build("div", {class: "filters", role: "group", "aria-label": "Show"});
  for (const kind of ["all", "missed", "alarm", "found", "passed", "missing", "unknown"]) {
    buttons[kind] = build("button", {type: "button", "aria-pressed": String(kind === "all")});
    buttons[kind].addEventListener("click", () => {
      shown_cases.only = kind;
      shown_cases.count = page_step;
      for (const [name, button] of Object.entries(buttons)) button.setAttribute("aria-pressed", String(name === kind));
      refresh();
    });
    box.append(buttons[kind]);
  }
  const fill = () => {
    const counts = {all: shown_cases.rows.length, missed: 0, alarm: 0, found: 0, passed: 0, missing: 0, unknown: 0};
    for (const row of shown_cases.rows) ++counts[verdict(row)];
    for (const [kind, button] of Object.entries(buttons)) {
      const words = kind === "all" ? "all" : outcome_words[kind][1] + " " + (kind === "alarm" ? "false alarms" : outcome_words[kind][0]);
      button.textContent = words + " " + counts[kind];
      button.hidden = (kind === "unknown" || kind === "missing") && counts[kind] === 0;
    }
  };
  const choose = kind => buttons[kind].click();
  return {box, fill, choose};
}

function select_field(id, label, options, change) {
  const select = build("select", {id}, ...options.map(([value, words]) => build("option", {value}, words)));
  select.addEventListener("change", () => change(select.value));
  return build("p", {class: "field"}, build("label", {for: id}, label), select);
}

/// How many pictures the images of a set have at most: original, map and overlay, and what not every set has.
function columns_of(set) {
  return set ? 3 + (set.rebuilt > 0) + (set.masked > 0) : 3;
}

function gallery_legend() {
  const {label, high} = view.data.gallery.sets[shown_cases.set] || {};
  if (label === undefined) return "";
  const bar = build("i", {});
  bar.style.background = "linear-gradient(90deg, " + heat_stops.join(", ") + ")";
  return build("span", {class: "legend"}, label + ": 0", bar, short(high) + " and more");
}

/// Which test images the gallery has, said where it hasn't all.
function gallery_limits() {
  const {gallery} = view.data, test = view.data.rows.filter(row => row[2] === "test").length, out = [];
  if (gallery.sets.length === 0) return "";
  if (gallery.rows.length < gallery.held)
    out.push("Pictures of the " + gallery.rows.length + " most telling of " + gallery.held + " test images are on this page.");
  if (gallery.held < test) out.push("The connected maps hold " + gallery.held + " of " + test + " test images.");
  return out.length > 0 ? build("p", {class: "small faint"}, out.join(" ")) : "";
}

function gallery_section() {
  const {gallery} = view.data, state = shown_cases;
  view.picture_places = new Map(gallery.rows.map((row, place) => [row, place]));
  state.rows = gallery.rows.length > 0 ? gallery.rows : view.data.rows.map((_, row) => row).filter(row => view.data.rows[row][2] === "test");
  if (state.rows.length === 0) return null;
  const cases = build("div", {class: "cases"}), more = build("button", {type: "button", class: "more"}), legends = build("p", {}), none = build("p", {class: "faint"});
  const refresh = () => {
    state.list = chosen_cases();
    const visible = state.list.slice(0, state.count);
    if (state.list.length === 0) box.scrollTop = 0;
    const last = cases.lastElementChild, waited = document.activeElement === more;
    arrange(cases, visible.map(row => {
      if (!state.cards.has(row)) state.cards.set(row, case_card(row));
      state.cards.get(row).follow();
      return state.cards.get(row).element;
    }), box);
    const left = state.list.length - visible.length;
    if (waited && left <= 0) (last && last.nextElementSibling ? last.nextElementSibling.querySelector("button") : box).focus({preventScroll: true});
    more.hidden = left <= 0;
    more.textContent = "Show " + Math.min(left, page_step) + " more of " + left;
    none.textContent = state.list.length === 0 ? "None at this threshold." : "";
    filters.fill();
  };
  const filters = gallery_filters(refresh);
  const show_more = () => {
    state.count += page_step;
    refresh();
  };
  more.addEventListener("click", () => {
    const last = cases.lastElementChild;
    show_more();
    if (last.nextElementSibling) last.nextElementSibling.querySelector("button").focus();
  });
  // A box of its own, so that what comes after a thousand images can be reached by scrolling too.
  const box = build("div", {class: "shelf", tabindex: "0", role: "region", "aria-label": "Test images"}, cases, more);
  const skip = build("a", {class: "skip", href: "#behind_images"}, "Skip the images"), behind = build("div", {id: "behind_images", tabindex: "-1"});
  const give_columns = () => {
    const columns = columns_of(gallery.sets[state.set]);
    box.style.setProperty("--columns", columns);
    box.style.setProperty("--columns-narrow", Math.ceil(columns / 2));
  };
  give_columns();
  const near = new IntersectionObserver(entries => {
    if (more.hidden || !entries.some(entry => entry.isIntersecting)) return;
    show_more();
    near.unobserve(more);  // observed anew, it tells if that wasn't enough
    near.observe(more);
  }, {root: box, rootMargin: "600px"});
  near.observe(more);
  const anew = change => value => {
    change(value);
    state.count = page_step;
    refresh();
  };
  const controls = build("div", {class: "controls"}, filters.box,
    select_field("order", "Sort", Object.entries(orders).map(([key, [words]]) => [key, words]), anew(value => state.order = value)));
  if (gallery.sets.length > 1)
    controls.append(select_field("set", "Maps", gallery.sets.map((set, k) => [String(k), set.label]), anew(value => {
      state.set = Number(value);
      state.cards.clear();
      give_columns();
      legends.replaceChildren(gallery_legend());
    })));
  legends.append(gallery_legend());
  const later = now_and_then(200, refresh);
  column_followers.push(() => {
    const own = gallery.sets.findIndex(set => view.name.startsWith(set.label + " "));
    if (own >= 0 && own !== state.set) {
      const select = controls.querySelector("#set");
      select.value = String(own);
      select.dispatchEvent(new Event("change"));
    }
    state.count = page_step;
  });
  followers.push(() => {
    for (const row of state.list.slice(0, state.count)) state.cards.get(row).follow();
    later();
  });
  view.show_outcome = filters.choose;
  return build("section", {id: "images"}, build("h2", {}, "What does it get wrong?"),
    build("p", {class: "faint"}, "Every test image under the threshold above. Choose one for larger pictures."), controls, legends, gallery_limits(), none, skip, box, behind);
}
