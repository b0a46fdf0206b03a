// Tones for alerts that may be heard. A browser plays nothing before the first click or key: the page says so.

import { remember, remembered } from "./remembered.js";
import { waiting } from "./bed_state.js";

// bursts of pulses after IEC 60601-1-8: high 3 + 2, medium 3, low 2; `everyS` null: once
const BURSTS = {
  high: { hz: 880, at: [0, 0.2, 0.4, 0.75, 0.95], everyS: 8 },
  medium: { hz: 660, at: [0, 0.3, 0.6], everyS: 15 },
  low: { hz: 520, at: [0, 0.35], everyS: null },
};
const PULSE_S = 0.14;

let context = null;
let played = { key: "", atS: -Infinity };

/** Whether this browser was asked to sound. */
export const soundWanted = () => remembered("sound", "off") === "on";
/** "off", "waiting" (for a first click or key) or "on". */
export function soundState() {
  if (!soundWanted()) return "off";
  return context?.state === "running" ? "on" : "waiting";
}

/** Called from a click: switches on (with a short tone, so that one hears it works) or off. */
export async function toggleSound() {
  if (soundState() === "on") return remember("sound", "off");
  remember("sound", "on");
  await wake();
  burst(BURSTS.low);
}

async function wake() {
  context ??= new AudioContext();
  await context.resume();
}

/** The first click or key anywhere lets sound begin that was wanted before. */
export function wakeAtFirstGesture(changed) {
  const gesture = () => {
    if (soundState() === "waiting") wake().then(changed);
  };
  addEventListener("pointerdown", gesture);
  addEventListener("keydown", gesture);
}

/** The priority to be heard now, or null: alerts that wait and that the ward lets sound. */
export function loudest(snapshot) {
  const audible = snapshot?.beds.flatMap((bed) => waiting(bed).filter((alert) => alert.audible)) ?? [];
  return ["high", "medium", "low"].find((priority) => audible.some((alert) => alert.priority === priority)) ?? null;
}

/** Plays what is due. `nowS` is monotonic; `lost`: the connection is, which sounds once like a low priority. */
export function sound(snapshot, lost, nowS) {
  const heard = loudest(snapshot);
  const priority = heard ?? (lost ? "low" : null);
  const ids = heard ? snapshot.beds.flatMap((bed) => waiting(bed).map((alert) => alert.alert_id)).join() : "lost";
  if (priority === null) {
    played = { key: "", atS: -Infinity };
    return;
  }
  const key = `${priority}:${ids}`;
  const { everyS } = BURSTS[priority];
  const due = key !== played.key || (everyS !== null && nowS - played.atS >= everyS);
  if (!due || soundState() !== "on") return;
  played = { key, atS: nowS };
  burst(BURSTS[priority]);
}

function burst({ hz, at }) {
  for (const offset of at) {
    const begin = context.currentTime + 0.05 + offset;
    const tone = new OscillatorNode(context, { type: "triangle", frequency: hz });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(0.5, begin + 0.02);
    gain.gain.linearRampToValueAtTime(0, begin + PULSE_S);
    tone.connect(gain).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + PULSE_S + 0.02);
  }
}
