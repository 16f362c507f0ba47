"""The table of faults in tests/README.md: all 34 rows, each naming tests that exist."""

import re

from infra.local.settings import CHECKOUT

TESTS = CHECKOUT / "tests"
ROWS = re.findall(r"(?m)^\| (\d+) \| (.+?) \| (.+) \|$", (TESTS / "README.md").read_text().partition("## Faults")[2])
LINK = re.compile(r"\[(\w+)\]\(([\w/]+\.py)\)")


def test_every_row_of_the_fault_list_is_there_once() -> None:
    assert [int(number) for number, _, _ in ROWS] == list(range(1, 35))


def test_every_row_names_tests_that_exist() -> None:
    for number, _, shown_by in ROWS:
        links = LINK.findall(shown_by)
        assert links, f"row {number} names no test"
        for name, path in links:
            text = (TESTS / path).read_text()
            assert name == path.rpartition("/")[2].removesuffix(".py") or f"def {name}(" in text, (number, name, path)
