// Taking notice of an alert, with what was found at the bed.

import { path, post } from "./api.js";
import { sayQuietly } from "./announce.js";
import { placeOf, topicWords } from "./bed_words.js";
import { openDialog, whileBusy } from "./dialog.js";
import { h } from "./dom.js";
import { refresh } from "./ward.js";
import { said, t } from "./words.js";

const VERDICTS = ["pain", "other_need", "false"];

/** Opens the question. `alert` may be one of the snapshot or of the list of past alerts. */
export function acknowledge(bed, alert, { late = false, done = () => {} } = {}) {
  const id = "acknowledge-text";
  // first what is true before anybody stands at the bed; a fault of the technology has no finding
  const technical = alert.kind === "technical";
  const answers = [...(late ? [] : [null]), ...(technical ? [] : VERDICTS)];
  const buttons = answers.map((verdict) => answer(verdict));
  const cancel = h("button", { type: "button", onclick: () => dialog.close() }, t("cancel"));
  const dialog = openDialog({
    role: "alertdialog",
    className: "acknowledge",
    describedBy: id,
    title: placeOf(bed),
    content: [
      h("div", { id },
        h("p", { class: "lead" }, topicWords(alert)),
        h("p", {}, said(alert.sentence)),
        technical ? null : h("p", { class: "question" }, t(late ? "verdict.ask_late" : "verdict.ask"))),
      h("div", { class: "verdicts" }, buttons),
      h("p", { class: "buttons" }, cancel),
    ],
  });
  buttons[0].focus();

  function answer(verdict) {
    const name = verdict ?? "later";
    const button = h("button", { type: "button", class: `verdict verdict-${name}` },
      h("strong", {}, t(technical ? "verdict.technical" : `verdict.${name}`)), h("span", {}, t(technical ? "verdict.technical_help" : `verdict.${name}_help`)));
    button.addEventListener("click", () => whileBusy(button, async () => {
      await post(path(["alerts", alert.alert_id, "acknowledge"]), { verdict });
      sayQuietly(t(late ? "verdict.noted" : "acknowledged_by_you", { place: placeOf(bed) }));
      await refresh();
      done();
    }, dialog));
    return button;
  }
}
