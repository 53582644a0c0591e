// Pictures: read part by part when they are wanted, maps given their colours here.

const parts = new Map();  // of the gallery, by number, once read

/// The pictures of a row: {pictures, sets}; null where there are none, undefined while the browser hasn't read so far.
function pictures_of(row) {
  const place = view.picture_places.get(row);
  if (place === undefined) return null;
  const number = Math.floor(place / view.data.gallery.each);
  if (!parts.has(number)) {
    const element = document.getElementById("pictures" + number);
    if (!element || document.readyState === "loading" && !element.nextElementSibling) return undefined;
    parts.set(number, JSON.parse(element.textContent));
  }
  return parts.get(number)[place % view.data.gallery.each];
}

/// 256 colours from black by violet to bright yellow, readable by the colour-blind: between nine points of matplotlib's
/// "inferno". The legend is made of the same.
const heat_stops = ["#000004", "#1f0c48", "#550f6d", "#88226a", "#ba3655", "#e35933", "#f98e09", "#f9cb35", "#fcffa4"];
const heat = (() => {
  const stops = heat_stops.map(stop => [1, 3, 5].map(at => parseInt(stop.slice(at, at + 2), 16)));
  return Array.from({length: 256}, (_, i) => {
    const place = i / 255 * (stops.length - 1), k = Math.min(Math.floor(place), stops.length - 2);
    return stops[k].map((value, c) => value + (stops[k + 1][c] - value) * (place - k));
  });
})();

function decoded(uri) {
  const image = new Image();
  image.src = uri;
  return image.decode().then(() => image);
}

function pixels_of(image, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d", {willReadFrequently: true});
  pen.drawImage(image, 0, 0, width, height);
  return pen.getImageData(0, 0, width, height);
}

/// The map in colours, alone or over its image in grey, where it hides at most nine tenths of it.
function paint_map(canvas, levels, original) {
  const width = levels.naturalWidth, height = levels.naturalHeight, map = pixels_of(levels, width, height);
  const below = original ? pixels_of(original, width, height).data : null, out = map.data;
  for (let i = 0; i < out.length; i += 4) {
    const value = out[i], weight = below ? 0.9 * Math.sqrt(value / 255) : 1;
    const grey = below ? 0.299 * below[i] + 0.587 * below[i + 1] + 0.114 * below[i + 2] : 0;
    for (let c = 0; c < 3; ++c) out[i + c] = (1 - weight) * grey + weight * heat[value][c];
  }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").putImageData(map, 0, 0);
}

/// [what, element] of each picture of one set; the map's come once they are decoded.
function picture_elements(own, entry, name, label) {
  const image = number => number === undefined ? null : build("img", {src: own.pictures[number], alt: "", decoding: "async"});
  const canvas = () => build("canvas", {width: 4, height: 3});
  const map = canvas(), over = canvas();
  Promise.all([decoded(own.pictures[entry.map]), decoded(own.pictures[entry.original])]).then(([levels, original]) => {
    paint_map(map, levels, null);
    paint_map(over, levels, original);
  }, () => {});
  const shown = [["original", image(entry.original)], ["reconstruction", image(entry.reconstruction)], ["map", map], ["overlay", over], ["mask", image(entry.mask)]];
  return shown.filter(([, element]) => element !== null).map(([what, element]) => {
    const words = (what === "map" ? "map of " + label : what) + " of " + name;
    if (element.tagName === "IMG") element.alt = words;
    else {
      element.setAttribute("role", "img");
      element.setAttribute("aria-label", words);
    }
    return build("div", {class: "picture " + what}, element, build("span", {}, what));
  });
}
