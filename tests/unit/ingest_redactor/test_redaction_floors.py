"""Small seeded floors of redaction quality: what a change of a rule or of the weights must not lose.

The figures themselves are measured by ``tests.bench.curation.redaction`` on more text; these hold on a part of it.
"""

import pytest

from services.ingest_redactor.logic.redaction import Redactor
from services.ingest_redactor.logic.scanner import Scanner
from tests.bench.curation import written
from tests.bench.curation.redaction_quality import NAME_KINDS, agent, clinical, function_calls

PII = Redactor(Scanner("pii"))
HIPAA = Redactor(Scanner("hipaa"))


@pytest.mark.parametrize("name", ["clinical", "clinical_unseen", "clinical_held_out"])
def test_clinical_identifiers_are_found_and_most_look_alikes_stay(name: str) -> None:
    recall, harmless = clinical(HIPAA, name, count=240, seed=5)
    found, planted = recall.share()
    kept, look_alikes = harmless.share()
    assert planted > 400
    assert found / planted >= 0.95
    assert 1 - kept / look_alikes <= 0.40


@pytest.mark.parametrize("name", ["agent", "tool_results", "agent_unseen", "agent_held_out"])
def test_agent_traffic_leaks_no_numbers_and_hardly_a_name(name: str) -> None:
    kept = agent(PII, name, count=240, seed=6)
    found, planted = kept.share(set(kept.all) - NAME_KINDS)
    assert planted > 200
    assert found == planted
    names_found, names = kept.share(NAME_KINDS)
    assert names_found / names >= 0.97


def test_function_calling_prompts_without_identifiers_mostly_stay() -> None:
    untouched, prompts = function_calls(PII, count=300).share()
    assert prompts == 300
    assert untouched / prompts >= 0.90


@pytest.mark.parametrize("name", written.AGENT)
def test_of_written_agent_traffic_no_more_is_left_than_was(name: str) -> None:
    recall, _ = written.measured(PII, name)
    found, names = recall.share({written.NAME})
    others_found, others = recall.share(set(recall.all) - {written.NAME})
    assert found / names >= 0.95
    assert others_found / others >= 0.91


@pytest.mark.parametrize("name", written.CLINICAL)
def test_of_written_clinical_queries_no_more_is_left_than_was(name: str) -> None:
    recall, harmless = written.measured(HIPAA, name)
    found, identifiers = recall.share()
    kept, look_alikes = harmless.share()
    assert found / identifiers >= 0.95
    assert 1 - kept / look_alikes <= 0.15
