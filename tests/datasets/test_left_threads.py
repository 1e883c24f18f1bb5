"""Threads are told to stop, and waited for, however the block ends and wherever Ctrl-C comes."""

from threading import Event, Thread

import pytest

from istdbench.datasets.left_threads import working


def test_ctrl_c_while_threads_are_started_stops_those_that_were(monkeypatch):
    started: list[Thread] = []
    begin = Thread.start

    def start(thread):
        if len(started) == 2:
            raise KeyboardInterrupt
        started.append(thread)
        begin(thread)

    monkeypatch.setattr(Thread, "start", start)
    stop = Event()
    with pytest.raises(KeyboardInterrupt), working(lambda _item: stop.wait(), range(9), 4, stop):
        pass
    assert stop.is_set()
    assert [thread.is_alive() for thread in started] == [False, False]
