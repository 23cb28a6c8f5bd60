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
# # 用自己的数据 · Your own data
#
# A planner rarely works from OpenStreetMap alone. There is a register of sites (设施登记表), one of residents
# (居民登记表), a Shapefile of communities (社区边界), perhaps a list of gates (出入口登记表). They come in
# GCJ-02, in GBK, with headers of their own. This notebook takes such a set from the first look to the second
# run:
#
# 1. **check** (体检): what is wrong or thin, before anything is computed;
# 2. **coordinates** (坐标系): is the register where it says it is?
# 3. **run**, and see what was merged (合并), overruled (不采信) and left over;
# 4. **survey** (摸底排查): ask on the ground what settles most, write the answers in, and run again.
#
# The example is the quarter of 星河. Its streets, people and figures are invented. To use your own, point
# `config` at your `study.toml` (`circle15 init FOLDER` writes one, with templates of every register).

# %%
import shutil
import tempfile
from pathlib import Path

import openpyxl
import pandas as pd

import circle15 as c15
from circle15 import figures
from circle15.sources.coordinates import from_wgs84

# %% [markdown]
# The example lies in a clone of the repository. We work on a copy, since the survey's answers will be written
# beside it.

# %%
clone = Path(c15.__file__).resolve().parents[2]
work = Path(tempfile.mkdtemp(prefix="xinghe-"))
for part in ("configs", "data"):
    shutil.copytree(clone / part, work / part)
config = work / "configs" / "xinghe.toml"
registers = work / "data" / "xinghe"
sorted(path.name for path in registers.iterdir())

# %% [markdown]
# What a register looks like is up to its office. Headers are found by many names, kinds by common words
# (菜市场, 居委会, 药房), and one row may hold several kinds (一室多用). A `现状` of 无 says that somebody
# looked and found nothing there.

# %%
pd.read_excel(registers / "设施登记表.xlsx")

# %% [markdown]
# ## 1 先体检 · Check first
#
# `Study.check` reads everything that a run would read and computes nothing. On the command line it is `circle15
# check CONFIG`, and `--out page.html` makes a page to hand on.

# %%
study = c15.Study.from_config(config)
found = study.check()
read = pd.DataFrame(found["registers"]).set_index("file")
read[["what", "rows", "used", "absent"]]

# %% [markdown]
# Nothing is dropped in silence. Of 13 rows 10 became sites; one says that a kind is *absent*, and two are left
# over, each with its reason and its number in the file: 观星台 is no kind that anybody knows, and the
# hairdresser has an address but no coordinates.

# %%
pd.DataFrame([{"file": one["file"], **left} for one in found["registers"] for left in one["leftovers"]])

# %% [markdown]
# Which headers were taken for which column:

# %%
pd.Series(read.loc["设施登记表.xlsx", "columns"], name="header")

# %% [markdown]
# ## 2 坐标系 · Coordinates
#
# Chinese registers mostly hold GCJ-02 (火星坐标), hundreds of metres from where WGS84 would put them. A
# register in the wrong system gives wrong minutes for everybody. So each is held against the map: places that
# both know by name, the study's extent, the buildings. Here is the verdict, and the evidence for each reading:

# %%
verdict = read.loc["设施登记表.xlsx", "coordinates"]
verdict["verdict"], verdict["sentence"]

# %%
pd.DataFrame(verdict["fits"])[["system", "share_inside", "street_m", "n_twins"]]

# %% [markdown]
# `unclear` is an honest answer: this little map has no buildings, and hardly a name that the register has, too.
# The evidence leans to what was declared (as GCJ-02 the places lie 10 m from a street, as WGS84 80 m), but a
# few places should be looked at on a map. `unclear` is a note and stops nothing.
#
# It is another matter where names agree. Say another office hands over a list of five places, picked on an
# online map, so in GCJ-02, and we take them for WGS84:

