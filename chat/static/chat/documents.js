// The admin's pages of documents: how far an upload is, and after it how far the processing is.
"use strict";

// A form with faults takes this page's place, and this script runs again in it: nothing is global.
{
  const POLL_MS = 1000;

  // A file is sent by XMLHttpRequest, because only that tells how much of it has left.
  function sendWithProgress(form) {
    const bar = document.createElement("progress");
    const text = document.createElement("span");
    bar.max = 1;
    form.addEventListener("submit", (event) => {
      const file = form.querySelector('input[type="file"]');
      if (!file || !file.files.length) return;
      event.preventDefault();
      const data = new FormData(form);
      if (event.submitter && event.submitter.name) data.append(event.submitter.name, event.submitter.value);
      form.querySelector(".submit-row").append(bar, text);
      const request = new XMLHttpRequest();
      request.upload.addEventListener("progress", (at) => {
        bar.value = at.total ? at.loaded / at.total : 0;
        text.textContent = bar.value < 1 ? " Uploading …" : " Reading the document …";
      });
      request.addEventListener("load", () => {
        // Redirected: it was taken, and what came is the next page, with the message that it was,
        // which is shown once. Otherwise it is the form again, with what is wrong.
        if (request.responseURL !== location.href) history.pushState(null, "", request.responseURL);
        document.open();
        document.write(request.responseText);
        document.close();
      });
      request.addEventListener("error", () => {
        text.textContent = " The upload broke off. Try again.";
      });
      request.open("POST", form.action || location.href);
      request.send(data);
    });
  }

  async function follow(bar) {
    const text = bar.parentElement.querySelector(".bellwire-progress-text");
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      let state;
      try {
        const answer = await fetch(bar.dataset.url);
        if (!answer.ok) return;
        state = await answer.json();
      } catch {
        continue;
      }
      bar.max = state.chunks;
      bar.value = state.ready ? state.chunks : state.embedded;
      if (state.ready) {
        text.textContent = `Ready: ${state.chunks} passages.`;
        return;
      }
      text.textContent = `Found by words; ${state.embedded} of ${state.chunks} passages are ready to be found by meaning.`;
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const form = document.querySelector("#document_form");
    if (form) sendWithProgress(form);
    for (const bar of document.querySelectorAll(".bellwire-progress[data-url]")) if (bar.dataset.url) follow(bar);
  });
}
