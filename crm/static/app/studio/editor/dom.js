// Elements of the page, built so that what people wrote can only become text.

// `dom("label", {for: id, class: "form-label"}, "Name", other)`: properties that begin with "on" are listeners; false and null leave out.
export function dom(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}
