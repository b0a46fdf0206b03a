// The live picture: only on demand, only for those allowed, never during a privacy pause.

import { path } from "./api.js";
import { h, setAttr, setText } from "./dom.js";
import { t } from "./words.js";

/** `{node, update(bed), close}`. */
export function makeLivePicture(bed) {
  const button = h("button", { type: "button", "aria-pressed": "false", onclick: () => (shown() ? hide() : show()) });
  const note = h("p", { class: "quiet" });
  const frame = h("div", { class: "live-frame", hidden: true });
  const node = h("section", { class: "panel live", "aria-label": t("live.title") },
    h("h2", {}, t("live.title")), frame, note, h("p", { class: "buttons" }, button));
  let picture = null;
  const shown = () => picture !== null;

  function show() {
    picture = h("img", { alt: t("live.alt"), src: path(["beds", bed, "live.mjpeg"], { once: String(Date.now()) }) });
    picture.addEventListener("error", () => {
      hide();
      note.textContent = t("live.none");
    });
    frame.replaceChildren(picture);
    frame.hidden = false;
    note.textContent = "";
    label();
  }

  function hide() {
    picture?.removeAttribute("src"); // ends the stream
    picture?.remove();
    picture = null;
    frame.hidden = true;
    label();
  }

  function label() {
    setText(button, t(shown() ? "live.hide" : "live.show"));
    setAttr(button, "aria-pressed", String(shown()));
  }

  const hidden = () => document.hidden && hide();
  document.addEventListener("visibilitychange", hidden);
  label();
  return {
    node,
    update(next) {
      const closed = Boolean(next.privacy_until);
      if (closed && shown()) hide();
      button.disabled = closed;
      if (closed) setText(note, t("live.privacy"));
      else if (note.textContent === t("live.privacy")) setText(note, "");
    },
    close() {
      hide();
      document.removeEventListener("visibilitychange", hidden);
    },
  };
}
