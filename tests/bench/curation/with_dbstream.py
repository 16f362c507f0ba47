"""Run in the peer's environment: rows of little-endian float32 in; the process time, then a cluster for each row out."""

import sys
import time


def main() -> None:
    import numpy as np
    from river.cluster import DBSTREAM  # type: ignore[import-not-found]

    columns, threshold = int(sys.argv[1]), float(sys.argv[2])
    rows = np.frombuffer(sys.stdin.buffer.read(), dtype="<f4").reshape(-1, columns)
    points = [dict(enumerate(row.tolist())) for row in rows]
    model = DBSTREAM(
        clustering_threshold=threshold,
        fading_factor=0.0001,
        cleanup_interval=500,
        intersection_factor=0.3,
        minimum_weight=1.0,
    )
    labels = []
    started_s = time.process_time()
    for point in points:
        model.learn_one(point)
        labels.append(model.predict_one(point))
    took_s = time.process_time() - started_s
    sys.stdout.write("\n".join([str(took_s), *(str(label) for label in labels)]))


if __name__ == "__main__":
    main()
