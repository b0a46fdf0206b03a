// The last hour in one line: how much speaks for pain, where pain was judged, where nothing was known.

import { h, setAttr, svg } from "./dom.js";
import { nowS, seconds, span } from "./times.js";
import { t } from "./words.js";

const MINUTES = 60;
const HEIGHT = 24;
const STRIP = 4;

/** `{node, update(points)}`; points are `{at, score | null, level}`, one a minute, the last hour. */
export function makeSparkline() {
  const picture = svg("svg", { viewBox: `0 0 ${MINUTES} ${HEIGHT + STRIP}`, preserveAspectRatio: "none", class: "spark", role: "img" });
  const empty = h("span", { hidden: true }, t("trend.empty"));
  const node = h("figure", { class: "trend" }, picture, h("figcaption", { "aria-hidden": "true" },
    h("span", {}, t("trend.hour_ago")), empty, h("span", {}, t("trend.now"))));
  let drawn = "";
  return {
    node,
    update(points) {
      const mark = `${points.length}:${points.at(-1)?.at}:${points.at(-1)?.score}:${Math.floor(nowS() / 60)}`;
      if (mark === drawn) return;
      drawn = mark;
      setAttr(picture, "aria-label", describe(points));
      picture.replaceChildren(...draw(points));
      setAttr(empty, "hidden", points.some((point) => point.score !== null));
    },
  };
}

function draw(points) {
  const now = nowS();
  const placed = points
    .map((point) => ({ ...point, x: MINUTES - (now - seconds(point.at)) / 60 }))
    .filter((point) => point.x >= -1 && point.x <= MINUTES + 1);
  const parts = [svg("line", { x1: 0, x2: MINUTES, y1: HEIGHT, y2: HEIGHT, class: "spark-base" })];
  // what no point tells is unknown as well
  const seen = new Set(placed.filter((point) => point.score !== null).map((point) => Math.round(point.x)));
  let begin = null;
  for (let minute = 0; minute <= MINUTES; minute += 1) {
    const blind = minute < MINUTES && ![minute - 1, minute, minute + 1].some((near) => seen.has(near));
    if (blind) begin ??= minute;
    else if (begin !== null) {
      parts.push(svg("rect", { x: begin, y: 0, width: minute - begin, height: HEIGHT, class: "spark-unknown" }));
      begin = null;
    }
  }
  for (const point of placed.filter((one) => one.level === "pain")) {
    parts.push(svg("rect", { x: point.x - 0.5, y: HEIGHT, width: 1.05, height: STRIP, class: "spark-pain" }));
  }
  for (const run of runs(placed)) {
    const line = run.map((point) => `${point.x.toFixed(2)},${(HEIGHT * (1 - point.score) + 0.5).toFixed(2)}`).join(" ");
    if (run.length > 1) parts.push(svg("polyline", { points: line, class: "spark-line" }));
    else parts.push(svg("circle", { cx: run[0].x, cy: HEIGHT * (1 - run[0].score), r: 0.6, class: "spark-dot" }));
  }
  return parts;
}

function runs(points) {
  const found = [];
  let before = null;
  for (const point of points) {
    if (point.score === null) before = null;
    else {
      if (before === null || point.x - before.x > 2.5) found.push([]);
      found.at(-1).push(point);
      before = point;
    }
  }
  return found;
}

function describe(points) {
  const known = points.filter((point) => point.score !== null);
  if (known.length === 0) return t("trend.nothing");
  const pain = points.filter((point) => point.level === "pain").length;
  const blind = Math.max(0, MINUTES - known.length);
  return t("trend.words", { pain: span(pain * 60), blind: span(blind * 60) });
}
