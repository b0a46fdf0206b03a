// Asks the server. Every answer that is no success becomes one ApiError with one line for people.

import { t } from "./words.js";

let csrf = null;

/** The value that every changing request carries. */
export function useCsrf(value) {
  csrf = value;
}

/** `status` 0: the server could not be reached. `retryS`: how long to wait, where the server says so. */
export class ApiError extends Error {
  constructor(status, text, retryS = null) {
    super(text);
    this.status = status;
    this.retryS = retryS;
  }
}

export const get = (path) => ask("GET", path);
export const post = (path, body) => ask("POST", path, body ?? {});
export const put = (path, body) => ask("PUT", path, body);
export const remove = (path) => ask("DELETE", path);

/** A path of parts, each quoted; `query` values that are null are left out. */
export function path(parts, query = {}) {
  const known = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  const tail = known.length ? `?${new URLSearchParams(known)}` : "";
  return `/api/${parts.map(encodeURIComponent).join("/")}${tail}`;
}

async function ask(method, where, body) {
  const headers = { Accept: "application/json" };
  if (method !== "GET" && csrf) headers["X-Vigil-CSRF"] = csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(where, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(15000),
    });
  } catch {
    throw new ApiError(0, t("error.unreachable"));
  }
  const document = await answer.json().catch(() => null);
  if (answer.ok) return document;
  if (answer.status === 401 && !/\/(login|setup|session|password)$/.test(where)) dispatchEvent(new Event("vigil-logged-out"));
  const retry = Number(answer.headers.get("Retry-After"));
  throw new ApiError(answer.status, words(answer.status, document, retry), retry || null);
}

function words(status, document, retry) {
  if (status === 401) return t("error.401");
  if (status === 403) return t("error.403");
  if (status === 429) return t("error.429", { s: retry || 60 });
  return document?.error || t("error.other", { status });
}
