// The ward as the server last told it, and how old that is. Old data is never shown as if it were now.

import { loadSession } from "./session.js";

/** Older than this nothing on the page counts as known. The server speaks at least every 2 s. */
export const STALE_S = 8;
const HANGS_S = 20;
const RETRY_S = [1, 2, 3, 5];

let source = null;
let snapshot = null;
let heardAt = null;
let openedAt = 0;
let cut = false;
let tries = 0;
let ticking = null;
let retrying = null;
const listeners = new Set();

/** Begins to listen; calls every listener at each change and once a second. */
export function openWard() {
  connect();
  ticking ??= setInterval(tell, 1000);
}

/** Stops and forgets: what another person may see is theirs. */
export function closeWard() {
  source?.close();
  clearInterval(ticking);
  clearTimeout(retrying);
  source = ticking = retrying = snapshot = heardAt = null;
  cut = false;
  tries = 0;
}

/** `listener()` from now on; returns what ends it. */
export function onWard(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The last snapshot or null. */
export const ward = () => snapshot;
/** A bed of this ward by name. */
export const bedOf = (name) => snapshot?.beds.find((bed) => bed.bed === name) ?? null;

/** Seconds since the supervisor's word that is shown; infinite before the first. */
export function ageS() {
  if (snapshot === null) return Infinity;
  return (snapshot.age_s ?? Infinity) + (performance.now() - heardAt) / 1000;
}

/** "waiting" before the first word, "live", or "lost". */
export function connection() {
  if (snapshot === null) return cut ? "lost" : "waiting";
  return cut || ageS() > STALE_S ? "lost" : "live";
}

/** Puts in what the server would send next; asks for it at once after something was done. */
export async function refresh() {
  const answer = await fetch("/api/ward", { headers: { Accept: "application/json" } }).catch(() => null);
  if (answer?.ok) hear(await answer.json());
}

function connect() {
  source?.close();
  openedAt = performance.now();
  source = new EventSource("/api/events");
  source.addEventListener("ward", (event) => {
    tries = 0;
    hear(JSON.parse(event.data));
  });
  source.addEventListener("signed_out", () => dispatchEvent(new Event("vigil-logged-out")));
  source.onerror = () => {
    cut = true;
    tell();
    if (source.readyState === EventSource.CLOSED) again();
  };
}

function again() {
  clearTimeout(retrying);
  const waitS = RETRY_S[Math.min(tries++, RETRY_S.length - 1)];
  retrying = setTimeout(async () => {
    const now = await loadSession().catch(() => null);
    if (now && !now.user) dispatchEvent(new Event("vigil-logged-out"));
    else connect();
  }, waitS * 1000);
}

function hear(document) {
  snapshot = document;
  heardAt = performance.now();
  cut = false;
  tell();
}

function tell() {
  // a connection that hangs without an error is opened anew
  if (source && performance.now() - Math.max(openedAt, heardAt ?? 0) > HANGS_S * 1000) connect();
  listeners.forEach((listener) => listener());
}

addEventListener("offline", () => {
  cut = true;
  tell();
});
