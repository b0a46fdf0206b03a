// Earlier alerts with what became of them; those of one bed, or of all.

import { acknowledge } from "./acknowledge.js";
import { address } from "./addresses.js";
import { get, path } from "./api.js";
import { alertShape } from "./bed_state.js";
import { aboutWords, placeOf } from "./bed_words.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { isNurse } from "./session.js";
import { clock, nowS, seconds, span } from "./times.js";
import { said, t } from "./words.js";

const LIMIT = 50;
const DAY_S = 86400;

/** `{node, load(range)}`; `bed` null: all. `range` `{from, to}` in seconds since 1970; without it the last two days. */
export function makePastAlerts({ bed }) {
  const list = h("ul", { class: "past-list" });
  const note = h("p", { class: "quiet", role: "status" });
  let last = null;

  async function load(range = last ?? { from: nowS() - 2 * DAY_S, to: null }) {
    last = range;
    const iso = (atS) => (atS === null ? null : new Date(atS * 1000).toISOString());
    try {
      const query = { bed, from: iso(range.from), to: iso(range.to), limit: LIMIT };
      const { alerts } = await get(path(["alerts"], query));
      list.replaceChildren(...alerts.map((alert) => entry(alert, bed === null, load)));
      note.textContent = alerts.length === 0 ? t("alerts.none_earlier") : alerts.length === LIMIT ? t("alerts.limit", { n: LIMIT }) : "";
    } catch (error) {
      note.textContent = error.message;
    }
  }

  return { node: h("div", {}, list, note), load };
}

function entry(alert, withPlace, reload) {
  const place = withPlace ? `${placeOf(alert)}: ` : "";
  const link = h("a", { href: address("alert", alert.alert_id) }, `${place}${aboutWords(alert)}`);
  const verdict = alert.verdict ? h("span", { class: `found found-${alert.verdict}` }, t(`found.${alert.verdict}`)) : null;
  const open = !alert.acknowledged_at && !alert.ended_at;
  const late = isNurse() && !open && !alert.verdict && alert.kind === "physiological"
    ? h("button", { type: "button", onclick: () => acknowledge(alert, alert, { late: true, done: () => reload() }) },
      t("verdict.give"), h("span", { class: "unseen" }, `: ${clock(seconds(alert.raised_at))}`))
    : null;
  return h("li", { class: "past", "data-alert": alert.alert_id },
    h("time", { datetime: alert.raised_at }, clock(seconds(alert.raised_at))),
    h("span", { class: "slot" }, icon(alertShape({ ...alert, presence: "on" }))),
    h("div", { class: "past-text" }, h("p", {}, link, " ", verdict), h("p", { class: "quiet" }, fate(alert)), h("p", { class: "sentence" }, said(alert.sentence))),
    late);
}

/** What became of an alert, in a line. */
export function fate(alert) {
  const parts = [];
  if (alert.ended_at) parts.push(t("fate.lasted", { span: span(seconds(alert.ended_at) - seconds(alert.raised_at)) }));
  else parts.push(t("fate.goes_on"));
  const told = [...new Set((alert.escalations ?? []).map((one) => one.who).filter(Boolean))];
  if (alert.escalations?.length) parts.push(told.length ? t("fate.escalated_to", { who: told.join(", ") }) : t("escalated"));
  if (alert.acknowledged_at) {
    const after = span(seconds(alert.acknowledged_at) - seconds(alert.raised_at));
    parts.push(t("fate.acknowledged", { by: alert.acknowledged_by, span: after }));
  } else parts.push(t("fate.nobody"));
  return parts.join("; ");
}
