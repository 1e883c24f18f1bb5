"""Two real processes with the gloo backend give what one process gives."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from istdbench.metrics.counts import to_table
from istdbench.metrics.stateful import NIoU, ReferenceMetrics

SHARES = {"even": (4, 4), "uneven": (5, 3), "one process without images": (8, 0), "no images at all": (0, 0)}


def images():
    """Eight images of different sizes with hits, misses and false alarms; the same in every process."""
    rng = np.random.default_rng(0)
    for index in range(8):
        mask = rng.random((20 + index, 40 - index)) > 0.97
        score = np.where(mask, rng.random(mask.shape) ** 0.5, rng.random(mask.shape) ** 20)
        yield torch.from_numpy(score), torch.from_numpy(mask)


def evaluate(share):
    """Value, nIoU and per-image table over the given images, merged over processes if there are several."""
    metrics, niou = ReferenceMetrics(), NIoU()
    for score, mask in share:
        metrics.update(score, mask)
        niou.update([score], [mask])
    values = {**metrics.compute(), "NIoU class": niou.compute().item()}
    with metrics.sync_context():
        merged = to_table(metrics.per_image()).tolist()
    return {"values": values, "merged": merged, "own": to_table(metrics.per_image()).tolist()}


def work(rank, folder):
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=2)
    results = {}
    for name, (first, second) in SHARES.items():
        everything = list(images())
        share = everything[:first] if rank == 0 else everything[first : first + second]
        results[name] = evaluate(share)
    (folder / f"{rank}.json").write_text(json.dumps(results))
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gloo")
    mp.spawn(work, args=(folder,), nprocs=2)
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]


@pytest.mark.filterwarnings("ignore:The ``compute`` method:UserWarning")
@pytest.mark.parametrize("share", SHARES)
def test_both_processes_get_the_value_of_a_single_process(results, share):
    alone = evaluate(list(images())[: sum(SHARES[share])])
    for result in results:
        np.testing.assert_equal(result[share]["values"], alone["values"])
        assert result[share]["merged"] == alone["merged"]


@pytest.mark.parametrize("share", SHARES)
def test_each_process_keeps_its_own_images_after_the_merge(results, share):
    assert [len(result[share]["own"]) for result in results] == list(SHARES[share])
