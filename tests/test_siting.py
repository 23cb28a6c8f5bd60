"""Siting: cases worked out on paper, every small instance against brute force, properties, and bad input."""

from __future__ import annotations

import itertools
import json
from typing import Any

import highspy
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from circle15.errors import InputError
from circle15.siting import SitingPlan, SitingProblem, gained_if_confirmed, models, solve_siting, solver

FAR = np.inf

# Six residences, four candidates, cutoff 10. A serves the middle four and so looks best; B and C share them.
#
#            A    B    C    D      weight
#   r0       -    10   -    -        4       alone: A 3+3+3+3 = 12   B 4+3+3 = 10
#   r1       5    5    -    -        3              C 3+3+4 = 10      D 1
#   r2       5    5    -    -        3
#   r3       5    -    5    -        3       p = 1: A, 12
#   r4       5    -    5    -        3       p = 2: greedy takes A, then B or C (+4): 16;
#   r5       -    -    10   11       4              best is B and C: 20. Everything but nothing more: 20.
TRAP_S = np.array(
    [
        [FAR, 10, FAR, FAR],
        [5, 5, FAR, FAR],
        [5, 5, FAR, FAR],
        [5, FAR, 5, FAR],
        [5, FAR, 5, FAR],
        [FAR, FAR, 10, 11],
    ]
)
TRAP_WEIGHT = [4, 3, 3, 3, 3, 4]


def trap(**changes: Any) -> SitingProblem:
    given_: dict[str, Any] = {"time_s": TRAP_S, "weights": TRAP_WEIGHT, "cutoff_s": 10, "candidate_ids": list("ABCD")}
    return SitingProblem(**(given_ | changes))


# Drawn by hand -------------------------------------------------------------------------------------------------


def test_one_site_goes_where_most_live() -> None:
    plan = solve_siting(trap(), p=1)
    assert (plan.candidate_ids, plan.objective, plan.bound, plan.gap) == (("A",), 12, 12, 0)


def test_greedy_falls_into_the_trap_and_the_plan_does_not() -> None:
    plan = solve_siting(trap(), p=2)
    assert plan.solver["greedy"] == 16
    assert plan.selected.tolist() == [1, 2]
    assert plan.gained.tolist() == [10, 10]
    assert (plan.objective, plan.bound, plan.gap) == (20, 20, 0)


def test_sites_that_gain_nothing_are_not_opened() -> None:
    plan = solve_siting(trap(), p=99)
    assert plan.candidate_ids == ("B", "C")
    assert "would gain nothing" in plan.explain()


def test_first_rank_gains_most() -> None:
    # r5 weighs 9: C gains 3+3+9 = 15 and comes before B with 10
    plan = solve_siting(trap(weights=[4, 3, 3, 3, 3, 9]), p=2)
    assert plan.candidate_ids == ("C", "B")
    assert plan.gained.tolist() == [15, 10]


def test_cutoff_may_differ_by_residence() -> None:
    # with 11 allowed to r5, D (11 away) serves it; with 9 allowed to r0, B no longer does
    plan = solve_siting(trap(cutoff_s=[9, 10, 10, 10, 10, 11]), p=3)
    assert plan.objective == 16
    assert plan.unreachable["residence_id"].tolist() == ["0"]
    only_d = solve_siting(trap(cutoff_s=11, candidate_kinds=[[False], [False], [False], [True]]), p=1)
    assert (only_d.candidate_ids, only_d.objective) == (("D",), 4)


def test_a_stored_zero_is_zero_and_an_absent_entry_is_unreachable() -> None:
    # two residences, two candidates: r0 lives at candidate 0 (time 0); nothing else is stored
    times = sp.csr_array((np.array([0.0]), (np.array([0]), np.array([0]))), shape=(2, 2))
    plan = solve_siting(SitingProblem(time_s=times, weights=[3, 5], cutoff_s=0), p=2)
    assert (plan.selected.tolist(), plan.objective, plan.demand_unreachable) == ([0], 3, 5)
    assert plan.unreachable[["row", "residence_id", "kind", "weight"]].to_numpy().tolist() == [[1, "1", "kind_1", 5.0]]


