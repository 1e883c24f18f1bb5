"""The sections of a site, in the order of its navigation."""

from istdbench.site.overview import overview
from istdbench.site.section import Section

SECTIONS = (Section("Leaderboards", overview),)
