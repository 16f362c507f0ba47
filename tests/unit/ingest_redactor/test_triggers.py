"""What a rule is looked for by stands wherever its pattern matches: nothing is lost to the faster pass."""

from itertools import islice

import pytest
import re2

from services.ingest_redactor.logic.rules.table import RULES
from services.ingest_redactor.logic.rules.triggers import Triggers
from tests.bench.curation import written
from tests.bench.curation.planted import planted


def _options() -> re2.Options:
    options = re2.Options()
    options.max_mem = 256 << 20
    return options


@pytest.fixture(scope="module")
def texts() -> list[str]:
    made = [case.text for kind in ("agent", "clinical", "tool_results") for case in islice(planted(kind, 600, 3), 600)]
    return made + [text for name in (*written.AGENT, *written.CLINICAL) for text in written.texts(name)]


def test_every_match_of_a_pattern_is_triggered(texts: list[str]) -> None:
    encoded = [text.encode() for text in texts]
    fired = Triggers(RULES, _options()).fired(encoded)
    matched = 0
    for at, rule in enumerate(RULES):
        pattern = re2.compile(rule.pattern, _options())
        gate = re2.compile(rule.only_with, _options()) if rule.only_with else None
        holding = {
            place for place, text in enumerate(encoded) if pattern.search(text) and (gate is None or gate.search(text))
        }
        matched += len(holding)
        assert holding <= set(fired.get(at, ())), rule.name
    assert matched > 10_000
