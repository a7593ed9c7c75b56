// The text, its examples, what is wrong with it, and the link that holds it.

const [editor, problem, choices, link] = ["textarea", ".problem", ".examples", ".link"].map((selector) =>
  find(selector),
);
let [graph, base] = [null, ""]; // what is shown, and the text that it was recorded from
let waiting = null;

// Show the graph of the text as it is; where it cannot be read, say why and leave the picture as it was.
function refresh() {
  clearTimeout(waiting);
  waiting = null;
  fitted();
  let data;
  try {
    const nodes = record(editor.value);
    data = paged(nodes);
    [graph, base] = [nodes, editor.value];
    problem.textContent = "";
  } catch (error) {
    if (!(error instanceof Rejected || error instanceof RangeError)) throw error;
    problem.textContent =
      error instanceof Rejected
        ? error.message
        : "This is nested too deeply for this page: write parts of it on lines of their own.";
  }
  editor.ariaInvalid = String(problem.textContent !== "");
  picture.classList.toggle("stale", problem.textContent !== "");
  if (!data) return;
  picture.replaceChildren(picturedGraph(data));
  begin(data, () => steps.length - 1);
  keep();
}

// As many lines as there are, up to some.
function fitted() {
  editor.rows = 4;
  while (editor.rows < 12 && editor.scrollHeight > editor.clientHeight) editor.rows++;
}

// The address holds the text, which holds the inputs.
function keep() {
  const hash = `#${encodeURIComponent(editor.value)}`;
  link.href = hash;
  choices
    .querySelectorAll("button")
    .forEach((button, k) => (button.ariaPressed = String(examples[k][1] === editor.value)));
  clearTimeout(keep.timer);
  keep.timer = setTimeout(() => history.replaceState(null, "", hash), 400); // browsers count how often
}

function held() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

function edit(text) {
  editor.value = text;
  refresh();
}

choices.append(
  ...examples.map(([title, text]) => make("button", { type: "button", onclick: () => edit(text) }, title)),
);
editor.addEventListener("input", () => {
  clearTimeout(waiting);
  fitted();
  waiting = setTimeout(refresh, 200);
});
// An input that was moved is another number in the text, unless that is being changed and waits, or cannot be read.
picture.addEventListener("inputs", () => {
  if (waiting !== null || problem.textContent) return;
  editor.value = rewritten(base, graph, inputs);
  keep();
});
addEventListener("hashchange", () => held() && held() !== editor.value && edit(held()));
find(".editor").hidden = false;
edit(held() || examples[0][1]);
