// Draws each chart from its description, in the colours of the page.
"use strict";

for (const place of document.querySelectorAll(".canvas[data-spec]")) {
  vegaEmbed(place, JSON.parse(place.dataset.spec), { actions: false, renderer: "svg" }).catch((error) => {
    place.textContent = `This chart could not be drawn: ${error.message}`;
  });
}
