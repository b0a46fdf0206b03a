// The first run: the code that the service wrote into a file makes the first administrator.

import { h } from "../dom.js";
import { field, form } from "../forms.js";
import { setUp } from "../session.js";
import { alone } from "./login.js";
import { t } from "../words.js";

/** `restart` is called once the administrator is there and logged in. */
export function setupView(restart) {
  const code = field(t("setup.code"), { required: true, autocomplete: "off", spellcheck: "false", autocapitalize: "none" }, t("setup.code_help"));
  const name = field(t("login.name"), { required: true, autocomplete: "username", autocapitalize: "none" });
  const password = field(t("login.password"), { type: "password", required: true, minlength: 10, autocomplete: "new-password" }, t("password.rule"));
  const again = field(t("password.again"), { type: "password", required: true, autocomplete: "new-password" });
  const act = async () => {
    if (password.input.value !== again.input.value) throw new Error(t("password.differ"));
    await setUp(code.input.value.trim(), name.input.value.trim(), password.input.value).catch((error) => {
      throw error.status === 401 || error.status === 403 ? new Error(t("setup.wrong")) : error;
    });
    await restart();
  };
  return alone(t("setup.title"), [h("p", {}, t("setup.lead")), form([code.node, name.node, password.node, again.node], t("setup.do"), act)], restart);
}
