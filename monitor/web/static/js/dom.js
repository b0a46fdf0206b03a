// Builds elements without any markup in strings, so that nothing a camera, a user or a database says becomes markup.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. `props`: on… functions, `vars` (CSS custom properties), anything else an attribute. */
export function h(tag, props, ...children) {
  return filled(document.createElement(tag), props, children);
}

/** The same for SVG. */
export function svg(tag, props, ...children) {
  return filled(document.createElementNS(SVG, tag), props, children);
}

function filled(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name === "vars") Object.entries(value).forEach(([key, item]) => node.style.setProperty(key, item));
    else if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else setAttr(node, name, value);
  }
  node.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Sets an attribute only where it differs; null, undefined and false take it away. */
export function setAttr(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else {
    const text = value === true ? "" : String(value);
    if (node.getAttribute(name) !== text) node.setAttribute(name, text);
  }
}

/** Sets text only where it differs, so that a screen reader and a selection are left alone. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Replaces the children of `node` when `mark` differs from the mark of the last time. */
export function refill(node, mark, build) {
  if (node.dataset.mark === mark) return;
  node.dataset.mark = mark;
  node.replaceChildren(...[build()].flat(2).filter(Boolean));
}

/**
 * A list whose elements stay the same elements as long as their key stays: `make(item)` gives
 * `{node, update}`. Returns a function to be called with the items, in the order wanted.
 */
export function keyed(parent, keyOf, make) {
  const known = new Map();
  return (items) => {
    const wanted = new Set(items.map(keyOf));
    for (const [key, entry] of known) {
      if (wanted.has(key)) continue;
      entry.node.remove();
      known.delete(key);
    }
    items.forEach((item, place) => {
      const key = keyOf(item);
      if (!known.has(key)) known.set(key, make(item));
      const entry = known.get(key);
      if (parent.children[place] !== entry.node) parent.insertBefore(entry.node, parent.children[place] ?? null);
      entry.update(item);
    });
  };
}
