"""A probe in a process of its own: its answer, and every way it can fail."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny

from istdbench.errors import UsageError
from istdbench.probes import process, runner
from istdbench.probes.parameters import PARAMETERS
from istdbench.probes.probe import ProbeError
from istdbench.probes.runner import run_probe
from istdbench.registry import METHODS, PROBES

HERE = Path(__file__).parent
REAL_CHILD = f"""
import sys; sys.path.insert(0, {str(HERE)!r})
import tiny
from istdbench.probes import child
from istdbench.probes.parameters import PARAMETERS
from istdbench.probes.probe import Probe
def chatty(method, options, size, device):
    print("a plugin's chatter")
    return {{"height": size[0]}}
child.METHODS = {{"tiny": tiny.LEARNED}}
child.PROBES = {{"parameters": PARAMETERS, "chatty": Probe("chatty", "", chatty)}}
child.main()
"""


@pytest.fixture(autouse=True)
def nothing_shared() -> Iterator[None]:
    """No process that a test began serves the next one."""
    yield
    runner._close_shared()


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real child, with registries that know the tiny method."""
    be(monkeypatch, REAL_CHILD)


def be(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    monkeypatch.setattr(runner, "CHILD", (sys.executable, "-c", code))


def test_a_probe_answers_from_another_process(child: None) -> None:
    assert run_probe(PARAMETERS, tiny.LEARNED, {"width": 7}) == {"parameters": (3 * 9 * 7 + 7) + (7 + 1)}


def test_what_a_plugin_prints_does_not_garble_the_answer(child: None) -> None:
    chatty = type(PARAMETERS)("chatty", "", PARAMETERS.run)
    assert run_probe(chatty, tiny.LEARNED, {}, (6, 10)) == {"height": 6}


@pytest.mark.parametrize("answer", ["[1]", "null", '{"a": [1]}', '{"a": null}'])
def test_an_answer_that_no_record_could_hold_is_refused(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    be(monkeypatch, f"print({answer!r})")
    with pytest.raises(ProbeError, match="a probe returns names and what it measured"):
        run_probe(PARAMETERS, tiny.LEARNED, {})


def test_a_failure_shows_the_last_lines_of_the_process(child: None) -> None:
    with pytest.raises(
        ProbeError, match=r"probe parameters of tiny at 512x512 on cpu: failed with exit code 1"
    ) as caught:
        run_probe(PARAMETERS, tiny.LEARNED, {"width": -1})
    assert "negative dimension" in str(caught.value).splitlines()[-1]
    assert len(str(caught.value).splitlines()) <= 1 + process.LAST_LINES


def test_an_option_that_the_method_lacks_is_refused_before_anything_runs() -> None:
    with pytest.raises(UsageError, match="no option 'widht'; did you mean 'width'"):
        run_probe(PARAMETERS, tiny.LEARNED, {"widht": 7})


@pytest.mark.parametrize("method", ["mim_istd", "tophat"])
def test_built_in_methods_are_found_by_their_names(method: str) -> None:
    parameters = {"mim_istd": 1_678_809, "tophat": 0}  # the paper's network without its unused relative_pos
    assert run_probe(PARAMETERS, METHODS.get(method), {}) == {"parameters": parameters[method]}


def test_the_request_names_probe_method_options_size_and_device(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    be(monkeypatch, f"import sys; open({str(tmp_path / 'request')!r}, 'w').write(sys.stdin.readline()); print('{{}}')")
    assert run_probe(PARAMETERS, tiny.LEARNED, {"width": 7}, (6, 10), "cuda:1") == {}
    assert json.loads((tmp_path / "request").read_text()) == {
        "probe": "parameters",
        "method": "tiny",
        "options": {"width": 7},
        "size": [6, 10],
        "device": "cuda:1",
    }


def test_a_process_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    be(monkeypatch, f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)")
    with pytest.raises(ProbeError, match="not done after 2 s"):
        run_probe(PARAMETERS, tiny.LEARNED, {}, timeout=2)
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)


def test_a_process_killed_for_memory_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    be(monkeypatch, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(ProbeError, match="want of memory"):
        run_probe(PARAMETERS, tiny.LEARNED, {})


def test_a_process_that_crashes_names_the_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    be(monkeypatch, "import os, signal; os.kill(os.getpid(), signal.SIGABRT)")
    with pytest.raises(ProbeError, match="SIGABRT"):
        run_probe(PARAMETERS, tiny.LEARNED, {})


def test_an_answer_that_is_not_json_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    be(monkeypatch, "print('hello')")
    with pytest.raises(ProbeError, match=r"no answer\n    hello"):
        run_probe(PARAMETERS, tiny.LEARNED, {})


COUNTS = """
import os, sys
for number, line in enumerate(sys.stdin):
    if number == 2:
        sys.exit("no more")
    print('{"process": %d, "requests": %d}' % (os.getpid(), number), flush=True)
"""


def test_on_a_gpu_the_probes_of_built_in_methods_share_a_process_until_one_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    be(monkeypatch, COUNTS)
    probe, methods = PROBES.get("parameters"), [METHODS.get("acm"), METHODS.get("dnanet")]
    first, second = (run_probe(probe, method, {}, device="cuda") for method in methods)
    assert first["process"] == second["process"] and second["requests"] == 1
    with pytest.raises(ProbeError, match=r"exit code 1\n    no more"):
        run_probe(probe, methods[0], {}, device="cuda")
    third = run_probe(probe, methods[0], {}, device="cuda")
    assert third["requests"] == 0 and third["process"] != first["process"]


def test_a_stranger_and_a_probe_on_a_cpu_have_a_process_to_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    be(monkeypatch, COUNTS)
    probe, acm = PROBES.get("parameters"), METHODS.get("acm")
    assert [run_probe(probe, acm, {}, device="cpu")["requests"] for _ in range(2)] == [0, 0]
    assert [run_probe(probe, tiny.LEARNED, {}, device="cuda")["requests"] for _ in range(2)] == [0, 0]


def test_the_process_of_a_gpu_is_begun_once_and_before_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[str, ...]] = []

    class Answering:
        def __init__(self, command: tuple[str, ...]) -> None:
            begun.append(command[1:])

        def ask(self, request: str, timeout: float) -> str:
            return json.dumps({"parameters": len(begun)})

        def close(self) -> int:
            return 0

    monkeypatch.setattr(runner, "AnsweringProcess", Answering)
    runner.start_shared([PARAMETERS], METHODS.get("tophat"), "cpu")
    runner.start_shared([PARAMETERS], tiny.LEARNED, "cuda")
    runner.start_shared([], METHODS.get("tophat"), "cuda")
    assert not begun
    for _ in range(2):
        runner.start_shared([PARAMETERS], METHODS.get("tophat"), "cuda")
        assert run_probe(PARAMETERS, METHODS.get("tophat"), {}, device="cuda") == {"parameters": 1}
    assert begun == [("-m", "istdbench.probes.child", "cuda")]
