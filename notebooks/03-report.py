# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 一个街道的报告，一张论文插图 · A district's report, and a figure for a paper
#
# Two readers. A district office wants a page to file: how many residents lack what, where, and what to build
# first. A journal wants a map of 300 dpi with scale bar, north arrow and source, and the numbers behind it.
# Both are made from one run, so both say the same.

# %%
import io
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

import circle15 as c15
from circle15 import demo, figures
from circle15.areas import gini
from circle15.outputs.report import report_model

result = c15.Study.from_config(demo.config_path()).run()
result

# %% [markdown]
# ## 报告 · The report
#
# A study with districts (街道、区) has a report for each, and one for the whole. Which ones are there, and how
# much of the weight lives in each? (Here the weight is residential floor area, as OpenStreetMap knows no
# residents.)

# %%
districts = result.areas[(result.areas["level"] == "district") & (result.areas["kind"] == "pharmacy")]
districts.set_index("area_id")[["name", "weight", "n_residences", "covered", "gap"]].round(3)

# %% [markdown]
# The report is a model first and a page later: every figure is computed once, and whatever is laid out is made
# from the same values. So the model is what to take numbers from. We take the district with most weight (`none`
# are the residences in no district).

# %%
district = districts[districts["area_id"] != "none"].set_index("area_id")["weight"].idxmax()
model = report_model(result, district)
pd.DataFrame(
    [
        {"类别": row.words.zh, "kind": row.words.en, "judged": row.judged}
        | {status: row.total.of(status) for status in ("covered", "possible", "unknown", "gap", "off_network")}
        for group in model.matrix
        for row in group.rows
    ]
).set_index("类别").round(3)

# %% [markdown]
# `judged` says whether the data is complete enough that a kind not found is a kind not there: in all, some or
# none of the communities. Only those rows can show a gap.
#
# Now the files. A run writes the report of each district into `reports/`, and beside it the workbook of what to
# check on the ground (`survey.xlsx`). Where the extras are installed, a report comes as PDF and XLSX, too.

# %%
out = result.write(Path(tempfile.mkdtemp(prefix="report-")) / "out")
sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.suffix in {".html", ".pdf", ".xlsx"})

# %% [markdown]
# One picture for the page's reader: what each kind looks like in this district. The title is the finding,
# computed from the same shares as the table above.

# %%
figures.coverage_by_kind(result, district_id=district)

# %% [markdown]
# ## 论文插图 · A figure for a paper
#
# A map of who reaches a pharmacy (药店). Colours are told apart by colour-blind readers and in grey print,
# since each status has a pattern as well. Scale bar, north arrow, date and licence are on it: OpenStreetMap
# asks for the last.

# %%
pharmacies = figures.status_map(result, "pharmacy")
pharmacies

# %% [markdown]
# `as_bytes` writes it without a date or a random id inside: who runs this again gets the same file. 7.1 inches
# are the width of a page; at 300 dpi that is 2,130 dots. For print `"svg"` or `"pdf"` keep the type sharp at
# any size.

# %%
content = figures.as_bytes(pharmacies, "png", dpi=300)
(out.parent / "figure-1.png").write_bytes(content)
Image.open(io.BytesIO(content)).size, content == figures.as_bytes(figures.status_map(result, "pharmacy"), dpi=300)

# %% [markdown]
# The sentence beside the map needs its numbers, with what isn't known. The verdict is *robust* where it stays
# the same at
# 0.8 and 1.2 times the walking speed, within the snapping error, and with compounds open or closed.

# %%
cells = result.access[result.access["kind"] == "pharmacy"].merge(result.residences[["residence_id", "weight"]])
share = cells["weight"] / cells["weight"].sum()
pd.concat([share.groupby(cells["status"]).sum(), pd.Series({"robust": share[cells["robust"]].sum()})]).map(
    "{:.1%}".format
)

# %% [markdown]
# **How long is the walk?** A threshold hides whether people arrive after three minutes or fourteen.

# %%
figures.time_distribution(result, "pharmacy")

# %% [markdown]
# **Who is left behind?** The Lorenz curve asks how evenly the kinds in reach are shared out, its Gini
# coefficient sums that up: 0 if all had the same number. Only kinds that the data can judge are counted; of the
# others the curve would show how uneven the *data* is.

# %%
figures.lorenz(result)

# %% [markdown]
# The coefficient is `areas.gini`, for whatever is shared out. Once more by hand, for the 11 kinds that the
# study's config declares complete:

# %%
judged = result.layers.loc[result.layers["declared"], "kind"].unique()
reached = result.access["kind"].isin(judged) & (result.access["status"] == "covered")
count = reached.groupby(result.access["residence_id"]).sum().loc[result.residences["residence_id"]]
print(
    f"Gini {gini(count, result.residences['weight']):.3f}; from {count.min()} to {count.max()} of {len(judged)} kinds"
)

# %% [markdown]
# ## 先建什么 · What to build first
#
# The run proposed sites for pharmacy, post and bank together. What would they change?

# %%
figures.before_after(result)

# %% [markdown]
# How many sites are enough? Solve the problem once for each number of sites and look at what each further one
# adds. Demand is the weight with a *gap*; candidates are points along the streets. The bound says what no plan
# of that size can exceed.

# %%
homes = result.residences
gap = result.access[result.access["kind"] == "pharmacy"].set_index("residence_id")["status"] == "gap"
frontage = result.candidates[result.candidates["origin"] == "frontage"]
places = frontage.assign(site_id=frontage["candidate_id"])
matrix = c15.travel_times(result.network, homes, places, cutoff_s=900)
problem = c15.SitingProblem(
    time_s=matrix.time_s,
    weights=np.where(gap.loc[homes["residence_id"]], homes["weight"], 0.0),
    cutoff_s=900,
    kinds=["pharmacy"],
    candidate_ids=matrix.column_ids,
)
plans = [c15.solve_siting(problem, p=p) for p in range(1, 9)]
figures.siting_frontier(plans, result)

# %% [markdown]
# What to say in the paper: how much one site closes, from which number on further ones add little, and that the
# plans are proven best (or how far they may be from it). The last is what a heuristic alone can't tell.
