// The alerts: those that wait, those that are acknowledged and still go on, and the earlier ones.

import { acknowledge } from "../acknowledge.js";
import { address } from "../addresses.js";
import { openAlerts } from "../alert_bar.js";
import { makePastAlerts } from "../past_alerts.js";
import { makeAudioPause } from "../audio_pause.js";
import { alertShape } from "../bed_state.js";
import { placeName, topicWords } from "../bed_words.js";
import { h, keyed, setAttr, setText } from "../dom.js";
import { icon } from "../icons.js";
import { nowS, seconds, span } from "../times.js";
import { ward } from "../ward.js";
import { said, t } from "../words.js";

/** `{node, title, update}`. */
export function alertsView() {
  const open = h("ul", { class: "alert-list" });
  const none = h("p", { class: "quiet" }, t("alerts.none_open"));
  const fillOpen = keyed(open, ({ alert }) => alert.alert_id, makeOpenAlert);
  const takenHeading = h("h2", {}, t("alerts.acknowledged"));
  const taken = h("ul", { class: "alert-list" });
  const fillTaken = keyed(taken, ({ alert }) => alert.alert_id, makeOpenAlert);
  const past = makePastAlerts({ bed: null });
  const node = h("div", {}, h("h1", {}, t("alerts.title")),
    h("h2", {}, t("alerts.open")), none, open, takenHeading, taken,
    h("h2", {}, t("alerts.earlier")), past.node);
  let known = null;
  return {
    node,
    title: t("alerts.title"),
    update() {
      const now = openAlerts(ward());
      const seen = (ward()?.beds ?? []).flatMap((bed) =>
        bed.alerts.filter((alert) => alert.presence === "acknowledged").map((alert) => ({ bed, alert })));
      setAttr(none, "hidden", now.length > 0);
      fillOpen(now);
      setAttr(takenHeading, "hidden", seen.length === 0);
      fillTaken(seen);
      const mark = [...now, ...seen].map(({ alert }) => `${alert.alert_id}${alert.presence}${alert.level}`).join();
      if (mark !== known) past.load();
      known = mark;
    },
  };
}

function makeOpenAlert({ bed, alert }) {
  const title = h("h3", {}, h("a", { href: address("bed", bed.bed) }, placeName(bed)));
  const what = h("strong", { class: "what" });
  const since = h("span", { class: "since" });
  const sentence = h("p", {});
  const state = h("p", { class: "quiet" });
  let current = { bed, alert };
  const press = h("button", { type: "button", class: "primary", onclick: () => acknowledge(current.bed, current.alert) },
    t("acknowledge"), h("span", { class: "unseen" }, `: ${placeName(bed)}`));
  const pause = makeAudioPause(bed.bed);
  const details = h("a", { class: "button", href: address("alert", alert.alert_id) }, t("alerts.details"), h("span", { class: "unseen" }, `: ${placeName(bed)}`));
  const may = bed.may?.acknowledge;
  const node = h("li", { class: "alert-item" }, h("span", { class: "slot" }),
    h("div", { class: "alert-text" }, title, h("p", {}, what, " ", since), sentence, state),
    h("p", { class: "buttons" }, may ? [press, pause.node] : null, details));
  return {
    node,
    update(next) {
      current = next;
      const kind = alertShape(next.alert);
      if (node.dataset.kind !== kind) node.firstChild.replaceChildren(icon(kind));
      node.dataset.kind = kind;
      setText(what, topicWords(next.alert));
      setText(since, next.alert.since ? t("since", { span: span(nowS() - seconds(next.alert.since)) }) : "");
      setText(sentence, said(next.alert.sentence));
      setText(state, stateText(next.alert));
      setAttr(press, "hidden", next.alert.presence === "acknowledged");
      pause.update(next.bed);
    },
  };
}

function stateText(alert) {
  const parts = [t(`priority.${alert.priority}`), t(`presence.${alert.presence}`)];
  if (alert.level > 0) parts.push(t("escalated"));
  if (!alert.audible && alert.presence !== "acknowledged") parts.push(t("alerts.silent"));
  return parts.join(" · ");
}
