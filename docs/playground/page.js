// What the page of steps shows of a graph, and the text that belongs to it once inputs have moved.

// Names as the page of steps has them.
function namesOf(nodes) {
  const taken = new Map();
  let count = 0;
  return nodes.map(({ label }, i) => {
    const given = label || (i === nodes.length - 1 ? "C" : `v${++count}`);
    const short = given.length <= 16 ? given : `${given.slice(0, 9)}…${given.slice(-6)}`;
    const name = short.replace(/(?<=\p{L})_?(\d+)$/u, (_, digits) =>
      [...digits].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).join(""),
    );
    taken.set(name, (taken.get(name) ?? 0) + 1);
    return taken.get(name) === 1 ? name : `${name}#${taken.get(name)}`;
  });
}

// What `begin` takes: the nodes with all that is said of them, and the steps.
function paged(graph) {
  const names = namesOf(graph);
  const place = new Map(graph.map((node, i) => [node, i]));
  let edge = 0;
  const nodes = graph.map(({ op, args, label, number }, i) => {
    const own = {
      name: names[i],
      op: op?.label ?? "",
      made: "",
      value: "",
      with: "",
      closed: "",
      args: [],
      uses: [],
      sums: [],
      labelled: Boolean(label),
      ...(names[i].includes("…") ? { full: label } : {}),
    };
    if (!op) return { ...own, number: repr(number) };
    const given = args.map((a) => place.get(a) ?? repr(a));
    const made = plain(
      op.form,
      args.map((a) => (a instanceof GraphNode ? names[place.get(a)] : said(a))),
    );
    const rows = given.flatMap((a) => (edge++, typeof a === "string" ? [] : [{ to: a, edge }]));
    return {
      ...own,
      made,
      args: rows,
      run: op.places[args.length],
      given,
      form: op.form,
      ties: op.ties,
      sequences: op.sequences,
      ...(op.selects ? { selects: true, decided: typeof given[0] === "string" } : {}),
    };
  });
  nodes.forEach(({ args }, i) => args.forEach(({ to }, k) => nodes[to].uses.push([i, k])));
  const last = nodes.length - 1;
  const steps = [["start", 0], ...nodes.flatMap(({ made }, i) => (made ? [["forward", i]] : [])), ["seed", last]];
  const found = rerun(
    nodes,
    steps,
    nodes.map(({ number }) => (number === undefined ? undefined : read(number))),
  );
  explain(nodes, found);
  return {
    nodes,
    steps: found.steps,
    fixed: "",
    about: "Other inputs run both passes again, and stand in the text.",
    groups: [],
    pictures: [{ open: -1, groups: {}, edges: Array.from({ length: edge }, (_, i) => i + 1) }],
  };
}

// The text with other numbers for its inputs: in place of those that stand there, and for names without a value on
// lines before.
function rewritten(text, graph, numbers) {
  const at = graph
    .map((node, i) => ({ ...node, to: numbers[i] }))
    .filter(({ op, number, to }) => !op && !Object.is(number, to));
  const stands = at.filter(({ start }) => start !== undefined).sort((a, b) => b.start - a.start);
  const replaced = stands.reduce((so, { start, end, to }) => so.slice(0, start) + repr(to) + so.slice(end), text);
  return (
    at
      .filter(({ start }) => start === undefined)
      .map(({ label, to }) => `${label} = ${repr(to)}\n`)
      .join("") + replaced
  );
}
