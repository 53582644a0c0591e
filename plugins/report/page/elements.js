// Pieces that every part of the page is built of.

function build(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter(child => child !== null && child !== ""));  // strings become text, never markup
  return element;
}

/// A text in which `names` stand between back quotes.
function marked(text) {
  return text.split("`").map((part, k, all) => k % 2 === 1 && k + 1 < all.length ? build("code", {}, part) : part);
}

/// A wide table in a box of its own, which keys can scroll too.
function scrolled(table, words) {
  return build("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": words}, table);
}

/// Copies text() where the browser lets a page from disk do so; selects it otherwise.
function copy_button(text) {
  const button = build("button", {type: "button", class: "copy"}, "Copy");
  const said = words => {
    button.textContent = words;
    setTimeout(() => button.textContent = "Copy", 1500);
  };
  button.addEventListener("click", () => {
    const select = () => {
      getSelection().selectAllChildren(button.parentElement.querySelector("pre"));
      said("Selected");
    };
    if (navigator.clipboard) navigator.clipboard.writeText(text()).then(() => said("Copied"), select);
    else select();
  });
  return button;
}

function copied(text) {
  return build("div", {class: "copied"}, build("pre", {tabindex: "0"}, build("code", {}, text)), copy_button(() => text));
}

function heads_row(heads) {
  return build("thead", {}, build("tr", {}, ...heads.map(([words, kind]) => words ? build("th", {scope: "col", class: kind || ""}, words) : build("td", {}))));
}
