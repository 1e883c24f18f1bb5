"""t-SNE of feature vectors (van der Maaten & Hinton 2008), by scikit-learn, which only this needs."""

from __future__ import annotations

import numpy as np

from istdbench.errors import IstdbenchError

SEED = 0
PERPLEXITY = 30


def check_installed() -> None:
    """Refuse before anything is computed.

    Raises:
        IstdbenchError: scikit-learn is not installed.
    """
    try:
        import sklearn.manifold  # noqa: F401
    except ImportError as error:
        raise IstdbenchError(
            f"t-SNE needs scikit-learn, which cannot be imported ({error}); run pip install 'istdbench[paper]'"
        ) from error


def embed(vectors: np.ndarray) -> np.ndarray:
    """Places (n, 2) of vectors (n, C); the same vectors give the same places. Axes have no unit.

    Raises:
        IstdbenchError: fewer than four vectors, which have no neighbourhoods.
    """
    from sklearn.manifold import TSNE

    if len(vectors) < 4:
        raise IstdbenchError(f"t-SNE of {len(vectors)} vectors says nothing; take a data set with more targets")
    spread = vectors.std(axis=0)
    standardised = (vectors - vectors.mean(axis=0)) / np.where(spread > 0, spread, 1)
    perplexity = min(PERPLEXITY, (len(vectors) - 1) / 3)
    return TSNE(perplexity=perplexity, init="pca", random_state=SEED).fit_transform(standardised)
