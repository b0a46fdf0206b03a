// Which view the address names: #/beds, #/bed/NAME, #/alerts, #/alert/ID, #/shift, #/users, #/wall.

import { alertView } from "./views/alert.js";
import { alertsView } from "./views/alerts.js";
import { bedView } from "./views/bed.js";
import { bedsView } from "./views/beds.js";
import { shiftView } from "./views/shift.js";
import { usersView } from "./views/users.js";
import { wallView } from "./views/wall.js";
import { isAdmin } from "./session.js";

const VIEWS = {
  beds: bedsView,
  bed: bedView,
  alerts: alertsView,
  alert: alertView,
  shift: shiftView,
  users: () => (isAdmin() ? usersView() : bedsView()),
  wall: wallView,
};

/** Calls `changed` whenever the address names another view. */
export function startRouter(changed) {
  addEventListener("hashchange", changed);
}

/** Shows the view that the address names in `shell`. */
export function route(shell) {
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decodedPart);
  const known = name in VIEWS ? name : "beds";
  shell.show(known, VIEWS[known](...rest));
}

function decodedPart(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}
