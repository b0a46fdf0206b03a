// The alerts that wait, on top of every view: what, where, how long, and the button.

import { acknowledge } from "./acknowledge.js";
import { address } from "./addresses.js";
import { alertShape, byUrgency, waiting } from "./bed_state.js";
import { placeName, topicWords } from "./bed_words.js";
import { h, keyed, setAttr, setText } from "./dom.js";
import { icon } from "./icons.js";
import { nowS, seconds, span } from "./times.js";
import { ward } from "./ward.js";
import { t } from "./words.js";

const WIDE = matchMedia("(min-width: 761px)");

/** `{node, update}`. */
export function makeAlertBar() {
  const list = h("ul", { class: "bar-list" });
  const more = h("a", { class: "bar-more", href: "#/alerts", hidden: true });
  const node = h("section", { class: "bar-alerts", "aria-label": t("bar.label"), hidden: true }, list, more);
  const fill = keyed(list, ({ alert }) => alert.alert_id, makeEntry);
  return {
    node,
    update() {
      const open = openAlerts(ward());
      setAttr(node, "hidden", open.length === 0);
      const shown = WIDE.matches ? 3 : 1;
      setAttr(node, "data-kind", open[0]?.alert.kind);
      fill(open.slice(0, shown));
      setAttr(more, "hidden", open.length <= shown);
      setText(more, t("bar.more", { n: open.length - shown }));
    },
  };
}

/** `{bed, alert}` of all beds, the most urgent first. */
export function openAlerts(snapshot) {
  const all = snapshot?.beds.flatMap((bed) => waiting(bed).map((alert) => ({ bed, alert }))) ?? [];
  return all.sort((one, other) => byUrgency(one.alert, other.alert));
}

function makeEntry({ bed, alert }) {
  const what = h("span", { class: "bar-what" });
  const since = h("span", { class: "bar-since" });
  const where = h("a", { class: "bar-where", href: address("bed", bed.bed) }, placeName(bed));
  let current = { bed, alert };
  const button = bed.may?.acknowledge
    ? h("button", { type: "button", class: "primary", onclick: () => acknowledge(current.bed, current.alert) }, t("acknowledge"),
      h("span", { class: "unseen" }, `: ${placeName(bed)}`))
    : null;
  const node = h("li", {}, h("span", { class: "slot" }), h("span", { class: "bar-text" }, where, what, since), button);
  return {
    node,
    update(next) {
      current = next;
      const kind = alertShape(next.alert);
      if (node.dataset.kind !== kind) node.firstChild.replaceChildren(icon(kind));
      node.dataset.kind = kind;
      setText(what, topicWords(next.alert));
      setText(since, sinceText(next.alert));
    },
  };
}

function sinceText(alert) {
  const age = alert.since ? t("since", { span: span(nowS() - seconds(alert.since)) }) : "";
  return alert.level > 0 ? `${age} · ${t("escalated")}` : age;
}
