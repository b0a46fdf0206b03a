// Names of beds, alerts and states as people say them.

import { becauseKey } from "./bed_state.js";
import { bedOf } from "./ward.js";
import { locale, number, t, tOr } from "./words.js";

/** "Room 12 · left bed"; the bed's own name where the ward gave no room. */
export function placeName(bed) {
  return [roomName(bed), bed.resident].filter(Boolean).join(" · ");
}

/** The place of something that only names bed and room (an alert of the past, a shift's lines). */
export function placeOf(entry) {
  return placeName(bedOf(entry.bed) ?? entry);
}

/** "Room 12", or the bed's own name. */
export function roomName(bed) {
  return bed.room ? t("room", { room: bed.room }) : bed.bed;
}

/** What an alert asks for: "Check the resident", "Check the camera", … */
export function topicWords(alert) {
  if (alert.kind === "physiological") return t(alert.weak ? "alert.weak" : "alert.check");
  return tOr(`topic.${alert.topic}`, alert.topic);
}

/** What an alert is about, for lists: "pain", "camera does not answer". */
export function aboutWords(alert) {
  const about = tOr(`topic.${alert.topic}`, alert.topic);
  return alert.weak ? t("alert.about_weak", { about }) : about;
}

/** The word of a state of `bedState`. */
export function stateWords(state) {
  return t(`state.${state.kind}`);
}

/** Why nothing is known of the bed. */
export function becauseWords(bed) {
  const key = becauseKey(bed);
  return tOr(key, tOr(key.replace("because.", "topic."), String(bed.because ?? "")));
}

/** "Level 6 of 16", or that there is none. */
export function levelWords(bed) {
  if (!bed.assessable || bed.pspi === null || bed.pspi === undefined) return t("level.none");
  return t("level.of", { level: number(bed.pspi) });
}

/** "a, b and c". */
export function joined(parts) {
  return new Intl.ListFormat(locale(), { type: "conjunction" }).format(parts);
}
