// One alert: what it said, on what evidence, and everything that became of it.

import { acknowledge } from "../acknowledge.js";
import { address } from "../addresses.js";
import { ApiError, get, path } from "../api.js";
import { aboutWords, placeOf } from "../bed_words.js";
import { h } from "../dom.js";
import { makeEvidence } from "../evidence.js";
import { fate } from "../past_alerts.js";
import { isNurse } from "../session.js";
import { clock, seconds } from "../times.js";
import { said, t, tOr } from "../words.js";

const TOLD = new Set(["condition_held", "retriggered", "still_holds", "escalated"]);

/** `{node, title}`. */
export function alertView(alertId) {
  const node = h("div", { class: "alert-page" }, h("h1", {}, t("alert.title")), h("p", { role: "status" }, t("loading")));
  load();
  return { node, title: t("alert.title") };

  async function load() {
    try {
      const alert = await get(path(["alerts", alertId]));
      const focused = document.activeElement === node.querySelector("h1");
      node.replaceChildren(...content(alert).flat().filter(Boolean));
      if (focused) {
        node.querySelector("h1").setAttribute("tabindex", "-1");
        node.querySelector("h1").focus({ preventScroll: true });
      }
    } catch (error) {
      node.lastChild.textContent = error instanceof ApiError && error.status === 404 ? t("alert.unknown") : error.message;
    }
  }

  function content(alert) {
    const verdict = alert.verdict ? h("p", {}, t("alert.found"), " ", h("strong", {}, t(`found.${alert.verdict}`))) : null;
    const open = !alert.acknowledged_at && !alert.ended_at;
    const button = isNurse() && (open || !alert.verdict)
      ? h("button", { type: "button", class: "primary", onclick: () => acknowledge(alert, alert, { late: !open, done: load }) },
        t(open ? "acknowledge" : "verdict.give"))
      : null;
    return [
      h("p", {}, h("a", { href: address("bed", alert.bed) }, placeOf(alert))),
      h("h1", {}, `${clock(seconds(alert.raised_at))}: ${aboutWords(alert)}`),
      h("p", { class: "lead" }, said(alert.sentence)),
      h("p", {}, [t(`priority.${alert.priority}`), t(`presence.${alert.presence}`), fate(alert)].join(" · ")),
      verdict,
      button ? h("p", { class: "buttons" }, button) : null,
      evidencePart(alert),
      alert.has_picture ? picturePart(alert) : null,
      h("h2", {}, t("alert.history")),
      h("ol", { class: "transitions" }, alert.transitions.map(transition)),
    ];
  }
}

function evidencePart(alert) {
  if (!alert.has_evidence) {
    return alert.kind === "physiological" ? [h("h2", {}, t("evidence.title")), h("p", { class: "quiet" }, t("evidence.none"))] : [];
  }
  const holder = h("div", {}, h("p", { role: "status" }, t("loading")));
  get(path(["alerts", alert.alert_id, "evidence"]))
    .then((evidence) => holder.replaceChildren(makeEvidence(evidence)))
    .catch((error) => holder.replaceChildren(h("p", { class: "error", role: "alert" }, error.message)));
  return [h("h2", {}, t("evidence.title")), holder];
}

function picturePart(alert) {
  const picture = h("img", { class: "kept-picture", src: path(["alerts", alert.alert_id, "picture.jpg"]), alt: t("alert.picture_alt") });
  return [h("h2", {}, t("alert.picture")), picture];
}

function transition(line) {
  const about = [tOr(`reason.${line.reason}`, line.reason)];
  if (line.by) about.push(t("alert.by", { by: line.by }));
  if (line.who && TOLD.has(line.reason)) about.push(t("alert.who", { who: line.who }));
  if (line.verdict) about.push(t(`found.${line.verdict}`));
  return h("li", {}, h("time", { datetime: line.at }, clock(seconds(line.at), true)), " ", h("span", {}, about.join(" · ")));
}
