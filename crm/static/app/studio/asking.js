// Questions to the server, answered as JSON. Whoever has signed in again in another window goes on in this one: the page's proof
// against forged posts is fetched anew, but only while the same person is signed in as when the page was opened.

const FACTS = "[data-draft-facts]";
const TOKEN = "meta[name=csrf-token]";
const STALE = "stale-token";

const factsOf = (page) => JSON.parse(page.querySelector(FACTS)?.textContent ?? "{}");

async function send(url, method, body) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") Object.assign(headers, { "Content-Type": "application/json", "X-CSRFToken": document.querySelector(TOKEN)?.content ?? "" });
  const answer = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin" });
  const said = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
  if (answer.ok) return said;
  const words = (said.errors ?? []).map((fault) => fault.message).join(" ") || said.detail || answer.statusText;
  throw Object.assign(new Error(words), { status: answer.status, code: said.title, problem: said });
}

async function renewProof() {
  const { me, urls } = factsOf(document);
  const answer = await fetch(urls.draft, { credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!answer.ok || factsOf(page).me !== me) return false;
  document.querySelector(TOKEN).content = page.querySelector(TOKEN).content;
  return true;
}

export async function ask(url, method = "GET", body = undefined) {
  try {
    return await send(url, method, body);
  } catch (fault) {
    if (fault.code !== STALE || !(await renewProof())) throw fault;
    return send(url, method, body);
  }
}

// What may be over in a moment: the server or its database is away or busy, or somebody has to sign in first.
export function mayPass({ status, code }) {
  return !status || status === 401 || status === 429 || status >= 500 || code === STALE;
}

export const isSignedOut = ({ status, code }) => status === 401 || code === STALE;
