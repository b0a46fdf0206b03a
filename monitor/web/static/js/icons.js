// Shapes. Every state has an outline of its own, so that it is told without colour and from far away.

import { svg } from "./dom.js";

const line = (d) => svg("path", { d, class: "line" });
const solid = (d) => svg("path", { d, class: "solid" });
const cut = (d) => svg("path", { d, class: "cut" });
const dot = (x, y, r, kind) => svg("circle", { cx: x, cy: y, r, class: kind });

const SHAPES = {
  // a full triangle with an exclamation mark
  alert: () => [solid("M12 1.8 23 21.6H1z"), cut("M12 8.4v6"), dot(12, 18, 1.35, "cut-dot")],
  // an open triangle with a question mark
  weak: () => [
    line("M12 2.6 22.2 21H1.8z"),
    line("M9.8 11.4a2.2 2.2 0 1 1 3.3 1.9c-.8.5-1.1.9-1.1 1.9"),
    dot(12, 18, 1.2, "solid"),
  ],
  // a full diamond with a wave
  pain: () => [solid("M12 1.2 22.8 12 12 22.8 1.2 12z"), cut("M6.6 12h2.2l1.8-4 2.8 8 1.8-4h2.2")],
  // a circle with a tick
  calm: () => [dot(12, 12, 10, "line"), line("m7.2 12.4 3.3 3.4 6.4-7")],
  // a dashed square with a question mark
  unknown: () => [
    svg("rect", { x: 2, y: 2, width: 20, height: 20, rx: 2, class: "line dashed" }),
    line("M9 9.4a3 3 0 1 1 4.6 2.6c-1.1.7-1.6 1.3-1.6 2.6"),
    dot(12, 17.6, 1.35, "solid"),
  ],
  // a curtain
  privacy: () => [line("M1.5 3h21"), solid("M3 3h6c0 7-1.5 13-6 18z"), solid("M21 3h-6c0 7 1.5 13 6 18z")],
  // a plug that is out
  lost: () => [line("M2 22 8 16"), line("M22 2l-6 6"), line("m5.5 11.5 7 7 1.8-1.8"), line("m9.7 7.3 1.8-1.8 7 7"), line("M3 3l18 18")],
  acknowledged: () => [line("m2 12.6 4.4 4.6L15 7.6"), line("m11 15.8 1.4 1.4L21.6 7.6")],
  fine: () => [line("M2 7h13v10H2z"), solid("m15 12 7-4.6v9.2z")],
  poor: () => [line("M2 7h13v10H2z"), solid("m15 12 7-4.6v9.2z"), line("M8.5 9v3.4"), dot(8.5, 15, 1, "solid")],
  offline: () => [line("M2 7h13v10H2z"), solid("m15 12 7-4.6v9.2z"), line("M3 21.5 20.5 3")],
  technical: () => [line("M14.5 3.5a5 5 0 0 0-5.6 6.9L3 16.4V21h4.6l6-5.9a5 5 0 0 0 6.9-5.6l-3.2 3.1-3-.7-.7-3z")],
  sound: () => [solid("M3 9v6h4l6 5V4L7 9z"), line("M16 8.5a5 5 0 0 1 0 7"), line("M18.6 5.6a9 9 0 0 1 0 12.8")],
  silent: () => [solid("M3 9v6h4l6 5V4L7 9z"), line("m16.5 9 6 6"), line("m22.5 9-6 6")],
  settings: () => [line("M3 6h10"), line("M18 6h3"), line("M3 12h3"), line("M11 12h10"), line("M3 18h9"), line("M17 18h4"),
    dot(15.5, 6, 2.4, "line"), dot(8.5, 12, 2.4, "line"), dot(14.5, 18, 2.4, "line")],
  beds: () => [line("M2 5v14"), line("M2 16h20v3"), line("M22 16v-3a3 3 0 0 0-3-3h-8v6"), dot(6.6, 11.6, 2, "line")],
  alerts: () => [line("M6 17V11a6 6 0 0 1 12 0v6l1.8 2H4.2z"), line("M10 21.6h4")],
  shift: () => [dot(12, 12, 9.6, "line"), line("M12 6.4V12l4 2.4")],
  users: () => [dot(9, 8, 3.6, "line"), line("M2 20.4a7 7 0 0 1 14 0"), line("M16.5 4.8a3.6 3.6 0 0 1 0 6.6"), line("M18.6 14.4a7 7 0 0 1 3.4 6")],
  wall: () => [line("M2 4h20v13H2z"), line("M8 21h8"), line("M12 17v4")],
  back: () => [line("m14.5 5-7 7 7 7")],
};

/** The shape `name`, hidden from screen readers unless `label` is given. */
export function icon(name, label = null) {
  const named = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  return svg("svg", { viewBox: "0 0 24 24", class: `icon icon-${name}`, focusable: "false", ...named }, SHAPES[name]());
}
