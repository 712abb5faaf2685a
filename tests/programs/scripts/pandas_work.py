"""pandas: grouping, merging, time series, CSV and JSON, an error."""

import io

import numpy as np
import pandas as pd

frame = pd.DataFrame(
    {
        "key": list("abcab"),
        "value": np.arange(5) * 1.5,
        "when": pd.date_range("2024-01-30", periods=5, freq="D"),
    }
)
print(frame.groupby("key")["value"].agg(["sum", "mean"]), frame.dtypes)
other = pd.DataFrame({"key": ["a", "b"], "label": ["first", None]})
print(frame.merge(other, how="left", on="key"))
print(frame.set_index("when").resample("2D")["value"].sum())
text = frame.to_csv(index=False)
print(text, pd.read_csv(io.StringIO(text), parse_dates=["when"]).equals(frame))
print(frame.pivot_table(index="key", values="value", aggfunc="max").to_json())
print(frame.query("value > 2 and key != 'c'").eval("twice = value * 2"))
print(frame["key"].str.upper().astype("category").cat.codes.to_list(), frame.describe())
frame["missing"]
