// Language, colours, one's own password, logging out.

import { path, post } from "./api.js";
import { openDialog, whileBusy } from "./dialog.js";
import { h } from "./dom.js";
import { field, select } from "./forms.js";
import { logOut, user } from "./session.js";
import { sayQuietly } from "./announce.js";
import { chooseLanguage, language, LANGUAGES, t } from "./words.js";

const COLOURS = ["system", "light", "dark"];

/** Opens the settings; `restart` builds the page anew. */
export function openSettings(restart) {
  const close = h("button", { type: "button", onclick: () => dialog.close() }, t("close"));
  const dialog = openDialog({
    title: t("settings"),
    className: "settings",
    content: [languageChoice(() => dialog.close(), restart), coloursChoice(), account(restart, () => dialog), h("p", { class: "buttons" }, close)],
  });
}

/** The language, also for the views before login. */
export function languageChoice(before, restart) {
  const choice = select(t("language"), Object.entries(LANGUAGES), language());
  choice.input.addEventListener("change", async () => {
    await chooseLanguage(choice.input.value);
    before();
    restart();
  });
  return choice.node;
}

/** Light, dark, or as the machine says. */
export function coloursChoice() {
  const choice = select(t("colours"), COLOURS.map((name) => [name, t(`colours.${name}`)]), vigilColours.chosen());
  choice.input.addEventListener("change", () => vigilColours.choose(choice.input.value));
  return choice.node;
}

function account(restart, dialogOf) {
  const before = field(t("password.old"), { type: "password", autocomplete: "current-password", required: true });
  const after = field(t("password.new"), { type: "password", autocomplete: "new-password", required: true, minlength: 10 });
  const change = h("button", { type: "submit" }, t("password.change"));
  const form = h("form", { onsubmit: submit }, before.node, after.node, h("p", { class: "buttons" }, change));
  const out = h("button", { type: "button", onclick: () => whileBusy(out, leave, dialogOf()) }, t("log_out"));

  function submit(event) {
    event.preventDefault();
    whileBusy(change, async () => {
      await post(path(["password"]), { old: before.input.value, new: after.input.value });
      sayQuietly(t("password.changed"));
    }, dialogOf());
  }

  async function leave() {
    await logOut();
    restart();
  }

  return [
    h("h3", {}, t("account")),
    h("p", {}, t("account.who", { name: user().name, role: t(`role.${user().role}`) })),
    h("p", { class: "buttons" }, out),
    h("details", {}, h("summary", {}, t("password.change")), form),
  ];
}
