// What a bed's card says first. Pure: a bed of the snapshot in, one of a few states out.
// Nothing known is never "no pain": whatever is not plainly judged comes out as "unknown" or "lost".

const WAITING = new Set(["on", "latched"]);

/** Alerts that nobody has acknowledged, the most urgent first. */
export function waiting(bed) {
  return bed.alerts.filter((alert) => WAITING.has(alert.presence)).sort(byUrgency);
}

const URGENCY = ["high", "medium", "low", "none"];

/** Order of alerts: what is urgent first, then what began first. */
export function byUrgency(one, other) {
  const rank = URGENCY.indexOf(one.priority) - URGENCY.indexOf(other.priority);
  return rank || String(one.since ?? "").localeCompare(String(other.since ?? ""));
}

/**
 * `{kind, alert}`. Kinds: "alert" and "weak" (look after the resident), "lost" (no current data), "privacy",
 * "unknown" (cannot assess), "pain" (signs of pain, no alert waits), "calm" (no signs of pain).
 */
export function bedState(bed, live) {
  const physiological = waiting(bed).find((alert) => alert.kind === "physiological");
  if (physiological) return { kind: physiological.weak ? "weak" : "alert", alert: physiological };
  if (!live) return { kind: "lost", alert: null };
  if (bed.privacy_until) return { kind: "privacy", alert: null };
  if (bed.level === "pain" && bed.assessable) return { kind: "pain", alert: null };
  if (bed.level === "no_pain" && bed.assessable) return { kind: "calm", alert: null };
  return { kind: "unknown", alert: null };
}

/** Key of the words that say why nothing is known of a bed. */
export function becauseKey(bed) {
  return `because.${String(bed.because ?? "not judged").replaceAll(" ", "_")}`;
}

const UNSEEN = new Set(["cannot_assess", "picture_lost"]);

/** The shape of an alert in lists and bars. */
export function alertShape(alert) {
  if (alert.presence === "acknowledged") return "acknowledged";
  if (alert.kind === "physiological") return alert.weak ? "weak" : "alert";
  if (UNSEEN.has(alert.topic)) return "unknown";
  return /^(camera|picture)_/.test(alert.topic) ? "poor" : "technical";
}

/** Whether the card's state or its camera already says what a technical alert says. */
export function saidAlready(alert, bed) {
  return bed.level === "unassessable" && alertShape({ ...alert, presence: "on" }) !== "technical";
}

/** State of a camera: `{kind: "fine" | "poor" | "offline", key}`. */
export function cameraState(camera) {
  if (!camera || !camera.online) return { kind: "offline", key: "camera.offline" };
  const fault = camera.faults?.[0];
  if (fault) return { kind: "poor", key: `topic.${fault}` };
  if (camera.trouble) return { kind: "poor", key: "camera.trouble" };
  return { kind: "fine", key: "camera.fine" };
}
