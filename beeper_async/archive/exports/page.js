"use strict";
(() => {
  const most = 200;
  const input = document.getElementById("search");
  const output = document.getElementById("found");
  const data = document.getElementById("data");
  const main = document.querySelector("main");
  const fold = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  const lazily = (make) => { let made; return () => (made ??= make()); };

  // On a page with messages or chats: what does not match is hidden.
  const shown = lazily(() => [...main.querySelectorAll(".message, .chat")].map((element) =>
    [element, fold((element.querySelector(".bubble") ?? element).textContent)]));
  const hideOthers = (terms) => {
    let count = 0;
    for (const [element, text] of shown()) {
      element.hidden = !terms.every((term) => text.includes(term));
      count += !element.hidden;
    }
    let used = false;
    for (const element of [...main.children].reverse()) {
      if (element.matches(".message")) used ||= !element.hidden;
      if (element.matches(".day")) { element.hidden = !used; used = false; }
    }
    return count;
  };

  // On the contents of a long chat: all of its pages are searched.
  const rows = lazily(() => JSON.parse(data.textContent).map((row) =>
    [row, fold(row[2] + " " + row[3])]));
  const list = ([[address, time, sender, text]]) => {
    const element = document.createElement("article");
    const link = document.createElement("a");
    const content = document.createElement("div");
    element.className = "chat";
    content.className = "text";
    content.dir = "auto";
    link.href = address;
    link.textContent = time + " · " + sender;
    content.textContent = text;
    element.append(link, content);
    return element;
  };
  const findAll = (terms) => {
    const found = terms.length ? rows().filter(([, text]) => terms.every((term) => text.includes(term))) : [];
    main.replaceChildren(...found.slice(0, most).map(list));
    return found.length;
  };

  const search = () => {
    const terms = fold(input.value).split(/\s+/).filter(Boolean);
    const count = data ? findAll(terms) : hideOthers(terms);
    const cut = data && count > most ? ", the first " + most + " are shown" : "";
    output.textContent = terms.length ? count + " found" + cut : "";
  };
  input.addEventListener("input", search);
  if (input.value) search();  // what the browser kept when the page was opened again
})();
