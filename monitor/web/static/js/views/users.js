// Who may log in, as what, and for which beds. For administrators.

import { get, path, post, put, remove } from "../api.js";
import { sayQuietly } from "../announce.js";
import { confirmed, openDialog } from "../dialog.js";
import { placeName } from "../bed_words.js";
import { h } from "../dom.js";
import { field, form, select, tick } from "../forms.js";
import { user } from "../session.js";
import { ward } from "../ward.js";
import { t } from "../words.js";

const ROLES = ["viewer", "nurse", "admin"];

/** `{node, title}`. */
export function usersView() {
  const body = h("tbody");
  const note = h("p", { role: "status" }, t("loading"));
  const table = h("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": t("users.title") }, h("table", { class: "users" },
    h("thead", {}, h("tr", {}, ["name", "role", "beds", "pictures", "actions"].map((name) => h("th", { scope: "col" }, t(`users.${name}`))))), body));
  const add = h("button", { type: "button", class: "primary", onclick: () => edit(null, load) }, t("users.add"));
  const node = h("div", {}, h("h1", {}, t("users.title")), h("p", {}, t("users.lead")), note, table, h("p", { class: "buttons" }, add));
  load();
  return { node, title: t("users.title") };

  async function load() {
    try {
      const answer = await get(path(["users"]));
      body.replaceChildren(...(answer.users ?? answer).map((one) => row(one, load)));
      note.textContent = "";
    } catch (error) {
      note.textContent = error.message;
    }
  }
}

function row(one, load) {
  const named = h("span", { class: "unseen" }, `: ${one.name}`);
  const change = h("button", { type: "button", onclick: () => edit(one, load) }, t("users.change"), named);
  const drop = one.name === user().name ? null : h("button", { type: "button", class: "danger", onclick: () => ask(one, load) }, t("users.remove"), named.cloneNode(true));
  return h("tr", {},
    h("th", { scope: "row" }, one.name),
    h("td", {}, t(`role.${one.role}`)),
    h("td", {}, one.beds === "*" ? t("users.all_beds") : one.beds.map(bedName).join(", ") || t("users.no_beds")),
    h("td", {}, t(one.role !== "viewer" || one.pictures ? "yes" : "no")),
    h("td", {}, h("div", { class: "buttons" }, change, drop)));
}

function bedName(name) {
  const bed = ward()?.beds.find((one) => one.bed === name);
  return bed ? placeName(bed) : name;
}

function ask(one, load) {
  confirmed({
    title: t("users.remove"),
    text: t("users.remove_ask", { name: one.name }),
    yes: t("users.remove"),
    danger: true,
    act: async () => {
      await remove(path(["users", one.name]));
      sayQuietly(t("users.removed", { name: one.name }));
      await load();
    },
  });
}

function edit(one, load) {
  const name = field(t("login.name"), { required: true, autocomplete: "off", autocapitalize: "none", value: one?.name ?? "", readonly: one !== null });
  const role = select(t("users.role"), ROLES.map((key) => [key, t(`role.${key}_help`)]), one?.role ?? "nurse");
  const pictures = tick(t("users.pictures_tick"), one?.pictures ?? false);
  const all = tick(t("users.all_beds"), one === null || one.beds === "*");
  const known = [...new Set([...(ward()?.beds ?? []).map((bed) => bed.bed), ...(one && one.beds !== "*" ? one.beds : [])])];
  const single = known.map((bed) => ({ bed, ...tick(bedName(bed), one !== null && one.beds !== "*" && one.beds.includes(bed)) }));
  const beds = h("fieldset", {}, h("legend", {}, t("users.beds")), all.node, single.map((entry) => entry.node));
  const password = field(one ? t("users.new_password") : t("login.password"),
    { type: "password", autocomplete: "new-password", required: one === null, minlength: 10 }, one ? t("users.password_kept") : t("password.rule"));
  const allow = () => single.forEach((entry) => {
    entry.input.disabled = all.input.checked;
  });
  all.input.addEventListener("change", allow);
  allow();
  const act = async () => {
    const document = {
      role: role.input.value,
      pictures: pictures.input.checked,
      beds: all.input.checked ? "*" : single.filter((entry) => entry.input.checked).map((entry) => entry.bed),
      ...(password.input.value ? { password: password.input.value } : {}),
    };
    if (one) await put(path(["users", one.name]), document);
    else await post(path(["users"]), { name: name.input.value.trim(), ...document });
    sayQuietly(t("users.saved"));
    dialog.close();
    await load();
  };
  const cancel = h("button", { type: "button", onclick: () => dialog.close() }, t("cancel"));
  const entry = form([name.node, role.node, pictures.node, beds, password.node], t("save"), act);
  entry.lastChild.append(cancel);
  const dialog = openDialog({ title: one ? t("users.change_title", { name: one.name }) : t("users.add"), content: entry });
}
