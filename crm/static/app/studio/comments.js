// Comments in the text of a diagram or a table. The drawing libraries forget them, so they are put back into what is saved: in front
// of the element before which each stood, else of the one that it stood in.

const MARK = "<!--";

function parsed(xml) {
  const document = new DOMParser().parseFromString(xml, "application/xml");
  return document.querySelector("parsererror") ? null : document;
}

function remarksOf(document) {
  const walker = document.createTreeWalker(document, NodeFilter.SHOW_COMMENT);
  const found = [];
  while (walker.nextNode()) found.push(walker.currentNode);
  return found;
}

// The id of the element by which a comment finds its place; none in front of the whole.
function anchorOf(comment) {
  const root = comment.ownerDocument.documentElement;
  if (comment.compareDocumentPosition(root) & Node.DOCUMENT_POSITION_FOLLOWING && !root.contains(comment)) return null;
  for (let next = comment.nextElementSibling; next; next = next.nextElementSibling) if (next.id) return next.id;
  return comment.parentElement?.closest("[id]")?.id ?? "";
}

// Whatever an attribute holds, "<" is written otherwise in it.
const tagOf = (xml, id) => xml.search(new RegExp(`<[^<>!?/][^<>]*\\sid="${id.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}"`));

// The text with the comments of `original`, from which it was made.
export function withComments(xml, original) {
  const before = original.includes(MARK) && parsed(original);
  const remarks = before ? remarksOf(before) : [];
  if (!remarks.length) return xml;
  const start = xml.search(/<[^?!]/);
  const end = xml.lastIndexOf("</");
  const places = remarks.map((comment) => {
    const id = anchorOf(comment);
    const at = id === null ? start : id ? tagOf(xml, id) : -1;
    return { at: at > start || id === null ? at : end, words: `${MARK}${comment.data}-->` };
  });
  let made = xml;
  for (const { at, words } of [...places].sort((a, b) => a.at - b.at).reverse()) {
    const line = made.lastIndexOf("\n", at - 1) + 1;
    const indent = made.slice(line, at);
    made = `${made.slice(0, at)}${words}${/^\s*$/.test(indent) ? `\n${indent}` : ""}${made.slice(at)}`;
  }
  // Where a text that looks like a tag misled the search, no comment is better than a broken file.
  const after = parsed(made);
  return after && remarksOf(after).length === remarks.length ? made : xml;
}