def test_what_stands_today_is_no_demand() -> None:
    # r0 and r5 are covered: A serves the other four alone
    plan = solve_siting(trap(existing=[True, False, False, False, False, True]), p=2)
    assert (plan.candidate_ids, plan.objective, plan.demand) == (("A",), 12, 12)


def test_existing_and_weights_may_differ_by_kind() -> None:
    # a: as drawn, r5 served; b: only r5 has demand (7), and only C reaches it
    weights = np.array([[4, 0], [3, 0], [3, 0], [3, 0], [3, 0], [4, 7]])
    existing = np.zeros((6, 2), dtype=bool)
    existing[5, 0] = True
    plan = solve_siting(trap(weights=weights, existing=existing, kinds=["a", "b"]), p=2)
    # B and C: a 4+3+3 +3+3, b 7; C first with 6 + 7 = 13, then B with 10
    assert plan.candidate_ids == ("C", "B")
    assert plan.kinds_held == (("a", "b"), ("a",))
    assert plan.gained.tolist() == [13, 10]


def test_one_site_holds_several_kinds_unless_they_conflict() -> None:
    one = {"time_s": [[1, 2]], "weights": [[5, 4, 3]], "cutoff_s": 2, "kinds": ["school", "waste", "market"]}
    assert solve_siting(SitingProblem(**one), p=1).kinds_held == (("school", "waste", "market"),)
    apart = SitingProblem(**one, conflicts=[("waste", "school"), ("market", "waste")])
    # alone: school + market 8, or waste 4; with two sites one of them takes the waste
    assert solve_siting(apart, p=1).kinds_held == (("school", "market"),)
    both = solve_siting(apart, p=2)
    assert both.kinds_held == (("school", "market"), ("waste",))
    assert (both.objective, both.selected.tolist()) == (12, [0, 1])


def test_a_candidate_gains_only_what_it_may_hold() -> None:
    may = [[True, False], [True, True]]
    two = {"time_s": [[1, 9], [9, 1]], "weights": [3, 1], "cutoff_s": 5, "kinds": ["a", "b"]}
    plan = solve_siting(SitingProblem(**two, candidate_kinds=may), p=1)
    assert (plan.selected.tolist(), plan.kinds_held, plan.objective) == ([0], (("a",),), 3)
    assert plan.unreachable[["residence_id", "kind", "weight"]].to_numpy().tolist() == [["0", "b", 3.0]]


def test_equal_plans_go_to_the_lower_id_whatever_the_order() -> None:
    same = {"time_s": [[1, 1, 1]], "weights": [1], "cutoff_s": 1}
    assert solve_siting(SitingProblem(**same), p=1).selected.tolist() == [0]
    plan = solve_siting(SitingProblem(**same, candidate_ids=["c10", "c9", "c11"]), p=1)
    assert plan.candidate_ids == ("c9",)


def test_unknown_demand_is_counted_beside_the_plan() -> None:
    # beside B and C: unknown 1 at each of r0 to r5, of which r1 and r2 lie near B, r3 and r4 near C
    plan = solve_siting(trap(), p=2)
    assert gained_if_confirmed(trap(), plan, np.ones(6)).tolist() == [3, 3]
    # what today's sites cover isn't counted, and a kind the site doesn't hold isn't either
    covered = trap(existing=[False] * 5 + [True])
    assert gained_if_confirmed(covered, plan, np.ones(6)).tolist() == [3, 2]
    kinds = trap(weights=np.array([TRAP_WEIGHT, [0] * 6]).T, kinds=["a", "b"])
    assert gained_if_confirmed(kinds, solve_siting(kinds, p=2), np.ones(6)).tolist() == [3, 3]


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_nothing_to_do_is_an_answer(shape: tuple[int, int]) -> None:
    plan = solve_siting(SitingProblem(time_s=np.zeros(shape), weights=np.ones(shape[0]), cutoff_s=1), p=2)
    assert (plan.selected.size, plan.objective, plan.bound, plan.gap) == (0, 0, 0, 0)
    assert plan.demand_unreachable == plan.demand == shape[0]
    assert plan.frame().empty
    assert "no new site is proposed" in plan.explain()


