// Addresses of views inside the page.

/** The address of a view for links: `address("bed", "bed-1")`. */
export const address = (...parts) => `#/${parts.map(encodeURIComponent).join("/")}`;

/** Goes there. */
export function go(...parts) {
  location.hash = address(...parts);
}
