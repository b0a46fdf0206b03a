// Dialogs of the browser itself: they hold the focus, close by Escape and give the focus back.

import { h } from "./dom.js";
import { t } from "./words.js";

let count = 0;

/**
 * Opens a dialog of `title` and `content`; `role` "alertdialog" for what needs an answer.
 * Returns `{node, close, say}`: `say(text)` shows an error in it.
 */
export function openDialog({ title, content, role = null, describedBy = null, className = "" }) {
  const id = `dialog-${++count}`;
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const node = h("dialog", { role, class: className, "aria-labelledby": id, "aria-describedby": describedBy },
    h("h2", { id }, title), content, error);
  node.addEventListener("close", () => node.remove());
  document.body.append(node);
  node.showModal();
  return {
    node,
    close: () => node.close(),
    say(text) {
      error.hidden = false;
      error.textContent = text;
    },
  };
}

/** Asks for a yes; `act` is awaited while the dialog stays open, its error is shown in it. */
export function confirmed({ title, text, yes, act, danger = false }) {
  const id = `dialog-text-${++count}`;
  const button = h("button", { type: "button", class: danger ? "danger" : "primary" }, yes);
  const cancel = h("button", { type: "button", onclick: () => dialog.close() }, t("cancel"));
  const content = [h("p", { id }, text), h("p", { class: "buttons" }, button, cancel)];
  const dialog = openDialog({ title, content, role: "alertdialog", describedBy: id });
  cancel.focus();
  button.addEventListener("click", () => whileBusy(button, act, dialog));
  return dialog;
}

/** Runs `act` once, the button disabled meanwhile; closes the dialog, or says the error in it. */
export async function whileBusy(button, act, dialog) {
  button.disabled = true;
  try {
    await act();
    dialog.close();
  } catch (error) {
    dialog.say(error.message);
    button.disabled = false;
  }
}