# What a plan says ----------------------------------------------------------------------------------------------


def test_explanation_names_amounts_proof_and_what_stays_unserved() -> None:
    # as drawn, with 100 more people at a residence that nothing reaches
    times = np.vstack([TRAP_S, np.full(4, FAR)])
    problem = trap(time_s=times, weights=[*TRAP_WEIGHT, 100])
    said = solve_siting(problem, p=1).explain(unit="residents")
    assert "leave 120 residents without a site" in said
    assert "1 new site would serve 12 residents of it (10.0%)" in said
    assert "proven to be the best possible" in said
    assert "100 residents (83.3%), at 1 residence, is out of reach of every candidate" in said
    assert "8 residents could be reached from some candidate but not with this many sites" in said
    assert "12 weight" in solve_siting(problem, p=1).explain()


def test_nothing_asked_nothing_proposed() -> None:
    assert (
        "Nobody is known to lack what is asked for"
        in solve_siting(trap(existing=np.ones(6, dtype=bool)), p=2).explain()
    )


def test_summary_is_json_and_frame_is_ranked() -> None:
    plan = solve_siting(trap(kinds=["school"]), p=2)
    summary = json.loads(json.dumps(plan.summary(), allow_nan=False))
    assert (summary["objective"], summary["gap"], summary["opened"]) == (20, 0, 2)
    frame = plan.frame()
    assert list(frame.columns) == ["candidate_id", "kinds", "gained", "rank"]
    assert frame.to_numpy().tolist() == [["B", "school", 10.0, 1], ["C", "school", 10.0, 2]]
    assert summary["plan"] == frame.to_dict(orient="records")


# Against brute force -------------------------------------------------------------------------------------------


def best_by_brute_force(problem: SitingProblem, p: int) -> float:
    """Try every set of candidates in every form that a candidate may take."""
    n, m = problem.time_s.shape
    n_kinds = len(problem.kinds)
    dense = np.full((n, m), FAR)
    for i in range(n):
        for at in range(problem.time_s.indptr[i], problem.time_s.indptr[i + 1]):
            dense[i, problem.time_s.indices[at]] = problem.time_s.data[at]
    assert problem.cutoff_s is not None
    near = dense <= problem.cutoff_s[:, None]
    demand = np.where(problem.existing, 0.0, problem.weights)
    forms: list[list[np.ndarray]] = []
    for j in range(m):
        options = []
        for held in itertools.product([False, True], repeat=n_kinds):
            names = {problem.kinds[k] for k in range(n_kinds) if held[k]}
            if (np.array(held) & ~problem.candidate_kinds[j]).any():
                continue
            if any(a in names and b in names for a, b in problem.conflicts):
                continue
            options.append((near[:, [j]] & np.array(held)).ravel())
        # forms that another one contains change nothing
        forms.append([a for a in options if not any((a <= b).all() and (a < b).any() for b in options)])
    best = 0.0
    weight = demand.ravel()

    def search(j: int, left: int, covered: np.ndarray) -> None:
        nonlocal best
        best = max(best, float(weight[covered].sum()))
        if left == 0:
            return
        for nxt in range(j, m):
            for form in forms[nxt]:
                search(nxt + 1, left - 1, covered | form)

    search(0, p, np.zeros(weight.size, dtype=bool))
    return best


