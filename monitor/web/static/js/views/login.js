// Who are you?

import { h } from "../dom.js";
import { field, form } from "../forms.js";
import { logIn, session } from "../session.js";
import { coloursChoice, languageChoice } from "../settings.js";
import { ApiError } from "../api.js";
import { t } from "../words.js";

/** `restart` is called once somebody is logged in. */
export function loginView(restart) {
  const name = field(t("login.name"), { autocomplete: "username", required: true, autocapitalize: "none", spellcheck: "false" });
  const password = field(t("login.password"), { type: "password", autocomplete: "current-password", required: true });
  const act = async () => {
    try {
      await logIn(name.input.value.trim(), password.input.value);
    } catch (error) {
      password.input.value = "";
      password.input.focus();
      throw error instanceof ApiError && error.status === 401 ? new Error(t("login.wrong")) : error;
    }
    await restart();
  };
  return alone(t("login.title", { ward: session().ward }), [form([name.node, password.node], t("login"), act)], restart);
}

/** A page without anything around it: before login. */
export function alone(title, content, restart) {
  return h("main", { class: "alone", id: "main" },
    h("p", { class: "brand" }, h("strong", {}, "vigil")),
    h("h1", {}, title),
    content,
    h("div", { class: "alone-choices" }, languageChoice(() => {}, restart), coloursChoice()),
    h("p", { class: "quiet" }, t("boundary")));
}
