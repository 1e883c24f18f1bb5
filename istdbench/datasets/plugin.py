"""The built-in data sets, registered through the same hook as anyone's."""

from __future__ import annotations

from istdbench.datasets.base import DatasetEntry
from istdbench.datasets.folder import FOLDER
from istdbench.datasets.irstd1k import IRSTD1K
from istdbench.datasets.nuaa import NUAA
from istdbench.datasets.synth import SYNTH
from istdbench.plugins import hookimpl


@hookimpl
def register_datasets() -> list[DatasetEntry]:
    """NUAA-SIRST, IRSTD-1k, the synthetic set, and folders."""
    return [NUAA, IRSTD1K, SYNTH, FOLDER]
