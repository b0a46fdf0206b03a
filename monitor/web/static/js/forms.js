// Labelled inputs.

import { h } from "./dom.js";

let count = 0;

/** `{node, input}`: an input under its label, with an optional line of help. */
export function field(label, attributes = {}, help = null) {
  const id = `field-${++count}`;
  const input = h("input", { id, "aria-describedby": help ? `${id}-help` : null, ...attributes });
  const line = help ? h("span", { id: `${id}-help`, class: "help" }, help) : null;
  return { node: h("p", { class: "field" }, h("label", { for: id }, label), input, line), input };
}

/** `{node, input}`: a choice of `[value, words]` pairs. */
export function select(label, options, chosen) {
  const id = `field-${++count}`;
  const input = h("select", { id }, options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
  return { node: h("p", { class: "field" }, h("label", { for: id }, label), input), input };
}

/** `{node, input}`: a box to tick, its label beside it. */
export function tick(label, checked = false, attributes = {}) {
  const id = `field-${++count}`;
  const input = h("input", { id, type: "checkbox", checked, ...attributes });
  return { node: h("p", { class: "field tick" }, input, h("label", { for: id }, label)), input };
}

/** A form whose button runs `act`; what goes wrong is said in it. */
export function form(content, buttonText, act) {
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const button = h("button", { type: "submit", class: "primary" }, buttonText);
  return h("form", { onsubmit: submit }, content, error, h("p", { class: "buttons" }, button));

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    error.hidden = true;
    try {
      await act();
    } catch (problem) {
      error.hidden = false;
      error.textContent = problem.message;
    } finally {
      button.disabled = false;
    }
  }
}
