// The plot itself, drawn by uPlot. Times are seconds since 1970.

import { locale } from "./words.js";

const HEIGHT_PX = 260;
const STRIP_PX = 10;

/**
 * Draws `trend` (answer of /api/beds/…/trend) into `holder`. `zoomed(from, to)` is called when somebody drags over a
 * stretch, `pointed(index | null)` when the pointer stands at a point. Returns `{destroy, fit}`.
 */
export function drawHistory(holder, trend, from, to, { zoomed, pointed }) {
  const colour = colours(holder);
  const options = {
    width: width(holder),
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
    scales: { x: { time: true, range: () => [from, to] }, y: { range: () => [0, 1] } },
    axes: [axis(colour, { values: (_, ticks, __, ___, step) => ticks.map((tick) => tickText(tick, step)) }),
      axis(colour, { values: (_, ticks) => ticks.map((tick) => tick.toFixed(1)), size: 40, splits: () => [0, 0.25, 0.5, 0.75, 1].filter((value) => value * 2 % 1 === 0) })],
    series: [
      {},
      { stroke: colour.highest, width: 1, dash: [4, 3], points: { show: false }, spanGaps: false },
      { stroke: colour.score, width: 2, points: { show: false }, spanGaps: false },
    ],
    hooks: {
      drawClear: [(plot) => behind(plot, trend, colour)],
      draw: [(plot) => marks(plot, trend, colour)],
      setSelect: [(plot) => {
        if (plot.select.width < 8) return;
        const [left, right] = [plot.select.left, plot.select.left + plot.select.width].map((x) => plot.posToVal(x, "x"));
        zoomed(left, right);
      }],
      setCursor: [(plot) => pointed(plot.cursor.idx ?? null)],
    },
  };
  const plot = new uPlot(options, [trend.at, trend.score_max ?? trend.score, trend.score], holder);
  return {
    destroy: () => plot.destroy(),
    fit: () => plot.width !== width(holder) && plot.setSize({ width: width(holder), height: HEIGHT_PX }),
  };
}

const width = (holder) => Math.max(240, Math.floor(holder.clientWidth));

function colours(holder) {
  const style = getComputedStyle(holder);
  const of = (name) => style.getPropertyValue(name).trim();
  return {
    ink: of("--quiet"), grid: of("--line"), score: of("--accent"), highest: of("--quiet"), pain: of("--pain-mark"),
    blind: of("--unknown"), alert: of("--alert"), technical: of("--technical"),
  };
}

function axis(colour, more) {
  return { stroke: colour.ink, grid: { stroke: colour.grid, width: 1 }, ticks: { stroke: colour.grid, width: 1 }, font: "13px sans-serif", ...more };
}

function tickText(tick, step) {
  const at = new Date(tick * 1000);
  const day = { day: "numeric", month: "numeric" };
  const time = { hour: "2-digit", minute: "2-digit", hour12: false, ...(step < 60 ? { second: "2-digit" } : {}) };
  const midnight = at.getHours() === 0 && at.getMinutes() === 0;
  return new Intl.DateTimeFormat(locale(), step >= 86400 || midnight ? day : time).format(at);
}

// hatched where nothing was known, a strip at the bottom where pain was judged
function behind(plot, trend, colour) {
  const { ctx } = plot;
  const { left, top, width: wide, height } = plot.bbox;
  const half = (trend.step_s ?? 1) / 2;
  const place = (atS) => Math.min(Math.max(plot.valToPos(atS, "x", true), left), left + wide);
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, wide, height);
  ctx.clip();
  ctx.fillStyle = hatch(ctx, colour.blind);
  let from = plot.scales.x.min;
  for (let index = 0; index <= trend.at.length; index += 1) {
    const known = index < trend.at.length && trend.score[index] !== null;
    if (!known && index < trend.at.length) continue;
    const to = index < trend.at.length ? trend.at[index] - half : plot.scales.x.max;
    if (to - from > half) ctx.fillRect(place(from), top, place(to) - place(from), height);
    if (known) from = trend.at[index] + half;
  }
  ctx.fillStyle = colour.pain;
  const strip = STRIP_PX * devicePixelRatio;
  trend.level.forEach((level, index) => {
    if (level !== "pain") return;
    const x = place(trend.at[index] - half);
    ctx.fillRect(x, top + height - strip, Math.max(place(trend.at[index] + half) - x, devicePixelRatio), strip);
  });
  ctx.restore();
}

function hatch(ctx, ink) {
  const side = 8 * devicePixelRatio;
  const tile = new OffscreenCanvas(side, side);
  const pen = tile.getContext("2d");
  pen.strokeStyle = ink;
  pen.globalAlpha = 0.5;
  pen.lineWidth = 1.5 * devicePixelRatio;
  for (const shift of [-side, 0, side]) {
    pen.beginPath();
    pen.moveTo(shift, side);
    pen.lineTo(shift + side, 0);
    pen.stroke();
  }
  return ctx.createPattern(tile, "repeat");
}

// a triangle and a line where an alert began, a bar as long as it lasted
function marks(plot, trend, colour) {
  const { ctx } = plot;
  const { left, top, width: wide, height } = plot.bbox;
  const scale = devicePixelRatio;
  ctx.save();
  for (const alert of trend.alerts) {
    const begin = Math.max(plot.valToPos(alert.from, "x", true), left);
    const end = Math.min(plot.valToPos(alert.to ?? plot.scales.x.max, "x", true), left + wide);
    if (begin > left + wide || end < left) continue;
    ctx.fillStyle = ctx.strokeStyle = alert.topic === "pain" || alert.topic.startsWith("distress") ? colour.alert : colour.technical;
    ctx.fillRect(begin, top, Math.max(end - begin, 2 * scale), 5 * scale);
    ctx.lineWidth = scale;
    ctx.setLineDash([3 * scale, 3 * scale]);
    ctx.beginPath();
    ctx.moveTo(begin, top);
    ctx.lineTo(begin, top + height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(begin - 6 * scale, top);
    ctx.lineTo(begin + 6 * scale, top);
    ctx.lineTo(begin, top + 11 * scale);
    ctx.fill();
  }
  ctx.restore();
}
