"""Peers of the curation benchmarks: environments of their own, from locks that pin and hash everything."""

import re

import pytest

from tests.bench.curation import dbstream, presidio

LOCKS = {"river": dbstream.LOCK, "presidio-analyzer": presidio.LOCK}


@pytest.mark.parametrize("peer", LOCKS)
def test_a_lock_of_a_peer_pins_and_hashes_everything_and_names_no_registry(peer: str) -> None:
    text = LOCKS[peer].read_text()
    assert "://" not in text
    assert peer in re.findall(r"(?m)^([a-z0-9._-]+)==\S+", text)
    assert not re.findall(r"(?m)^[a-z0-9._-]+(?!.*==)", text)
    for block in re.split(r"(?m)^(?=[a-z0-9._-]+==)", text)[1:]:
        assert "--hash=sha256:" in block


def test_river_is_no_dependency_of_the_project() -> None:
    own = (dbstream.HERE.parents[2] / "requirements.lock").read_text()
    assert not re.findall(r"(?m)^river==", own)
    assert re.fullmatch(r"river \d+\.\d+\.\d+", dbstream.version())
