// One bed on one card: where, how it is (word, shape and colour), the last hour, the camera, what can be done.

import { acknowledge } from "./acknowledge.js";
import { address } from "./addresses.js";
import { bedState, cameraState, saidAlready, waiting } from "./bed_state.js";
import { becauseWords, levelWords, placeName, roomName, stateWords, topicWords } from "./bed_words.js";
import { h, refill, setAttr, setText } from "./dom.js";
import { icon } from "./icons.js";
import { makeSparkline } from "./sparkline.js";
import { countdown, nowS, seconds, span } from "./times.js";
import { connection } from "./ward.js";
import { said, t } from "./words.js";

const ELSEWHERE_STALE_S = 20;
const LONG_WORD = 15;
let count = 0;

/** `{node, update(bed)}`. `elsewhere`: a bed of another ward, seen through the database. `wall`: nothing to press. */
export function makeBedCard(bed, { elsewhere = false, wall = false } = {}) {
  const id = `bed-card-${++count}`;
  const room = h("span", { class: "room" });
  const resident = h("span", { class: "resident" });
  const heading = h("h2", { id }, elsewhere || wall ? [room, resident] : h("a", { href: address("bed", bed.bed) }, room, resident));
  const shape = h("span", { class: "shape" });
  const word = h("strong", { class: "state-word" });
  const facts = h("p", { class: "facts" });
  const detail = h("p", { class: "detail" });
  const level = h("p", { class: "level" });
  const spark = elsewhere ? null : makeSparkline();
  const health = h("ul", { class: "health" });
  const actions = h("div", { class: "card-actions" });
  const node = h("article", { class: "bed", "aria-labelledby": id },
    heading,
    h("div", { class: "state" }, shape, word),
    facts, detail, level, spark?.node ?? null, health, wall ? null : actions);
  let current = bed;

  function update(next) {
    current = next;
    const live = elsewhere ? freshElsewhere(next) : connection() === "live";
    const state = bedState(next, live);
    setAttr(node, "data-state", state.kind);
    setAttr(node, "data-live", String(live));
    setAttr(node, "data-bed", next.bed);
    setText(room, roomName(next));
    setText(resident, next.resident || (next.room ? next.bed : ""));
    refill(shape, state.kind, () => icon(state.kind));
    setText(word, stateWords(state));
    setAttr(word, "data-long", stateWords(state).length > LONG_WORD);
    setText(facts, factsText(state.alert));
    setAttr(facts, "hidden", !state.alert);
    setText(detail, detailText(next, state));
    setText(level, live ? levelWords(next) : "");
    setAttr(level, "hidden", !live || !next.assessable);
    spark?.update(next.trend ?? []);
    refill(health, healthMark(next, live), () => healthLines(next, live));
    if (!wall) refill(actions, buttonMark(next, elsewhere), () => buttons(() => current, elsewhere));
  }

  return { node, update };
}

function freshElsewhere(bed) {
  return connection() === "live" && (bed.age_s ?? Infinity) < ELSEWHERE_STALE_S;
}

function factsText(alert) {
  if (!alert) return "";
  const facts = [
    alert.since && t("since", { span: span(nowS() - seconds(alert.since)) }),
    alert.presence === "latched" && t("presence.latched"),
    alert.level > 0 && t("escalated"),
  ];
  return capital(facts.filter(Boolean).join(" · "));
}

function detailText(bed, state) {
  if (state.alert) return capital(said(state.alert.sentence));
  if (state.kind === "lost") return t("state.lost_help");
  if (state.kind === "privacy") return t("privacy.left", { left: countdown(bed.privacy_until) });
  if (state.kind === "unknown") return capital(becauseWords(bed));
  const taken = bed.alerts.find((alert) => alert.presence === "acknowledged" && alert.kind === "physiological");
  if (taken) return t("state.acknowledged_help");
  return state.kind === "pain" ? t("state.pain_help") : t("state.calm_help");
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function healthMark(bed, live) {
  const parts = [live, bed.level, bed.because, cameraState(bed.camera).key, bed.baseline_known];
  parts.push(bed.audio_paused_until && countdown(bed.audio_paused_until));
  parts.push(bed.privacy_until && countdown(bed.privacy_until));
  parts.push(...bed.alerts.map((alert) => `${alert.topic}${alert.presence}`));
  return parts.join("|");
}

function healthLines(bed, live) {
  const camera = live ? cameraState(bed.camera) : { kind: "offline", key: "camera.unknown" };
  const lines = [entry(camera.kind, t(camera.key), camera.kind === "fine" ? "fine" : "bad")];
  // an alert that waits stands in front of what is known now: say it when that is nothing
  if (live && !bed.assessable && !bed.privacy_until && bedState(bed, live).alert) {
    lines.push(entry("unknown", `${t("state.unknown")}: ${becauseWords(bed)}`, "bad"));
  }
  if (bed.audio_paused_until) lines.push(entry("silent", t("audio.left", { left: countdown(bed.audio_paused_until) })));
  if (bed.privacy_until && bedState(bed, live).kind !== "privacy") {
    lines.push(entry("privacy", t("privacy.left", { left: countdown(bed.privacy_until) })));
  }
  if (bed.baseline_known === false) lines.push(entry("unknown", t("baseline.unknown_short")));
  for (const alert of bed.alerts) {
    if (alert.kind === "technical" && !saidAlready(alert, bed)) lines.push(entry("technical", topicWords(alert), "bad"));
    else if (alert.presence === "acknowledged") lines.push(entry("acknowledged", t("state.acknowledged")));
  }
  return lines;
}

function entry(shape, text, tone = "") {
  return h("li", { class: tone }, icon(shape), h("span", {}, text));
}

function buttonMark(bed, elsewhere) {
  return elsewhere || !bed.may?.acknowledge ? "" : waiting(bed).map((alert) => alert.alert_id).join();
}

function buttons(bedNow, elsewhere) {
  const bed = bedNow();
  if (elsewhere || !bed.may?.acknowledge) return [];
  return waiting(bed).map((alert) =>
    h("button", { type: "button", class: "primary", onclick: () => acknowledge(bedNow(), alert) },
      t("acknowledge"), waiting(bed).length > 1 ? ` (${topicWords(alert)})` : "", h("span", { class: "unseen" }, `: ${placeName(bed)}`)));
}