@st.composite
def problems(draw: st.DrawFn, max_candidates: int = 10) -> tuple[dict[str, Any], int]:
    """Draw the arguments of a small problem, times dense, and a p that is now and then too large."""
    n_kinds = draw(st.integers(1, 3))
    kinds = ["a", "b", "c"][:n_kinds]
    pairs = list(itertools.combinations(kinds, 2))
    conflicts = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    n, m = draw(st.integers(1, 9)), draw(st.integers(1, 6 if conflicts else max_candidates))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    time_s = rng.integers(0, 6, (n, m)).astype(float)
    time_s[rng.random((n, m)) < draw(st.sampled_from([0.0, 0.3, 0.6]))] = FAR
    weights = rng.integers(0, 20, (n, n_kinds)) / draw(st.sampled_from([1, 8, 7]))
    arguments: dict[str, Any] = {
        "time_s": time_s,
        "weights": weights,
        "kinds": kinds,
        "conflicts": conflicts,
        "cutoff_s": rng.integers(0, 4, n) if draw(st.booleans()) else draw(st.integers(0, 3)),
    }
    if draw(st.booleans()):
        arguments["existing"] = rng.random((n, n_kinds)) < 0.3
    if draw(st.booleans()):
        arguments["candidate_kinds"] = rng.random((m, n_kinds)) < 0.7
    return arguments, draw(st.integers(1, min(m, 4) + (1 if m < 5 else 0)))


def recounted(problem: SitingProblem, plan: SitingPlan) -> float:
    """Count from scratch what the opened sites newly cover, each residence and kind once."""
    total = 0.0
    assert problem.cutoff_s is not None
    for i in range(len(problem.residence_ids)):
        row = {int(j): t for j, t in zip(*_row(problem, i), strict=True)}
        for k, kind in enumerate(problem.kinds):
            served = any(
                row.get(int(j), FAR) <= problem.cutoff_s[i] and kind in held
                for j, held in zip(plan.selected, plan.kinds_held, strict=True)
            )
            if served and not problem.existing[i, k]:
                total += problem.weights[i, k]
    return total


def _row(problem: SitingProblem, i: int) -> tuple[Any, Any]:
    at = slice(problem.time_s.indptr[i], problem.time_s.indptr[i + 1])
    return problem.time_s.indices[at], problem.time_s.data[at]


FAST = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


@settings(FAST, max_examples=220)
@given(problems())
def test_every_small_plan_is_the_best(drawn: tuple[dict[str, Any], int]) -> None:
    arguments, p = drawn
    problem = SitingProblem(**arguments)
    plan = solve_siting(problem, p=p)
    assert plan.objective == pytest.approx(best_by_brute_force(problem, p), rel=1e-9)
    assert plan.bound == plan.objective
    assert plan.reproducible

    # the plan is what it claims to be
    assert plan.selected.size <= p
    assert np.unique(plan.selected).size == plan.selected.size
    assert plan.gained.sum() == pytest.approx(plan.objective)
    assert recounted(problem, plan) == pytest.approx(plan.objective)
    assert (plan.gained > 0).all()
    assert (np.diff(plan.gained) <= 1e-9).all()
    for j, held in zip(plan.selected, plan.kinds_held, strict=True):
        assert all(problem.candidate_kinds[j, problem.kinds.index(kind)] for kind in held)
        assert not any(a in held and b in held for a, b in problem.conflicts)
    assert plan.objective + plan.demand_unreachable <= plan.demand + 1e-9

    # sparse times give the same plan
    where = np.nonzero(np.isfinite(arguments["time_s"]))
    stored = sp.coo_array((arguments["time_s"][where], where), shape=arguments["time_s"].shape)
    again = solve_siting(SitingProblem(**(arguments | {"time_s": stored.tocsc()})), p=p)
    assert again.frame().equals(plan.frame())
    assert again.summary() == plan.summary()


