// Keeps an open page up to date. Each answer of the event stream is one event; EventSource asks again by itself.
const main = document.getElementById("main");
const live = document.getElementById("live");
const icon = document.getElementById("icon");
const url = new URL(location.href);
url.hash = "";
for (const key of ["format", "verbose"]) url.searchParams.delete(key); // they count before the header `Accept`

const PATIENCE = 5000; // milliseconds; an event comes each second
let heard = Date.now();
let begun = Date.now();
let drains = false;
let ended = false;

function say(text, state) {
  if (live.textContent !== text) live.textContent = text;
  document.documentElement.className = state;
}

function listen() {
  const source = new EventSource(url);
  source.onmessage = (event) => {
    heard = Date.now();
    drains = event.lastEventId === "draining";
    update(event.data);
    if (drains) say("Live updates end, because the service is draining.", "ended");
    else say("Live", "live");
  };
  source.onerror = () => {
    if (source.readyState !== EventSource.CLOSED) return; // the end of an event, or a service that does not answer
    if (drains) {
      ended = true;
      say("Live updates have ended, because the service is draining.", "ended");
    } else {
      setTimeout(listen, 2000);
    }
  };
}

function look() {
  const now = Date.now();
  const slept = now - begun > PATIENCE; // the device slept, so there was nothing to hear
  begun = now;
  if (slept) heard = now;
  if (drains || ended || now - heard < PATIENCE) return;
  say(`No answer since ${new Date(heard).toLocaleTimeString()}. This page is out of date.`, "lost");
}

// The new state becomes part of the page node by node, so that focus, selection, scroll position and what the reader
// has opened stay as they are.
function update(html) {
  const next = document.createElement("template");
  next.innerHTML = html;
  const known = new Map([...main.querySelectorAll("[id]")].map((element) => [element.id, element]));
  const focused = document.activeElement;
  children(main, next.content, known);
  if (focused !== document.activeElement && main.contains(focused)) focused.focus({ preventScroll: true });
  const { title, icon: image } = main.querySelector("header").dataset;
  if (document.title !== title) document.title = title;
  if (icon.getAttribute("href") !== image) icon.setAttribute("href", image);
}

function children(from, to, known) {
  let place = from.firstChild;
  for (const child of [...to.childNodes]) {
    const found = child.id ? known.get(child.id) : alike(place, child) ? place : null;
    const same = found ?? child.cloneNode(false); // something new may have known nodes in it
    if (same === place) place = place.nextSibling;
    else from.insertBefore(same, place);
    become(same, child, known);
  }
  while (place) {
    const after = place.nextSibling;
    place.remove();
    place = after;
  }
}

function alike(one, other) {
  return one && one.nodeName === other.nodeName && !one.id;
}

function become(from, to, known) {
  if (to.nodeType !== Node.ELEMENT_NODE) {
    if (from.data !== to.data) from.data = to.data;
    return;
  }
  for (const { name } of [...from.attributes]) {
    if (name !== "open" && !to.hasAttribute(name)) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (name !== "open" && from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
  if (from.localName === "details") {
    // What the reader opened or closed stays so, until there is news about the check.
    if (to.open && !opened.has(from)) from.open = true;
    if (to.open) opened.add(from);
    else opened.delete(from);
  }
  children(from, to, known);
}

// What the service opened.
const opened = new WeakSet(main.querySelectorAll("details[open]"));

say("Live", "live");
listen();
setInterval(look, 1000);
