// The sound of one bed's alerts, held for two minutes. It always comes back by itself.

import { path, post, remove } from "./api.js";
import { sayAtOnce, sayQuietly } from "./announce.js";
import { h, setText } from "./dom.js";
import { icon } from "./icons.js";
import { countdown } from "./times.js";
import { refresh } from "./ward.js";
import { t } from "./words.js";

const PAUSE_S = 120;

/** `{node, update(bed)}`. */
export function makeAudioPause(bed) {
  const label = h("span");
  const node = h("button", { type: "button", onclick: press }, icon("silent"), label);
  let until = null;
  let longest = PAUSE_S;

  async function press() {
    node.disabled = true;
    const where = path(["beds", bed, "audio-pause"]);
    try {
      if (until) await remove(where);
      else await post(where, { seconds: Math.min(PAUSE_S, longest) });
      sayQuietly(t(until ? "audio.resumed" : "audio.paused"));
      await refresh();
    } catch (error) {
      sayAtOnce(error.message);
      setText(label, error.message);
    } finally {
      node.disabled = false;
    }
  }

  return {
    node,
    update(next) {
      until = next.audio_paused_until;
      longest = next.audio_pause_most_s ?? PAUSE_S;
      setText(label, until ? t("audio.resume", { left: countdown(until) }) : t("audio.pause", { min: Math.round(longest / 60) || 1 }));
    },
  };
}
