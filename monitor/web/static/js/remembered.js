// Small choices kept in this browser. Where storage is switched off they hold for the page alone.

const here = new Map();

/** The remembered value of `name`, or `otherwise`. */
export function remembered(name, otherwise) {
  try {
    return localStorage.getItem(`vigil.${name}`) ?? here.get(name) ?? otherwise;
  } catch {
    return here.get(name) ?? otherwise;
  }
}

/** Keeps `value` (text). */
export function remember(name, value) {
  here.set(name, value);
  try {
    localStorage.setItem(`vigil.${name}`, value);
  } catch {
    // storage switched off
  }
}
