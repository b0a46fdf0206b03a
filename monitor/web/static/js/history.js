// What was: the judgement over hours or days, with zoom, marks of alerts, and hatching where nothing was known.

import { get, path } from "./api.js";
import { aboutWords } from "./bed_words.js";
import { h, setText } from "./dom.js";
import { drawHistory } from "./history_plot.js";
import { clock, nowS, seconds } from "./times.js";
import { number, percent, t } from "./words.js";

const RANGES = [["1h", 3600], ["8h", 8 * 3600], ["24h", 86400], ["7d", 7 * 86400]];
const SHORTEST_S = 60;
const POINTS = 600;

/** `{node, load, close}`; `changed(range)` hears which time is shown. */
export function makeHistory(bed, changed) {
  const buttons = RANGES.map(([name, lengthS]) =>
    h("button", { type: "button", "aria-pressed": "false", onclick: () => choose(nowS() - lengthS, null) }, t(`history.${name}`)));
  const step = (key, act) => h("button", { type: "button", "aria-label": t(`history.${key}`), title: t(`history.${key}`), onclick: act }, t(`history.${key}_sign`));
  const tools = h("div", { class: "history-tools" },
    h("div", { class: "segmented", role: "group", "aria-label": t("history.range") }, buttons),
    h("div", { class: "segmented", role: "group", "aria-label": t("history.zoom") },
      step("back", () => move(-0.5)), step("forward", () => move(0.5)), step("in", () => scale(0.5)), step("out", () => scale(2))));
  const shown = h("p", { class: "quiet" });
  const readout = h("p", { class: "readout", "aria-hidden": "true" }, t("history.hint"));
  const plot = h("div", { class: "plot", role: "img" });
  const words = h("p", { class: "history-words", role: "status" });
  const legend = h("ul", { class: "legend" }, ["score", "highest", "pain", "blind", "alert"].map((name) =>
    h("li", {}, h("span", { class: `key key-${name}`, "aria-hidden": "true" }), t(`history.key_${name}`))));
  const node = h("div", { class: "history" }, tools, shown, plot, readout, legend, words);
  let from = nowS() - RANGES[1][1];
  let to = null;
  let asked = 0;
  let drawn = null;
  let last = null;

  function choose(nextFrom, nextTo) {
    from = nextFrom;
    to = nextTo;
    load();
  }

  function move(share) {
    const end = to ?? nowS();
    const by = (end - from) * share;
    choose(from + by, Math.min(end + by, nowS()));
  }

  function scale(factor) {
    const end = to ?? nowS();
    const middle = (from + end) / 2;
    const half = Math.max(SHORTEST_S, (end - from) * factor) / 2;
    choose(middle - half, Math.min(middle + half, nowS()));
  }

  async function load() {
    const mine = ++asked;
    const end = to ?? nowS();
    buttons.forEach((button, place) => {
      const on = to === null && Math.abs(end - from - RANGES[place][1]) < 30;
      button.setAttribute("aria-pressed", String(on));
    });
    setText(shown, t("history.shown", { from: clock(from), to: clock(end) }));
    changed({ from, to: end });
    try {
      const iso = (atS) => new Date(atS * 1000).toISOString();
      const trend = await get(path(["beds", bed, "trend"], { from: iso(from), to: iso(end), points: POINTS }));
      if (mine !== asked) return;
      trend.alerts = trend.alerts.map((one) => ({ ...one, from: seconds(one.from), to: one.to && seconds(one.to) }));
      last = { trend, from, end };
      draw();
    } catch (error) {
      if (mine === asked) setText(words, error.message);
    }
  }

  function draw() {
    drawn?.destroy();
    drawn = drawHistory(plot, last.trend, last.from, last.end, { zoomed: choose, pointed });
    const said = describe(last.trend);
    plot.dataset.seconds = String(Math.round(last.end - last.from));
    setText(words, said);
    plot.setAttribute("aria-label", said);
  }

  function pointed(place) {
    setText(readout, place === null ? t("history.hint") : at(last.trend, place));
  }

  const recolour = () => last && draw();
  addEventListener("vigil-colours", recolour);
  const watcher = new ResizeObserver(() => drawn?.fit());
  watcher.observe(plot);
  return {
    node,
    load,
    close() {
      removeEventListener("vigil-colours", recolour);
      watcher.disconnect();
      drawn?.destroy();
    },
  };
}

function at(trend, place) {
  const when = clock(trend.at[place], true);
  const score = trend.score[place];
  const alert = trend.alerts.find((one) => one.from <= trend.at[place] && (one.to ?? Infinity) >= trend.at[place]);
  const tail = alert ? ` · ${t("history.key_alert")}: ${aboutWords(alert)}` : "";
  if (score === null) return `${when} · ${t("state.unknown")}${tail}`;
  const pspi = trend.pspi?.[place];
  const level = pspi === null || pspi === undefined ? "" : ` · ${t("level.of", { level: number(pspi) })}`;
  return `${when} · ${t("history.score_at", { score: number(score, 2) })}${level}${tail}`;
}

function describe(trend) {
  const known = trend.score.filter((value) => value !== null);
  if (known.length === 0) return t("history.nothing");
  const seen = trend.at.length ? trend.assessable.reduce((sum, value) => sum + (value ?? 0), 0) / trend.at.length : 0;
  const alerts = trend.alerts.length;
  return t("history.words", { highest: number(Math.max(...known), 2), seen: percent(seen), alerts: t("beds.alerts", { n: alerts }) });
}
