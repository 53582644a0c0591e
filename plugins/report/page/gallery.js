// Cases worth looking at, with their pictures.

function build(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter(child => child !== null && child !== ""));  // strings become text, never markup
  return element;
}

function picture(data, number, what, of) {
  if (number === undefined) return null;
  const image = build("img", {src: data.gallery.pictures[number], alt: what + " of " + of, loading: "lazy", decoding: "async"});
  return build("div", {}, image, build("span", {}, what));
}

function case_card(data, judgement, sets, row) {
  const [id, , , category] = data.rows[row];
  const score = data.columns.find(each => each.name === judgement.column).values[row];
  const card = build("figure", {class: "case"});
  const shown = (data.gallery.shown[row] || []).filter(each => sets.includes(each.set));
  for (const each of shown) {
    card.append(build("div", {class: "pictures"},
      picture(data, each.original, "original", id),
      picture(data, each.reconstruction, "reconstruction", id),
      picture(data, each.map, data.gallery.sets[each.set].label, id),
      picture(data, each.mask, "mask", id)));
  }
  if (shown.length === 0 && data.gallery.sets.length > 0)
    card.append(build("p", {class: "small faint"}, "The connected maps don't hold this image."));
  card.append(build("figcaption", {}, build("b", {}, id), category ? " · " + category : "", " · score " + short(score)));
  return card;
}

function gallery(data, index) {
  const judgement = data.judgements[index], chosen = data.gallery.cases[index];
  const out = build("div", {});
  if (chosen.sets.length > 0) {
    const legends = build("p", {}, "Maps lie in colour over the image in grey: violet is a small difference, yellow a large one. ");
    for (const set of chosen.sets) {
      const {label, high} = data.gallery.sets[set];
      legends.append(build("span", {class: "legend"}, label + ": 0", build("i", {}), short(high) + " and more"));
    }
    out.append(legends);
  }
  for (const [key, title, words, none] of case_words) {
    const {count, rows} = chosen[key];
    out.append(build("h3", {}, title + " (" + count + ")"));
    if (count === 0) {
      out.append(build("p", {class: "faint"}, none));
      continue;
    }
    out.append(build("p", {class: "faint small"}, words + (rows.length < count ? " The first " + rows.length + " of " + count + "." : "")));
    out.append(build("div", {class: "cases"}, ...rows.map(row => case_card(data, judgement, chosen.sets, row))));
  }
  return out;
}
