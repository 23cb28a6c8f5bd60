# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 一刻钟社区服务圈：雷克雅未克市中心 · The 15-minute circle of central Reykjavík
#
# 用一打单元格走完全程：读入数据、步行网络、服务圈、五种状态、缺口片区、选址方案。无需联网。
# The whole way in a dozen cells: data, walking network, circles, statuses, gap areas, a siting plan. No network needed.

# %%
import circle15 as c15
from circle15 import demo

study = c15.Study.from_config(demo.config_path())
study.config.title_zh, study.config.title_en

# %% [markdown]
# 一次运行得到全部结果表。 One run gives every frame.

# %%
result = study.run()
result

# %% [markdown]
# ## 步行网络与服务圈 · Network and circles

# %%
result.network

# %%
home = result.residences.iloc[[1000]]
circles = c15.isochrones(result.network, home, cutoffs_s=[300, 600, 900])
circles[["residence_id", "cutoff_s", "area_m2"]]

# %% [markdown]
# 服务圈之内有什么：每一类最近的设施。 What lies near: the nearest site of each kind, whatever its evidence.

# %%
nearest = c15.nearest_sites(result.network, home, result.sites, result.site_kinds, cutoff_s=900)
nearest.dropna(subset="site_id")[["kind", "time_s", "site_id"]]

# %% [markdown]
# ## 五种状态 · Five statuses
#
# 缺数据不等于缺设施：没有声明完整的类别只会是“缺数据”。
# Missing data is no missing service: a kind that isn't declared complete is `unknown`, never `gap`.

# %%
shares = result.areas[result.areas["level"] == "study"].set_index("kind")
shares[["covered", "possible", "unknown", "gap", "off_network"]].round(3)

# %%
result.scores[(result.scores["level"] == "study") & (result.scores["scope"] == "all")]

# %% [markdown]
# ## 缺口片区 · Gap areas

# %%
result.gap_areas.sort_values("weight", ascending=False).head()[["gap_area_id", "weight", "n_residences", "cause"]]

# %% [markdown]
# ## 选址方案及其证明 · A plan and its proof

# %%
result.plan[["rank", "candidate_id", "name", "kinds", "gained"]]

# %%
print(result.plan_summary["explanation"])

# %% [markdown]
# ## 地图 · Map

# %%
result.explore()
