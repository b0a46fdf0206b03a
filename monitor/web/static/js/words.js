// Every word that people read, in the language they chose.

import { remember, remembered } from "./remembered.js";

export const LANGUAGES = { en: "English", de: "Deutsch" };
const LOCALES = { en: "en-GB", de: "de-DE" };
let words = {};
let current = "en";

/** Loads the remembered language, else `otherwise`. */
export async function loadLanguage(otherwise) {
  const wanted = remembered("language", otherwise);
  await take(wanted in LANGUAGES ? wanted : "en");
}

/** Switches to `language` and remembers it. */
export async function chooseLanguage(language) {
  remember("language", language);
  await take(language);
}

async function take(language) {
  const answer = await fetch(`/static/words.${language}.json`);
  if (!answer.ok) throw new Error(`words.${language}.json: ${answer.status}`);
  words = await answer.json();
  current = language;
  document.documentElement.lang = language;
}

/** "en" or "de". */
export const language = () => current;
/** For Intl. */
export const locale = () => LOCALES[current];

/** The words of `key`, `{name}` replaced by `values.name`; with `values.n` by the rules of plural. */
export function t(key, values = {}) {
  let text = words[key];
  if ("n" in values) text = words[`${key}.${new Intl.PluralRules(locale()).select(values.n)}`] ?? text;
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The words of `key` if there are any, else `otherwise`. */
export function tOr(key, otherwise) {
  return words[key] ?? otherwise;
}

/** Of a pair `{en, de}` that of the chosen language. */
export function said(pair) {
  if (pair === null || pair === undefined) return "";
  if (typeof pair === "string") return pair;
  return pair[current] || pair.en || "";
}

/** A number with `digits` decimals as the language writes it. */
export function number(value, digits = 0) {
  const rule = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(locale(), rule).format(value);
}

/** A share as whole per cent. */
export function percent(share) {
  if (share === null || share === undefined) return "–";
  return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 0 }).format(share);
}
