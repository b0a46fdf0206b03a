// What stands around every view: navigation, how old the data is, the alerts that wait, sound and settings.

import { makeAlertBar } from "./alert_bar.js";
import { h, keyed, setAttr, setText } from "./dom.js";
import { icon } from "./icons.js";
import { openSettings } from "./settings.js";
import { isAdmin, session } from "./session.js";
import { soundState, toggleSound } from "./sound.js";
import { sayQuietly } from "./announce.js";
import { clock, nowS, span } from "./times.js";
import { waiting } from "./bed_state.js";
import { ageS, connection, ward } from "./ward.js";
import { t } from "./words.js";

const PLACES = ["beds", "alerts", "shift", "users", "wall"];

/** `{node, show(name, view), update(), close()}`; `restart` builds the page anew. */
export function makeShell(restart) {
  const main = h("main", { id: "main", tabindex: "-1" });
  const nav = makeNavigation();
  const banner = makeBanner();
  const bar = makeAlertBar();
  const age = h("p", { class: "age" });
  const soundButton = makeSoundButton();
  const header = h("header", { class: "top" },
    h("p", { class: "brand" }, h("strong", {}, "vigil"), h("span", { class: "ward-name" }, session().ward),
      session().demo ? h("span", { class: "demo-mark" }, t("demo")) : null),
    nav.node,
    h("div", { class: "top-right" }, age, soundButton.node, settingsButton(restart)));
  const skip = h("button", { type: "button", class: "skip", onclick: () => main.focus() }, t("skip"));
  const footer = h("footer", { class: "foot" }, h("p", {}, t("boundary")), h("p", {}, `vigil ${session().version}`));
  const node = h("div", { class: "shell" }, skip, header, banner.node, bar.node, main, footer);
  let view = null;
  let first = true;

  function show(name, next) {
    view?.close?.();
    view = next;
    node.dataset.view = name;
    document.body.classList.toggle("wall", name === "wall");
    main.replaceChildren(next.node);
    nav.mark(name);
    document.title = `${next.title} · ${session().ward}`;
    next.update?.();
    // a new view begins at its heading; the first one leaves the focus where the browser puts it
    if (!first) {
      scrollTo(0, 0);
      const heading = main.querySelector("h1");
      setAttr(heading, "tabindex", "-1");
      heading.focus({ preventScroll: true });
    }
    first = false;
  }

  function update() {
    setAttr(node, "data-connection", connection());
    setText(age, ageText());
    nav.update();
    banner.update();
    bar.update();
    soundButton.update();
    view?.update?.();
  }

  update();
  return { node, show, update, close: () => view?.close?.() };
}

function ageText() {
  if (!Number.isFinite(ageS())) return t("age.waiting");
  return t("age", { span: span(ageS()) });
}

function makeNavigation() {
  const count = h("span", { class: "count", hidden: true });
  const links = PLACES.filter((name) => name !== "users" || isAdmin()).map((name) =>
    h("a", { href: `#/${name}`, "data-name": name }, icon(name), h("span", {}, t(`nav.${name}`)), name === "alerts" ? count : null));
  return {
    node: h("nav", { class: "nav", "aria-label": t("nav.label") }, links),
    mark(name) {
      const place = { bed: "beds", alert: "alerts" }[name] ?? name;
      links.forEach((link) => setAttr(link, "aria-current", link.dataset.name === place ? "page" : null));
    },
    update() {
      const open = (ward()?.beds ?? []).reduce((sum, bed) => sum + waiting(bed).length, 0);
      setAttr(count, "hidden", open === 0);
      setAttr(count, "aria-label", t("nav.open", { n: open }));
      setText(count, String(open));
    },
  };
}

function makeBanner() {
  const items = h("ul", { class: "banners" });
  const node = h("section", { class: "banner", "aria-label": t("banner.label"), hidden: true }, items);
  const fill = keyed(items, (item) => item.key, (item) => {
    const entry = h("li", { class: `banner-${item.key === "lost" ? "lost" : "trouble"}` }, icon(item.icon), h("span"));
    return { node: entry, update: (next) => setText(entry.lastChild, next.text) };
  });
  return {
    node,
    update() {
      const now = notices();
      setAttr(node, "hidden", now.length === 0);
      fill(now);
    },
  };
}

function notices() {
  const found = [];
  if (connection() === "lost") {
    const since = Number.isFinite(ageS()) ? t("connection.lost_since", { time: clock(nowS() - ageS(), true) }) : "";
    found.push({ key: "lost", icon: "lost", text: `${t("connection.lost")} ${since}` });
  }
  if (connection() === "live" && ward().inference?.ready === false) {
    found.push({ key: "inference", icon: "technical", text: t("trouble.inference") });
  }
  for (const text of ward()?.troubles ?? []) found.push({ key: text, icon: "technical", text: t("trouble.ward", { text }) });
  return found;
}

function makeSoundButton() {
  const label = h("span", { class: "wide-only" });
  const node = h("button", { type: "button", class: "quiet-button", onclick: pressed }, h("span", { class: "slot" }), label);
  async function pressed() {
    await toggleSound();
    update();
    sayQuietly(t(`sound.${soundState()}`));
  }
  function update() {
    const state = soundState();
    if (node.dataset.state !== state) node.firstChild.replaceChildren(icon(state === "on" ? "sound" : "silent"));
    node.dataset.state = state;
    setText(label, t(`sound.${state}`));
    setAttr(node, "aria-label", t(`sound.${state}`));
    setAttr(node, "title", t(`sound.${state}_help`));
  }
  return { node, update };
}

function settingsButton(restart) {
  return h("button", { type: "button", class: "quiet-button", "aria-label": t("settings"), onclick: () => openSettings(restart) },
    icon("settings"), h("span", { class: "wide-only" }, t("settings")));
}
