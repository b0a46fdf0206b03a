// Times of day and lengths of time, as people say them.

import { locale, t } from "./words.js";

/** Now in seconds since 1970, by this machine's clock. */
export const nowS = () => Date.now() / 1000;
/** Seconds since 1970 of an ISO time. */
export const seconds = (iso) => Date.parse(iso) / 1000;

/** "14:05", with the day when it is not today. */
export function clock(atS, withSeconds = false) {
  const at = new Date(atS * 1000);
  const time = { hour: "2-digit", minute: "2-digit", ...(withSeconds ? { second: "2-digit" } : {}), hour12: false };
  const day = at.toDateString() === new Date().toDateString() ? {} : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(locale(), { ...day, ...time }).format(at);
}

/** "12 s", "4 min", "1 h 5 min", "2 d 3 h". */
export function span(lengthS) {
  const whole = Math.max(0, Math.round(lengthS));
  if (whole < 100) return t("time.s", { s: whole });
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return t("time.min", { min: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? t("time.hmin", { h: hours, min: minutes % 60 }) : t("time.h", { h: hours });
  return t("time.dh", { d: Math.floor(hours / 24), h: hours % 24 });
}

/** What is left until `iso` as "4:05". */
export function countdown(iso) {
  const left = Math.max(0, Math.round(seconds(iso) - nowS()));
  const minutes = Math.floor(left / 60);
  return `${minutes}:${String(left % 60).padStart(2, "0")}`;
}

/** The value that an <input type="datetime-local"> takes. */
export function localInput(atS) {
  const at = new Date(atS * 1000);
  const two = (value) => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
