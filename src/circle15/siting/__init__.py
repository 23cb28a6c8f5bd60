"""Where to open new sites: the problem, the models, the plan and its proof."""

from circle15.siting.models import MODELS, solve_siting
from circle15.siting.plan import SitingPlan, gained_if_confirmed
from circle15.siting.problem import SitingProblem

__all__ = ["MODELS", "SitingPlan", "SitingProblem", "gained_if_confirmed", "solve_siting"]
