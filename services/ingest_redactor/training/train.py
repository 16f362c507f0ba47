"""``python -m services.ingest_redactor.training.train DATA_FOLDER``: fits the tagger and writes its weights and record.

Logistic regression by averaged stochastic gradient descent, one classifier a label, on every capitalised token. Seeded:
the same corpus and library versions give the same table.
"""

import hashlib
import json
import sys
from array import array
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.ingest_redactor.logic.names import tagger
from services.ingest_redactor.training.corpus import Labelled, generated, public_text
from services.ingest_redactor.training.values import Values

SEED = 7
ROUNDS = 240
ALPHA = 2e-6
OUTPUT = Path(tagger.__file__).with_name("data")


class Examples:
    """Feature buckets of capitalised tokens in rows of a sparse matrix."""

    def __init__(self) -> None:
        self.buckets: array[int] = array("i")
        self.ends: array[int] = array("i", [0])
        self.labels: list[str] = []

    def add(self, labelled: Iterable[Labelled]) -> None:
        known: dict[str, int] = {}
        for tokens, labels in labelled:
            for at, token in enumerate(tokens):
                if labels[at] == "?" or not token[0].isupper():
                    continue
                for feature in tagger.features(tokens, at):
                    place = known.get(feature)
                    if place is None:
                        place = known[feature] = tagger.bucket(feature)
                    self.buckets.append(place)
                self.ends.append(len(self.buckets))
                self.labels.append(labels[at])


def fit(examples: Examples, label: str) -> NDArray[np.int8]:
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import SGDClassifier

    columns = np.frombuffer(examples.buckets, dtype=np.int32)
    rows = csr_matrix(
        (np.ones(len(columns), dtype=np.float32), columns, np.frombuffer(examples.ends, dtype=np.int32)),
        shape=(len(examples.labels), tagger.BUCKETS),
    )
    wanted = np.array([one == label for one in examples.labels])
    model = SGDClassifier(
        loss="log_loss", alpha=ALPHA, max_iter=12, tol=None, random_state=SEED, average=True, fit_intercept=False
    )
    model.fit(rows, wanted)
    table: NDArray[np.int8] = np.clip(np.rint(model.coef_[0] * tagger.SCALE), -127, 127).astype(np.int8)
    return table


def write(tables: dict[str, NDArray[np.int8]], path: Path) -> str:
    """A safetensors file; returns its sha256."""
    header, body = {}, b""
    for name, table in tables.items():
        data = table.tobytes()
        header[name] = {"dtype": "I8", "shape": [len(table)], "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m services.ingest_redactor.training.train DATA_FOLDER\n")
        return 2
    data = Path(arguments[0])
    examples, values = Examples(), Values(SEED)
    examples.add(generated(values, ROUNDS, data))
    examples.add(public_text(data, values))
    tables = {label.lower(): fit(examples, label) for label in tagger.LABELS}
    digest = write(tables, OUTPUT / "tagger.safetensors")
    record = {
        "weights_sha256": digest,
        "seed": SEED,
        "rounds": ROUNDS,
        "alpha": ALPHA,
        "examples": len(examples.labels),
        "examples_by_label": {label: examples.labels.count(label) for label in ("", *tagger.LABELS)},
        "non_zero_weights": {name: int(np.count_nonzero(table)) for name, table in tables.items()},
        "sources": "own templates filled by Faker; presidio-research templates (every other line, MIT); CLINC150 and"
        " BANKING77 training sides (CC BY); bfcl-eval prompts (every other one, Apache-2.0); towns of GeoNames (CC BY 4.0)",
        "versions": {name: version(name) for name in ("faker", "numpy", "scikit-learn", "bfcl-eval")},
    }
    (OUTPUT / "tagger.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
