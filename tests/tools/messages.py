"""Find the messages that give advice, and say which of them no entry of `tests/advice.py` provokes.

A message is a string in the sources, other than a docstring, in which a remedy follows the reproach: an imperative after a colon or
semicolon, or an example after "such as". What stands in braces may be anything. Run it as `python tests/tools/messages.py`.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

TOP = Path(__file__).parents[2]

VERBS = (
    "build|call|choose|clip|compare|compose|compute|convert|declare|divide|draw|find|for|get|give|hold|install|leave|let|load|look|make|"
    "name|number|of|pass|pickle|put|python|record|run|samples|save|scale|set|take|to|treat|try|unset|use|write"
)
ADVICE = re.compile(rf"(?:[:;] (?:or |and )?(?:{VERBS})\b)|such as |\bbecomes? |instead\b")


def templates() -> Iterator[tuple[str, str]]:
    """Where each string with advice stands, and the regular expression of the messages that it makes."""
    for path in sorted([*(TOP / "autograd").glob("**/*.py"), *(TOP / "nn").glob("**/*.py")]):
        tree = ast.parse(path.read_text("utf-8"))
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node) if part is not node}
        for node in ast.walk(tree):
            if id(node) in prose or id(node) in inside:
                continue
            if isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else None for part in node.values]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                parts = re.split(r"(\{\})", node.value)
                parts = [None if part == "{}" else part for part in parts]
            else:
                continue
            if ADVICE.search("".join("…" if part is None else part for part in parts)):
                yield f"{path.relative_to(TOP)}:{node.lineno}", "".join(".*" if part is None else re.escape(part) for part in parts)


def report(messages: Iterable[str], elsewhere: Iterable[str]) -> tuple[int, list[tuple[str, str]]]:
    """How many messages advise, and those that are neither among `messages` nor hold words that are named as followed elsewhere."""
    found = list(templates())
    provoked, words = list(messages), [re.escape(words) for words in elsewhere]
    return len(found), [
        (where, pattern)
        for where, pattern in found
        if not any(re.search(pattern, message) for message in provoked) and not any(w in pattern for w in words)
    ]


def main() -> int:
    """Print what is missing, and the counts."""
    sys.path.insert(0, str(TOP / "tests"))
    from advice import AUTOGRAD, ELSEWHERE, said  # beside the tests
    from advice_nn import NN  # as above

    cases = [*AUTOGRAD, *NN]
    total, missing = report([said(case.provoke) for case in cases], ELSEWHERE)
    for line in missing:
        print(*line)  # a command
    print(f"{total} messages advise, {len(cases)} cases follow them, {len(missing)} messages are not followed")  # as above
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main())
