import json
from pathlib import Path

import pytest

from models_ml.artefacts import (
    ArtefactAltered,
    ArtefactMissing,
    ArtefactRefused,
    Artefacts,
    estimator_bytes,
    estimator_of,
    json_bytes,
)


def test_a_file_is_named_after_its_content_and_comes_back_as_it_was(tmp_path: Path) -> None:
    store = Artefacts(tmp_path / "artefacts")
    content = json_bytes({"b": [1.5, None], "a": "x"})
    digest = store.save(content)
    assert store.load(digest) == content and json.loads(content) == {"a": "x", "b": [1.5, None]}
    assert store.save(content) == digest and len(list(store.folder.iterdir())) == 1


def test_one_flipped_bit_is_refused_and_saving_again_repairs_it(tmp_path: Path) -> None:
    store = Artefacts(tmp_path)
    digest = store.save(b"coefficients")
    (tmp_path / digest).write_bytes(b"doefficients")
    with pytest.raises(ArtefactAltered, match=digest[:12]):
        store.load(digest)
    assert "altered" in (store.fault(digest) or "")
    store.save(b"coefficients")
    assert store.load(digest) == b"coefficients" and store.fault(digest) is None


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtefactMissing, match="abc"):
        Artefacts(tmp_path).load("abc")


def test_a_pipeline_comes_back_from_skops_and_predicts_the_same() -> None:
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    features = np.random.default_rng(7).normal(size=(60, 3))
    fitted = make_pipeline(StandardScaler(), LogisticRegression()).fit(features, features[:, 0] > 0)
    again = estimator_of(estimator_bytes(fitted), trusted=())
    assert (again.predict_proba(features) == fitted.predict_proba(features)).all()


class Stranger:
    """A type that nobody named as trusted."""


def test_a_file_with_a_type_that_was_not_named_is_refused() -> None:
    from sklearn.pipeline import Pipeline

    content = estimator_bytes(Pipeline([("stranger", Stranger())]))
    with pytest.raises(ArtefactRefused, match="Stranger"):
        estimator_of(content, trusted=())
