// Care at the bed: nobody looks, for a time that always ends.

import { path, post, remove } from "./api.js";
import { sayQuietly } from "./announce.js";
import { h, setAttr, setText } from "./dom.js";
import { select } from "./forms.js";
import { icon } from "./icons.js";
import { clock, countdown, seconds } from "./times.js";
import { refresh } from "./ward.js";
import { t } from "./words.js";

const LENGTHS_S = [300, 600, 900, 1800];

/** `{node, update(bed)}`. */
export function makePrivacyPause(bed) {
  const where = path(["beds", bed, "privacy-pause"]);
  const length = select(t("privacy.length"), LENGTHS_S.map((s) => [String(s), t("time.min", { min: s / 60 })]), "600");
  const start = h("button", { type: "button", onclick: () => act(() => post(where, { seconds: Number(length.input.value) }), "privacy.started") },
    icon("privacy"), t("privacy.start"));
  const end = h("button", { type: "button", class: "primary", onclick: () => act(() => remove(where), "privacy.ended") }, t("privacy.end"));
  const left = h("p", { class: "privacy-left", role: "timer" });
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const idle = h("div", { class: "buttons" }, length.node, start);
  const going = h("div", {}, left, h("p", { class: "buttons" }, end));
  const node = h("div", { class: "privacy" }, h("h3", {}, t("privacy.title")), h("p", { class: "quiet" }, t("privacy.help")), idle, going, error);

  async function act(ask, said) {
    error.hidden = true;
    try {
      await ask();
      sayQuietly(t(said));
      await refresh();
    } catch (problem) {
      error.hidden = false;
      error.textContent = problem.message;
    }
  }

  return {
    node,
    update(next) {
      const until = next.privacy_until;
      const hadFocus = node.contains(document.activeElement);
      setAttr(idle, "hidden", Boolean(until));
      setAttr(going, "hidden", !until);
      if (until) setText(left, t("privacy.going", { left: countdown(until), time: clock(seconds(until)) }));
      if (hadFocus && document.activeElement.closest("[hidden]")) (until ? end : start).focus();
      for (const option of length.input.options) option.disabled = Number(option.value) > (next.privacy_pause_most_s ?? Infinity);
    },
  };
}