@settings(FAST, max_examples=60)
@given(problems(), st.integers(0, 2**32 - 1))
def test_order_of_rows_and_columns_changes_nothing(drawn: tuple[dict[str, Any], int], seed: int) -> None:
    arguments, p = drawn
    n, m = arguments["time_s"].shape
    rng = np.random.default_rng(seed)
    rows, cols = rng.permutation(n), rng.permutation(m)
    shuffled = dict(arguments)
    shuffled["time_s"] = arguments["time_s"][rows][:, cols]
    shuffled["weights"] = arguments["weights"][rows]
    shuffled["residence_ids"], shuffled["candidate_ids"] = rows, cols
    for name, order in (("existing", rows), ("candidate_kinds", cols)):
        if name in arguments:
            shuffled[name] = arguments[name][order]
    if np.ndim(arguments["cutoff_s"]):
        shuffled["cutoff_s"] = arguments["cutoff_s"][rows]
    one, other = solve_siting(SitingProblem(**arguments), p=p), solve_siting(SitingProblem(**shuffled), p=p)
    assert one.frame().equals(other.frame())
    assert one.bound == other.bound
    assert cols[other.selected].tolist() == one.selected.tolist()
    assert sorted(one.unreachable["residence_id"]) == sorted(other.unreachable["residence_id"])


@settings(FAST, max_examples=60)
@given(problems())
def test_more_choice_never_lowers_the_optimum(drawn: tuple[dict[str, Any], int]) -> None:
    arguments, p = drawn
    objective = solve_siting(SitingProblem(**arguments), p=p).objective
    assert solve_siting(SitingProblem(**arguments), p=p + 1).objective >= objective - 1e-9
    fewer = arguments | {"time_s": arguments["time_s"][:, :-1]}
    if "candidate_kinds" in arguments:
        fewer["candidate_kinds"] = arguments["candidate_kinds"][:-1]
    assert solve_siting(SitingProblem(**fewer), p=p).objective <= objective + 1e-9


# Larger: where the search alone doesn't prove it ---------------------------------------------------------------


def hard(seed: int = 0, n: int = 120, m: int = 40) -> dict[str, Any]:
    """Random coverage, which leaves a wide gap between plan and relaxation."""
    rng = np.random.default_rng(seed)
    time_s = np.where(rng.random((n, m)) < 0.12, 1.0, FAR)
    return {"time_s": time_s, "weights": rng.integers(1, 50, n), "cutoff_s": 1}


def test_highs_proves_what_the_search_leaves_open() -> None:
    problem = SitingProblem(**hard())
    plan = solve_siting(problem, p=3)
    assert plan.solver["mip_status"] == "Optimal"
    assert plan.objective == plan.bound == best_by_brute_force(problem, 3)


@settings(FAST, max_examples=120)
@given(problems())
def test_the_proof_mends_a_poor_search(drawn: tuple[dict[str, Any], int]) -> None:
    # no swaps, no restarts, one step of the prices: what is struck out and what HiGHS solves must still be right
    arguments, p = drawn
    problem = SitingProblem(**arguments)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solver, "MAX_SWAPS", 0)
        patch.setattr(solver, "SHAKES", 0)
        patch.setattr(solver, "MAX_ROUNDS", 1)
        patch.setattr(solver, "STEPS", 1)
        plan = solve_siting(problem, p=p)
    assert plan.objective == pytest.approx(best_by_brute_force(problem, p), rel=1e-9)
    assert plan.bound == plan.objective == pytest.approx(recounted(problem, plan))


def test_highs_runs_beside_a_caller_with_other_threads() -> None:
    other = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", 2)):
        other.setOptionValue(option, value)
    other.addVar(0, 1)
    other.run()
    assert solve_siting(SitingProblem(**hard()), p=3).solver["mip_status"] == "Optimal"


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    assert "highs" in solve_siting(SitingProblem(**hard()), p=3).solver
    assert capfd.readouterr() == ("", "")


