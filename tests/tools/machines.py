"""The table of docs/machines.md: what was tested, or only compiled, with which compiler, for which processor, on which Python, and when.

python tests/tools/machines.py SYSTEM PROCESSOR COMPILER PYTHON RESULT    # enters a row, with today's date, in docs/machines.json
python tests/tools/machines.py                                            # writes the table again
"""

import datetime as dt
import json
import sys
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
DATA, PAGE = DOCS / "machines.json", DOCS / "machines.md"
COLUMNS = ("system", "processor", "compiler", "python", "result", "date")
START, END = "<!-- written by tests/tools/machines.py from machines.json -->\n", "<!-- end -->\n"


def enter(*row: str) -> None:
    """Enter a row, in place of an older one of the same system, processor, compiler and Python."""
    rows = [old for old in json.loads(DATA.read_text("utf-8")) if tuple(old[name] for name in COLUMNS[:4]) != row[:4]]
    rows.append(dict(zip(COLUMNS, (*row, dt.datetime.now(dt.UTC).date().isoformat()), strict=True)))
    rows.sort(key=lambda row: [row[name] for name in COLUMNS])
    DATA.write_text("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n", encoding="utf-8")


def page() -> str:
    """The page with the table that the data give."""
    before, rest = PAGE.read_text("utf-8").split(START)
    rows = [[row[name] for name in COLUMNS] for row in json.loads(DATA.read_text("utf-8"))]
    table = [[name.capitalize() for name in COLUMNS], ["---"] * len(COLUMNS), *rows]
    return before + START + "\n" + "".join(f"| {' | '.join(row)} |\n" for row in table) + "\n" + END + rest.split(END)[1]


if __name__ == "__main__":
    import fcntl

    with DATA.open(encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # jobs run at once
        if len(sys.argv) > 1:
            enter(*sys.argv[1:])
        PAGE.write_text(page(), encoding="utf-8")
