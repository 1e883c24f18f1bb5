"""The sections of a site, in the order of its navigation."""

from istdbench.site.claims_page import claims
from istdbench.site.cost_page import costs
from istdbench.site.limits_page import limits
from istdbench.site.method_pages import methods
from istdbench.site.overview import leaderboards
from istdbench.site.section import Section

SECTIONS = (
    Section("Leaderboards", leaderboards),
    Section("Methods", methods),
    Section("Claims", claims),
    Section("Costs", costs),
    Section("Limits", limits),
)