def test_highs_proves_plans_of_conflicting_kinds() -> None:
    rng = np.random.default_rng(2)
    problem = SitingProblem(
        time_s=np.where(rng.random((150, 12)) < 0.2, 1.0, FAR),
        weights=rng.integers(1, 50, (150, 3)),
        cutoff_s=1,
        kinds=["a", "b", "c"],
        conflicts=[("a", "b"), ("b", "c")],
    )
    plan = solve_siting(problem, p=4)
    assert "highs" in plan.solver
    assert plan.objective == plan.bound == best_by_brute_force(problem, 4)


def test_a_stopped_search_still_has_a_bound() -> None:
    problem = SitingProblem(**hard(n=200, m=60))
    best = solve_siting(problem, p=6, node_limit=0)
    assert best.bound > best.objective
    assert 0 < best.gap < 1
    assert best.reproducible
    assert f"{best.gap:.2%} short of the best" in best.explain()
    assert "highs" not in best.solver
    further = solve_siting(problem, p=6, node_limit=5)
    assert further.solver["nodes"] == 5
    assert best.objective <= further.objective <= further.bound <= best.bound


def test_a_gap_that_is_reached_ends_the_search() -> None:
    problem = SitingProblem(**hard())
    assert "highs" in solve_siting(problem, p=3).solver
    loose = solve_siting(problem, p=3, gap=10.0)
    assert "highs" not in loose.solver
    assert loose.solver["shakes"] == 0
    assert loose.objective <= solve_siting(problem, p=3).objective <= loose.bound


def test_the_clock_ends_the_search_only_on_request_and_says_so() -> None:
    problem = SitingProblem(**hard(n=200, m=60))
    ended = solve_siting(problem, p=6, time_limit_s=1e-9)
    assert not ended.reproducible
    assert ended.bound >= ended.objective > 0
    assert "ended by the clock" in ended.explain()
    assert solve_siting(SitingProblem(**hard()), p=3, time_limit_s=600).reproducible


def test_the_same_seed_gives_the_same_plan_and_another_may_work_otherwise() -> None:
    problem = SitingProblem(**hard(n=200, m=60))
    first, again = (solve_siting(problem, p=6, node_limit=1, seed=1).summary() for _ in range(2))
    assert first == again
    assert solve_siting(problem, p=6, node_limit=1, seed=2).solver != first["solver"]


def test_real_weights_keep_the_bound_above_the_objective() -> None:
    arguments = hard()
    arguments["weights"] = np.random.default_rng(1).random(120) * 1e-3
    problem = SitingProblem(**arguments)
    plan = solve_siting(problem, p=3)
    assert plan.bound >= plan.objective
    assert plan.objective == pytest.approx(best_by_brute_force(problem, 3), rel=1e-9)


def test_rows_with_the_same_candidates_and_needless_columns_go_first() -> None:
    # rows 0 and 1 see columns 0 and 1, row 2 only 0: column 1 adds nothing to 0, and then all three rows are one
    cover = solver.Cover.from_matrix(
        sp.csr_array(np.array([[1, 1], [1, 1], [1, 0]])), np.array([1.0, 2.0, 4.0]), np.arange(2)
    )
    small, kept = solver.reduced(cover)
    assert kept.tolist() == [0]
    assert small.weight.tolist() == [7]


def test_a_column_with_a_second_form_dominates_nobody() -> None:
    # candidate 0 may be {r0, r1} or {r2}; candidate 1 is {r0}, needed beside the second form
    matrix = sp.csr_array(np.array([[1, 0, 1], [1, 0, 0], [0, 1, 0]]))
    cover = solver.Cover.from_matrix(matrix, np.array([5.0, 1.0, 3.0]), np.array([0, 0, 1]))
    assert solver.reduced(cover)[1].tolist() == [0, 1, 2]
    answer = solver.maximise(cover, 2, solver.Limits(gap=0, node_limit=10, time_limit_s=None, seed=0))
    assert (answer.columns.tolist(), answer.objective) == ([1, 2], 8)


