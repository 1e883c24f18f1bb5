"""The built-in data sets come in through the hook."""

from istdbench.built_in import register_datasets
from istdbench.datasets.dataset import DatasetEntry


def test_the_built_in_data_sets_are_registered_entries():
    entries = register_datasets()
    assert [entry.name for entry in entries] == ["nuaa", "irstd1k", "nudt", "sirst2", "istd_seq", "synth", "folder"]
    assert all(isinstance(entry, DatasetEntry) and entry.summary for entry in entries)
