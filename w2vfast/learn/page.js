// What both pages share: language, colours, numbers, escaped text.

const byId = (id) => document.getElementById(id);
const escapeHtml = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const number = (value, digits = 3) => value.toFixed(digits).replace("-", "−");

let language = navigator.language.startsWith("zh") ? "zh" : "en";

// A text of the page in the chosen language, with {name} replaced.
function say(key, values = {}) {
    return TEXT[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function fillTexts() {
    document.documentElement.lang = language;
    for (const element of document.querySelectorAll("[data-t]"))
        element.textContent = say(element.dataset.t);
    for (const element of document.querySelectorAll("[data-label]"))
        element.setAttribute("aria-label", say(element.dataset.label));
    byId("language").textContent = say("other");
}

function switchColours() {
    const isDark = getComputedStyle(document.documentElement).colorScheme === "dark";
    document.documentElement.dataset.colours = isDark ? "light" : "dark";
}

// Run the button of a key, unless the key belongs to the field that has the focus.
function pressButtons(keys) {
    document.addEventListener("keydown", (event) => {
        const inField = event.target.closest("input, select, textarea, button, summary");
        const isSpace = event.key === " " && event.target.closest("button, summary");
        if ((inField && !event.target.closest("button")) || isSpace) return;
        if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
        event.preventDefault();
        byId(keys[event.key]).click();
    });
}
