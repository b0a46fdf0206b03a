// The resident's neutral face: take how the face is now as neutral, or forget it and learn anew. Both ask first.

import { path, post } from "./api.js";
import { sayQuietly } from "./announce.js";
import { confirmed } from "./dialog.js";
import { h, setText } from "./dom.js";
import { refresh } from "./ward.js";
import { t } from "./words.js";

/** `{node, update(bed)}`. */
export function makeNeutralFace(bed) {
  const known = h("p", {});
  const button = (action) => h("button", { type: "button", onclick: () => ask(action) }, t(`neutral.${action}`));
  const node = h("div", { class: "neutral" },
    h("h3", {}, t("neutral.title")), known, h("p", { class: "quiet" }, t("neutral.help")),
    h("p", { class: "buttons" }, button("adopt"), button("reset")));

  function ask(action) {
    confirmed({
      title: t(`neutral.${action}`),
      text: t(`neutral.${action}_ask`),
      yes: t(`neutral.${action}_yes`),
      danger: action === "reset",
      act: async () => {
        const answer = await post(path(["beds", bed, "neutral-face"]), { action });
        sayQuietly(answer?.said ?? t("neutral.done"));
        await refresh();
      },
    });
  }

  return {
    node,
    update(next) {
      const key = next.baseline_known === null || next.baseline_known === undefined ? "neutral.no_word" : next.baseline_known ? "neutral.known" : "neutral.unknown";
      setText(known, t(key));
    },
  };
}
