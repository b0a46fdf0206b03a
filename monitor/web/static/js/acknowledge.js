// Taking notice of an alert, with what was found at the bed.

import { path, post } from "./api.js";
import { sayQuietly } from "./announce.js";
import { placeName, topicWords } from "./bed_words.js";
import { openDialog, whileBusy } from "./dialog.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { refresh } from "./ward.js";
import { said, t } from "./words.js";

const VERDICTS = ["pain", "other_need", "false", null];

/** Opens the question. `alert` may be one of the snapshot or of the list of past alerts. */
export function acknowledge(bed, alert, { late = false, done = () => {} } = {}) {
  const id = "acknowledge-text";
  const buttons = VERDICTS.filter((verdict) => verdict !== null || !late).map((verdict) => answer(verdict));
  const cancel = h("button", { type: "button", onclick: () => dialog.close() }, t("cancel"));
  const dialog = openDialog({
    role: "alertdialog",
    className: "acknowledge",
    describedBy: id,
    title: placeName(bed),
    content: [
      h("div", { id },
        h("p", { class: "lead" }, topicWords(alert)),
        h("p", {}, said(alert.sentence)),
        h("p", { class: "question" }, t(late ? "verdict.ask_late" : "verdict.ask"))),
      h("div", { class: "verdicts" }, buttons),
      h("p", { class: "buttons" }, cancel),
    ],
  });
  buttons[0].focus();

  function answer(verdict) {
    const name = verdict ?? "later";
    const button = h("button", { type: "button", class: `verdict verdict-${name}` },
      h("strong", {}, t(`verdict.${name}`)), h("span", {}, t(`verdict.${name}_help`)));
    if (verdict === null) button.prepend(icon("acknowledged"));
    button.addEventListener("click", () => whileBusy(button, async () => {
      await post(path(["alerts", alert.alert_id, "acknowledge"]), { verdict });
      sayQuietly(t(late ? "verdict.noted" : "acknowledged_by_you", { place: placeName(bed) }));
      await refresh();
      done();
    }, dialog));
    return button;
  }
}