# %%
sites, _ = c15.osm_sites(c15.read_osm(registers / "map.osm"))
named = sites.dropna(subset="name")
lon, lat = from_wgs84(named.geometry.representative_point().x, named.geometry.representative_point().y, "gcj02")
kinds = ["超市便利店", "社区卫生室", "餐饮", "服务社区的学校", "室外体育活动中心"]
handed_over = pd.DataFrame({"名称": named["name"], "类型": kinds, "经度": lon.round(6), "纬度": lat.round(6)})
handed_over.to_csv(registers / "补充.csv", index=False)
handed_over

# %%
wrong = config.with_name("wrong.toml")
added = '[[registers]]\nfile = "../data/xinghe/补充.csv"\ncoordinates = "wgs84"\n\n[residences]'
wrong.write_text(config.read_text(encoding="utf-8").replace("[residences]", added), encoding="utf-8")
c15.Study.from_config(wrong).check()["errors"]

# %% [markdown]
# One sentence: what is wrong, in which file, and the line that mends it. `run` would refuse to start.

# %% [markdown]
# ## 3 运行 · Run
#
# The config is right as it is, so we run it.

# %%
result = study.run()
result

# %% [markdown]
# **Merged.** The register's 星河超市(总店) and the map's 星河超市 stand 10 m apart and are one shop: one site,
# with both sources.

# %%
result.merges[["kept_name", "dropped_name", "why", "distance_m", "kinds"]]

# %% [markdown]
# **Overruled.** Where a register lists a kind in full (`complete`), what the map merely guesses decides
# nothing; nor does what a survey found absent. Nothing is deleted, it is listed:

# %%
result.conflicts[["site_id", "kind", "evidence", "source", "why", "by"]]

# %% [markdown]
# **The answer**, kind by kind. Grey is what nobody has listed: 缺数据 is not 缺口. The laundry (洗衣店) is a
# gap for nearly all, since the register is complete for laundries and has none.

# %%
figures.coverage_by_kind(result)

# %% [markdown]
# ## 4 摸底排查 · Ask on the ground
#
# The survey list ranks what isn't known by how many residents' statuses hang on the answer.

# %%
result.survey[["rank", "ask", "kind", "name", "community_id", "weight", "n_residences"]].head(6)

# %% [markdown]
# A run leaves it as a workbook, `survey.xlsx`, with empty columns for the answers. Two people take it along.
# They come back with two answers: the car park on the map is public (有), and 星河社区 has no 宣传栏 at all
# (无).

# %%
out = result.write(work / "out", pages=False)
answers = config.with_name("survey.xlsx")
book = openpyxl.load_workbook(out / "survey.xlsx")
sheet = book["摸底排查"]
state = [cell.value for cell in sheet[1]].index("现状") + 1
sheet.cell(row=2, column=state, value="有")  # question 1: the car park
sheet.cell(row=3, column=state, value="无")  # question 2: a publicity board in c1
book.save(answers)
[cell.value for cell in sheet[2]][:4], [cell.value for cell in sheet[3]][:4]

# %% [markdown]
# One line in the config reads the answers back. They are as good as a register: what they say is settled, and
# the rule of each says which row of which file it was.

# %%
config.write_text('survey = "survey.xlsx"\n' + config.read_text(encoding="utf-8"), encoding="utf-8")
again = c15.Study.from_config(config).run()


def shares(one, kind):
    """The five shares of a kind in the whole study."""
    rows = one.areas[(one.areas["level"] == "study") & (one.areas["kind"] == kind)]
    return rows[["covered", "possible", "unknown", "gap", "off_network"]].iloc[0].round(3)


pd.DataFrame(
    {
        (kind, when): shares(one, kind)
        for kind in ("parking", "publicity_board")
        for when, one in (("before", result), ("after", again))
    }
)

# %% [markdown]
# Two answers, two effects. What was *possible* of the car park is now *covered*. For the people of 星河社区 the
# publicity board went from *unknown* to *gap*: that is worse news and better data.

# %%
figures.status_map(again, "publicity_board")

# %% [markdown]
# The map for everybody, as a page in one file. It works without a network.

# %%
again.explore()
