"""The built-in reporters, registered as any plugin registers its own."""

from __future__ import annotations

from istdbench.plugins import hookimpl
from istdbench.reports.efficiency import EFFICIENCY
from istdbench.reports.leaderboard import MARKDOWN
from istdbench.reports.spec import Reporter


@hookimpl
def register_reporters() -> list[Reporter]:
    """Writers of leaderboards."""
    return [MARKDOWN, EFFICIENCY]
