// Who is logged in, and on which ward.

import { get, post, useCsrf } from "./api.js";

let known = null;

/** Asks who is logged in; the answer of /api/session. */
export async function loadSession() {
  known = await get("/api/session");
  useCsrf(known.csrf);
  return known;
}

/** The last answer of /api/session. */
export const session = () => known;
/** {name, role, pictures, beds} or null. */
export const user = () => known?.user ?? null;
export const isAdmin = () => user()?.role === "admin";
export const isNurse = () => ["nurse", "admin"].includes(user()?.role);
/** Whether this person may see pictures of residents at all. */
export const maySeePictures = () => Boolean(user()?.pictures) || isNurse();

export async function logIn(name, password) {
  await post("/api/login", { name, password });
}

export async function setUp(code, name, password) {
  await post("/api/setup", { code, name, password });
}

export async function logOut() {
  await post("/api/logout");
}
