// Starts the page: who is there decides what is shown.

import { announce, forgetAnnouncements } from "./announce.js";
import { h } from "./dom.js";
import { route, startRouter } from "./router.js";
import { loadSession, session, user } from "./session.js";
import { makeShell } from "./shell.js";
import { sound, wakeAtFirstGesture } from "./sound.js";
import { loginView } from "./views/login.js";
import { setupView } from "./views/setup.js";
import { closeWard, connection, onWard, openWard, ward } from "./ward.js";
import { loadLanguage, t } from "./words.js";

let shell = null;

/** Builds everything anew: at the start, after login and logout, after a change of language. */
export async function begin() {
  shell?.close();
  shell = null;
  const app = document.getElementById("app");
  try {
    await loadSession();
  } catch {
    await loadLanguage(navigator.language.slice(0, 2)).catch(() => null);
    app.replaceChildren(h("main", { class: "alone" }, h("h1", {}, "vigil"), h("p", {}, t("error.unreachable"))));
    setTimeout(begin, 3000);
    return;
  }
  await loadLanguage(session().language);
  document.title = `vigil · ${session().ward}`;
  if (session().setup_needed || !user()) {
    closeWard();
    forgetAnnouncements();
    app.replaceChildren(session().setup_needed ? setupView(begin) : loginView(begin));
    return;
  }
  openWard();
  shell = makeShell(begin);
  app.replaceChildren(shell.node);
  route(shell);
}

onWard(() => {
  if (!shell) return;
  announce(ward(), connection());
  sound(ward(), connection() === "lost", performance.now() / 1000);
  shell.update();
});
addEventListener("vigil-logged-out", () => {
  if (shell) begin();
});
startRouter(() => shell && route(shell));
wakeAtFirstGesture(() => shell?.update());
begin();
