"""Latency and memory: what is run, what is counted, what the answer holds. No test looks at a clock."""

from __future__ import annotations

import mmap
import threading
from collections import Counter
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import tiny
import torch
from torch import nn

from istdbench.datasets.synth import synth
from istdbench.methods.method import Learned, Method
from istdbench.probes import latency, memory
from istdbench.probes.latency import LATENCY
from istdbench.probes.measured import Subject, make_subject, network_input, scene
from istdbench.probes.memory import MEMORY, MIB, resident_growth
from istdbench.spec import parse_spec
from istdbench.threads import COUNTS, WAITS


class Counting(nn.Module):
    """Counts how often it runs, and on what."""

    seen: ClassVar[Counter[tuple[int, ...]]] = Counter()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        assert not self.training and not torch.is_grad_enabled()
        self.seen[tuple(x.shape)] += 1
        return x


COUNTING = Learned(name="counting", summary="", paper="", build=Counting)


@pytest.fixture(autouse=True)
def forget() -> None:
    Counting.seen.clear()


def test_a_network_runs_the_warm_up_and_every_timed_run_on_one_image() -> None:
    measured = LATENCY.run(COUNTING, {}, (6, 10), "cpu")
    assert measured["runs"] == latency.RUNS
    assert Counting.seen == {(1, 1, 6, 10): latency.WARM_UP + latency.RUNS}


def test_slow_methods_are_timed_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "ENOUGH_SECONDS", 0.0)
    assert LATENCY.run(COUNTING, {}, (6, 10), "cpu")["runs"] == latency.LEAST_RUNS


def test_median_and_ninth_decile_are_those_of_the_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "_times", lambda detect, wait: ([0.001 * n for n in range(1, 12)], 0.5))
    measured = LATENCY.run(tiny.LEARNED, {}, (6, 10), "cpu")
    assert measured["median_ms"] == pytest.approx(6.0)
    assert measured["p90_ms"] == pytest.approx(10.0)
    assert measured["waited_share"] == 0.5
    assert (measured["threads"], measured["size"]) == (torch.get_num_threads(), "6x10")


def test_what_is_set_of_threads_is_recorded_with_who_set_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*COUNTS, *WAITS):
        monkeypatch.delenv(name, raising=False)
    assert "thread_settings" not in LATENCY.run(tiny.LEARNED, {}, (6, 10), "cpu")
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    assert LATENCY.run(tiny.LEARNED, {}, (6, 10), "cpu")["thread_settings"] == "OMP_WAIT_POLICY=PASSIVE by the user"


def test_a_thread_that_shares_its_core_has_waited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = tmp_path / "schedstat"
    monkeypatch.setattr(latency, "SCHEDULER", schedule)
    assert latency._waited() is None
    schedule.write_text("878937046316 62785887650 55937\n")
    assert latency._waited() == pytest.approx(62.785887650)


@pytest.mark.skipif(not latency.SCHEDULER.exists(), reason="this system does not count the time without a core")
def test_the_share_is_one_of_the_time() -> None:
    assert 0 <= LATENCY.run(tiny.LEARNED, {}, (16, 16), "cpu")["waited_share"] < 1.01


@pytest.mark.parametrize("method", [tiny.LEARNED, tiny.CLASSICAL])
def test_latency_and_memory_measure_both_kinds_of_method(method: Method) -> None:
    times = LATENCY.run(method, {}, (16, 16), "cpu")
    assert 0 < times["median_ms"] <= times["p90_ms"]
    assert MEMORY.run(method, {}, (16, 16), "cpu")["growth_mib"] >= 0


def test_a_classical_method_stays_on_the_cpu() -> None:
    assert LATENCY.run(tiny.CLASSICAL, {}, (8, 8), "cuda")["device"] == latency.cpu_model()
    assert set(MEMORY.run(tiny.CLASSICAL, {}, (8, 8), "cuda")) == {"growth_mib", "size"}


def test_on_cuda_the_allocator_gives_growth_and_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 3 * MIB)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 11 * MIB)
    for name in ("reset_peak_memory_stats", "synchronize"):
        monkeypatch.setattr(torch.cuda, name, lambda device: None)
    monkeypatch.setattr(memory, "make_subject", lambda *args: Subject(None, "cuda:0", id, id))
    assert MEMORY.run(tiny.LEARNED, {}, (8, 8), "cuda:0") == {"growth_mib": 8.0, "peak_mib": 11.0, "size": "8x8"}


def test_memory_runs_the_method_once_after_a_small_warm_up() -> None:
    MEMORY.run(COUNTING, {}, (6, 10), "cpu")
    assert Counting.seen == {(1, 1, *memory.WARM_UP_SIZE): 1, (1, 1, 6, 10): 1}


def freed_block() -> None:
    """Writes 64 MiB of pages that no allocator kept from earlier, and gives them back."""
    with mmap.mmap(-1, 64 * MIB) as block:
        for page in range(0, len(block), mmap.PAGESIZE):
            block[page] = 1


@pytest.mark.skipif(not memory.KERNEL_MARK.exists(), reason="only Linux keeps a high-water mark that can be set back")
def test_memory_that_is_freed_again_before_the_end_counts() -> None:
    freed_block()  # an earlier peak must not hide the next
    assert 60 * MIB < resident_growth(freed_block) < 90 * MIB


def test_where_the_kernel_keeps_no_mark_the_largest_sample_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    sampled, resident = threading.Event(), iter([0, 0, 64 * MIB])

    def observed() -> int:
        size = next(resident, None)
        if size is None:
            sampled.set()
        return size or 0

    monkeypatch.setattr(memory, "KERNEL_MARK", Path("/nowhere"))
    monkeypatch.setattr(memory, "_resident", observed)
    assert resident_growth(sampled.wait) == 64 * MIB


def test_memory_that_was_there_before_does_not_count() -> None:
    block = np.ones(64 * MIB, np.uint8)
    assert resident_growth(lambda: block.sum()) < 16 * MIB


def test_a_classical_detection_is_its_response_above_its_threshold() -> None:
    image = scene((8, 8))
    mask = make_subject(tiny.CLASSICAL, {"bias": 100.0}).detector((8, 8))()
    response = np.maximum(image - 100.0, 0)
    np.testing.assert_array_equal(mask, response > response.mean())


def test_a_classical_method_sees_a_synthetic_scene_of_any_shape() -> None:
    image = scene((80, 100))
    whole = synth(parse_spec("synth:size=100")).load("test_0000").image
    np.testing.assert_array_equal(image, whole[:80])
    frames = scene((6, 80, 100))
    assert frames.shape == (6, 80, 100)
    np.testing.assert_array_equal(frames[-1], image)


def test_the_image_is_standardised_and_repeated_over_the_channels() -> None:
    batch = network_input(3, (8, 12))
    assert batch.shape == (1, 3, 8, 12) and batch.dtype == torch.float32
    assert torch.equal(batch[:, 0], batch[:, 2])
    assert batch.mean().abs() < 1e-5