# Bad input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"time_s": [1, 2, 3]}, "residences x candidates"),
        ({"time_s": np.where(TRAP_S == 5, np.nan, TRAP_S)}, "nan or negative in rows 1, 2, 3, 4"),
        ({"time_s": -TRAP_S}, "nan or negative in rows 0, 1, 2, 3, 4 and 1 more"),
        ({"time_s": [["soon"]]}, "isn't a number"),
        ({"time_s": sp.dia_array(np.eye(6, 4))}, "can't tell a stored zero"),
        ({"time_s": sp.coo_array(([1.0, 2.0], ([0, 0], [0, 0])), shape=(6, 4))}, "stores an entry twice"),
        ({"weights": [1, 2]}, r"weights has shape \(2,\)"),
        ({"weights": [4, 3, -3, 3, 3, np.nan]}, "not negative, but isn't in rows 2, 5"),
        ({"weights": ["many"] * 6}, "isn't a number"),
        ({"weights": np.ones((6, 2)), "kinds": ["a"]}, r"time_s and kinds ask for \(6, 1\)"),
        ({"cutoff_s": [10, 20]}, r"cutoff_s has shape \(2,\)"),
        ({"cutoff_s": -1}, "nan or negative"),
        ({"cutoff_s": "soon"}, "isn't a number"),
        ({"existing": [0, 0, 0, 0, 0, 1]}, "array of bool"),
        ({"existing": [True]}, "existing has shape"),
        ({"candidate_kinds": np.ones((6, 1), dtype=bool)}, "candidate_kinds has shape"),
        ({"kinds": ["a", "a"]}, "different names"),
        ({"kinds": "school"}, "list of names"),
        ({"kinds": []}, "one or more"),
        ({"candidate_ids": ["A"]}, "1 ids, but time_s asks for 4"),
        ({"residence_ids": list("aabbcd")}, "unique, but a, b occur"),
        ({"kinds": ["a", "b"], "conflicts": [("a", "z")]}, "conflicts name z"),
        ({"kinds": ["a", "b"], "conflicts": [("a", "a")]}, "two different kinds"),
        ({"kinds": ["a", "b"], "conflicts": ["ab"]}, "two different kinds"),
    ],
)
def test_a_contradictory_problem_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        trap(**changes)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"model": "mclpp"}, "no siting model 'mclpp'; use one of mclp"),
        ({"p": 0}, "p must be a whole number, 1 or more"),
        ({"p": 2.5}, "p must be a whole number"),
        ({"p": True}, "p must be a whole number"),
        ({"gap": -0.1}, "gap must be a share"),
        ({"gap": np.nan}, "gap must be a share"),
        ({"node_limit": -1}, "node_limit must be a whole number"),
        ({"time_limit_s": 0}, "time_limit_s must be more than 0"),
        ({"seed": "lucky"}, "seed must be a whole number"),
    ],
)
def test_a_senseless_limit_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        solve_siting(trap(), **({"p": 1} | arguments))


def test_covering_needs_a_cutoff() -> None:
    with pytest.raises(InputError, match="'mclp' needs cutoff_s"):
        solve_siting(trap(cutoff_s=None), p=1)


def test_what_was_given_is_neither_changed_nor_held() -> None:
    weights = np.array(TRAP_WEIGHT, dtype=float)
    problem = trap(weights=weights)
    weights[:] = 0
    assert solve_siting(problem, p=2).objective == 20
    with pytest.raises(ValueError, match="read-only"):
        problem.weights[0] = 1


def test_numpy_integers_are_whole_numbers() -> None:
    assert solve_siting(trap(), p=np.int64(1)).objective == 12  # type: ignore[arg-type]
    assert list(models.MODELS) == ["mclp"]
