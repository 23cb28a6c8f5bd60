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
# # 一刻钟社区服务圈：雷克雅未克市中心 · The 15-minute circle of central Reykjavík
#
# 一步一步走完全程：读入数据、步行网络、服务圈、五种状态、缺口片区、选址方案、地图。无需联网。
#
# The whole way, step by step: data, walking network, circles, statuses, gap areas, a siting plan, the map. No
# network is needed. The city is part of circle15, as OpenStreetMap had it in May 2019.

# %%
import circle15 as c15
from circle15 import demo, figures

study = c15.Study.from_config(demo.config_path())
study.config.title_zh, study.config.title_en

# %% [markdown]
# 一次运行得到全部结果表。 One run gives every frame: residences, sites, who reaches what, areas, gap areas, the
# plan.

# %%
result = study.run()
result

# %% [markdown]
# ## 步行网络与服务圈 · Network and circles
#
# A walk starts at the exact point on the street nearest to the door, uses paths, steps and crossings, and
# passes no closed gate. Lengths are metres, times seconds.

# %%
result.network

# %% [markdown]
# One residence (居住点) and its circles (服务圈) of 5, 10 and 15 minutes, each cut where the time runs out. As
# the crow flies 15 minutes at 1 m/s would be 254 ha; the streets leave less than half of it here.

# %%
home = result.residences.iloc[[1000]]
circles = c15.isochrones(result.network, home, cutoffs_s=[300, 600, 900])
circles.assign(area_ha=(circles["area_m2"] / 10_000).round(1))[["residence_id", "cutoff_s", "area_ha"]]

# %% [markdown]
# The same on a map: the circle of 15 minutes under those of 10 and 5, with the streets and the residence.
# `circles` is a plain GeoDataFrame, so whatever draws frames draws it.

# %%
plane = home.estimate_utm_crs()
blues = ["#cfe0f1", "#6cacd6", "#1763a6"]
axes = circles.iloc[::-1].to_crs(plane).plot(color=blues, figsize=(6, 6))
view = axes.axis()
result.streets.to_crs(plane).plot(ax=axes, color="#555555", linewidth=0.4)
home.to_crs(plane).representative_point().plot(ax=axes, color="black", marker="*", markersize=120, zorder=3)
axes.set(xlim=view[:2], ylim=view[2:], xticks=[], yticks=[], xlabel="", ylabel="")
_ = axes.set_title("15, 10 and 5 minutes on foot", loc="left")

# %% [markdown]
# 服务圈之内有什么：每一类最近的设施。 What lies near: the nearest site of each kind, whatever its evidence,
# with the minutes.

# %%
nearest = c15.nearest_sites(result.network, home, result.sites, result.site_kinds, cutoff_s=900)
near = nearest.dropna(subset="site_id").merge(result.sites[["site_id", "name"]], on="site_id")
near.assign(minutes=(near["time_s"] / 60).round(1))[["kind", "minutes", "name", "site_id"]]

# %% [markdown]
# ## 五种状态 · Five statuses
#
# 可达 covered, 可能可达 possible, 缺数据 unknown, 缺口 gap, 未连通 off the network.
# 缺数据不等于缺设施：没有声明完整的类别只会是 “缺数据”。 Missing data is no missing service: a kind that isn't
# declared complete is `unknown`, never `gap`. The five shares of each kind sum to one; here they are of
# residential floor area, the only weight that OpenStreetMap knows.

# %%
figures.coverage_by_kind(result)

# %% [markdown]
# The figure is drawn from the table of areas, which has the same shares for every community (社区) and district
# (街道).

# %%
shares = result.areas[result.areas["level"] == "study"].set_index("kind")
shares[["covered", "possible", "unknown", "gap", "off_network"]].round(3)

# %% [markdown]
# The score is the share of the 27 kinds that a resident reaches, as a pair: [confirmed, confirmed + possible],
# on average and for the worst-off tenth.

# %%
result.scores[(result.scores["level"] == "study") & (result.scores["scope"] == "all")].round(3)

# %% [markdown]
# ## 缺口片区 · Gap areas
#
# Neighbouring residences that lack the same kind are one place: what a planner can go and look at. `cause` says
# why they lack it: no site at all, too far, a detour, a closed gate.

# %%
largest = result.gap_areas.sort_values("weight", ascending=False).head()
largest[["gap_area_id", "weight", "n_residences", "cause"]]

# %%
figures.status_map(result, "pharmacy")

# %% [markdown]
# ## 选址方案及其证明 · A plan and its proof
#
# Five new sites for pharmacy (药店), post (邮政) and bank (金融网点): where they serve most of those who have a
# gap today.

# %%
result.plan[["rank", "candidate_id", "name", "kinds", "gained"]]

# %%
print(result.plan_summary["explanation"])

# %% [markdown]
# What that changes, kind by kind. Nothing is claimed of what is unknown today: it stays unknown.

# %%
figures.before_after(result)

# %% [markdown]
# ## 地图 · Map
#
# 点一处居住点，看它的27类清单。 Click a residence for its checklist of 27 kinds. The page is one file and asks
# nothing of any server; `result.write(FOLDER)` leaves it beside tables, reports and a GeoPackage for QGIS.

# %%
result.explore()
