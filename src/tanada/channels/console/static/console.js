// Keeps the page as it is at the server: regions that changed arrive as events and are woven in
// node by node, so that focus, an opened table and running transitions stay.
"use strict";

function weave(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  for (const { name, value } of [...fresh.attributes]) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    // Whether a table is open is for its reader to say.
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  weaveChildren(old, fresh);
}

function weaveChildren(old, fresh) {
  const wanted = [...fresh.childNodes];
  const held = [...old.childNodes];
  wanted.forEach((node, place) => {
    if (place < held.length) weave(held[place], node);
    else old.append(node);
  });
  held.slice(wanted.length).forEach((node) => node.remove());
}

function show(regions) {
  for (const [name, html] of Object.entries(regions)) {
    const region = document.getElementById(name);
    if (!region) continue;
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    weaveChildren(region, fresh.content);
  }
  const picture = document.querySelector("svg.picture");
  const weather = ["quiet", "watch", "storm"].find((word) => picture.classList.contains(word));
  document.documentElement.dataset.weather = weather;
}

function follow() {
  const lost = document.getElementById("lost");
  const events = new EventSource(document.body.dataset.events);
  events.addEventListener("open", () => { lost.hidden = true; });
  events.addEventListener("error", () => {
    lost.hidden = false;
    // A refusal ends the stream for good; anything else the browser tries again by itself.
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 5000);
  });
  events.addEventListener("regions", (event) => show(JSON.parse(event.data)));
}

show({});
follow();
