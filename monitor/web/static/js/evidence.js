// Where on the face the model found what it claims: the heatmap, the sentence, and each share beside chance.

import { h, svg } from "./dom.js";
import { clock, seconds } from "./times.js";
import { number, percent, said, t } from "./words.js";

const CROP_PX = 112;

/** An explanation as one block. `face_jpeg` is there only where the server lets this person see pictures. */
export function makeEvidence(evidence) {
  const units = evidence.units.filter((unit) => unit.mu !== null || unit.intensity > 0);
  return h("div", { class: "evidence" },
    h("figure", { class: "heat" }, picture(evidence), h("figcaption", {},
      h("p", { class: "quiet" }, t(evidence.face_jpeg ? "evidence.legend" : "evidence.legend_no_face")))),
    h("div", { class: "evidence-words" },
      h("p", { class: "lead" }, said(evidence.sentence)),
      units.length ? table(units) : h("p", {}, t("evidence.no_units")),
      evidence.outside_share === null || evidence.outside_share === undefined
        ? null
        : h("p", {}, t("evidence.outside", { share: percent(evidence.outside_share) })),
      h("p", { class: "quiet" }, t("evidence.at", { time: clock(seconds(evidence.at), true), model: evidence.model_id }))));
}

function picture(evidence) {
  const face = evidence.face_jpeg
    ? h("img", { class: "heat-face", src: evidence.face_jpeg, alt: "" })
    : svg("svg", { class: "heat-face heat-plain", viewBox: `0 0 ${CROP_PX} ${CROP_PX}`, "aria-hidden": "true" },
      svg("ellipse", { cx: 56, cy: 58, rx: 40, ry: 51, class: "face-line" }));
  const outlines = evidence.units.flatMap((unit) => polygons(unit.outline));
  return h("div", { class: "heat-stack", role: "img", "aria-label": describe(evidence) },
    face,
    h("img", { class: "heat-map", src: evidence.relevance_png, alt: "" }),
    svg("svg", { class: "heat-lines", viewBox: `0 0 ${CROP_PX} ${CROP_PX}`, "aria-hidden": "true" },
      outlines.map((points) => svg("polygon", { points: points.map((point) => point.join(",")).join(" ") }))));
}

// one polygon or several
function polygons(outline) {
  if (!outline?.length) return [];
  return typeof outline[0][0] === "number" ? [outline] : outline;
}

function describe(evidence) {
  const best = [...evidence.units].filter((unit) => unit.mu !== null).sort((one, other) => other.mu - one.mu)[0];
  if (!best) return t("evidence.picture");
  return t("evidence.picture_best", { unit: said(best.name), share: percent(best.mu) });
}

function table(units) {
  return h("table", { class: "mus" },
    h("caption", {}, t("evidence.caption")),
    h("thead", {}, h("tr", {},
      h("th", { scope: "col" }, t("evidence.unit")), h("th", { scope: "col", class: "number" }, t("evidence.strength")),
      h("th", { scope: "col" }, t("evidence.inside")), h("th", { scope: "col", class: "number" }, t("evidence.chance")))),
    h("tbody", {}, units.map(row)));
}

function row(unit) {
  const good = unit.mu !== null && unit.chance !== null && unit.mu > unit.chance;
  const bar = h("span", { class: `mu-bar ${good ? "good" : "poor"}`, "aria-hidden": "true", vars: { "--share": unit.mu ?? 0, "--chance": unit.chance ?? 0 } },
    h("span", { class: "mu-fill" }), unit.chance === null ? null : h("span", { class: "mu-chance" }));
  const strength = unit.unit === "AU43" ? percent(unit.intensity) : t("evidence.of5", { value: number(unit.intensity, 1) });
  return h("tr", {},
    h("th", { scope: "row" }, said(unit.name), " ", h("span", { class: "quiet" }, shortUnit(unit.unit))),
    h("td", { class: "number" }, strength),
    h("td", { class: "mu-cell" }, bar, h("span", { class: "mu-number" }, percent(unit.mu))),
    h("td", { class: "number" }, percent(unit.chance)));
}

const shortUnit = (unit) => unit.replace(/^AU0?/, "AU");
