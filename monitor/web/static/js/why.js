// The heatmap on demand: what the model looks at now.

import { get, path } from "./api.js";
import { h } from "./dom.js";
import { makeEvidence } from "./evidence.js";
import { t } from "./words.js";

/** `{node, update(bed)}`. */
export function makeWhy(bed) {
  const button = h("button", { type: "button", onclick: ask }, t("why.ask"));
  const note = h("p", { class: "quiet", role: "status" }, t("why.help"));
  const holder = h("div");
  const node = h("div", {}, h("p", { class: "buttons" }, button), note, holder);

  async function ask() {
    button.disabled = true;
    note.textContent = t("why.waiting");
    try {
      const evidence = await get(path(["beds", bed, "heatmap"]));
      holder.replaceChildren(makeEvidence(evidence));
      note.textContent = "";
      button.textContent = t("why.again");
    } catch (error) {
      note.textContent = error.status === 404 || error.status === 503 ? t("why.none") : error.message;
      holder.replaceChildren();
    } finally {
      button.disabled = false;
    }
  }

  return {
    node,
    update(next) {
      // what was seen before the pause is not shown during it
      if (next.privacy_until && holder.firstChild) holder.replaceChildren();
    },
  };
}
