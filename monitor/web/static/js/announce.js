// What a screen reader is told: a new alert once, not every second.

import { waiting } from "./bed_state.js";
import { placeName, topicWords } from "./bed_words.js";
import { said, t } from "./words.js";

const told = new Map();
let before = null;

/** Says `text` when the reader is idle. */
export function sayQuietly(text) {
  put("polite", text);
}

/** Says `text` at once. */
export function sayAtOnce(text) {
  put("assertive", text);
}

function put(id, text) {
  const region = document.getElementById(id);
  // the same words again are an event of their own
  region.textContent = "";
  region.append(text);
}

/** Tells the alerts of the snapshot that were not told yet, and that the connection is lost or back. */
export function announce(snapshot, connection) {
  if (before !== null && connection !== before) {
    if (connection === "lost") sayAtOnce(t("connection.lost"));
    else if (before === "lost" && connection === "live") sayQuietly(t("connection.back"));
  }
  before = connection;
  if (!snapshot) return;
  const fresh = [];
  const out = new Set();
  for (const bed of snapshot.beds) {
    for (const alert of waiting(bed)) {
      out.add(alert.alert_id);
      const level = told.get(alert.alert_id);
      if (level === undefined || level < alert.level) fresh.push(sentence(bed, alert, level !== undefined));
      told.set(alert.alert_id, alert.level);
    }
  }
  // acknowledged or over: when it comes back it is news again
  for (const id of told.keys()) if (!out.has(id)) told.delete(id);
  if (fresh.length) sayAtOnce(fresh.join(" "));
}

function sentence(bed, alert, escalated) {
  const key = escalated ? "announce.escalated" : "announce.alert";
  return t(key, { place: placeName(bed), topic: topicWords(alert), sentence: said(alert.sentence) });
}

/** Forgets what was told: another person is there now. */
export function forgetAnnouncements() {
  told.clear();
  before = null;
}
