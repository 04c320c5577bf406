// Everything can be read without this. With it the page keeps itself live, and says so when it cannot.
import { ServiceNavigation, SkipLink, createAll } from "./govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
for (const component of [ServiceNavigation, SkipLink]) createAll(component);

const lost = document.querySelector("#lost");
const stream = new EventSource("/live");
let last = Date.now();
let since = "";

stream.addEventListener("message", (event) => {
  const { title, sections } = JSON.parse(event.data);
  last = Date.now();
  since = "";
  lost.hidden = true;
  document.title = title;
  for (const [name, html] of Object.entries(sections)) show(document.querySelector(`#live-${name}`), html);
});

// What is open stays open.
function show(place, html) {
  const open = [...place.querySelectorAll("details[open]")].map((one) => one.id);
  const focused = place.contains(document.activeElement) ? document.activeElement.closest("details")?.id : undefined;
  place.innerHTML = html;
  for (const id of open) place.querySelector(`#${id}`)?.setAttribute("open", "");
  if (focused) place.querySelector(`#${focused} summary`)?.focus({ preventScroll: true });
}

// An old page must not look like a well one.
setInterval(() => {
  if (Date.now() - last < 15000 || since) return;
  since = new Date(last).toTimeString().slice(0, 5);
  lost.textContent = `The console has not answered since ${since}. What stands below is from then.`;
  lost.hidden = false;
}, 1000);
